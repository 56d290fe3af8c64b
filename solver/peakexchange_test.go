package solver_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"multigrade/solver"
)

// thirdGrade has the features of a network of two layers at points on a line, and a noisy target that oscillates: the root of
// its search over pieces is many times n beta.
func thirdGrade(seed uint64, n, features int, beta float64) (p *solver.Problem, line []float64) {
	rng := rand.New(rand.NewPCG(seed, 43))
	x, y := mat.NewDense(n, features+1, nil), make([]float64, n)
	line = make([]float64, n)
	mix := mat.NewDense(features, features+1, nil)
	for i := range features {
		for j := range features + 1 {
			mix.Set(i, j, rng.NormFloat64())
		}
	}
	for i := range n {
		line[i] = (float64(i) + 0.5) / float64(n)
		h := make([]float64, features+1)
		for j := range features {
			h[j] = max(float64(1-2*(j%2))*(line[i]-(float64(j)+0.5)/float64(features)), 0) * 2
		}
		h[features] = 0.3
		for j := range features {
			x.Set(i, j, max(mat.Dot(mix.RowView(j), mat.NewVecDense(features+1, h)), 0))
		}
		x.Set(i, features, 1)
		y[i] = math.Sin(40*line[i]*line[i]) + 0.3*rng.NormFloat64()
	}
	return &solver.Problem{X: x, Y: y, Beta: beta, Intercept: true}, line
}

// TestHardSearchEnds: a search that exact pricing leaves much open in ends optimal over all patterns, after few rounds of exact
// pricing, as the checker says, too.
func TestHardSearchEnds(t *testing.T) {
	p, line := thirdGrade(1, 120, 7, 3e-4)
	p.Account = solver.NewAccount(1e11)
	o := solver.DefaultGlobalOptions()
	o.Line, o.Neurons, o.MaxRounds, o.BoundTime = line, 40, 10, time.Hour
	r, err := solver.SolveGlobal(context.Background(), p, o)
	if err != nil {
		t.Fatal(err)
	}
	if r.GlobalStatus != solver.Optimal || !(r.GlobalRelGap <= o.Tol) {
		t.Fatalf("%v after %d rounds, gap %g over all patterns", r.GlobalStatus, r.Rounds, r.GlobalRelGap)
	}
	if r.Evidence.Pieces == nil {
		t.Fatalf("no pieces but %s", r.Global.Method)
	}
	own := *p
	own.Cells = r.Cells
	g := &globalInstance{p: &own, r: &r.Result, nu: r.GlobalNu, cert: r.Evidence}
	mustBeValid(t, g.certificate(t))
}
