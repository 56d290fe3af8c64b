package solver

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/program"
)

// gaussian is an n x d matrix of standard normal numbers.
func gaussian(rng *rand.Rand, n, d int) *mat.Dense {
	x := mat.NewDense(n, d, nil)
	for i := range n {
		for j := range d {
			x.Set(i, j, rng.NormFloat64())
		}
	}
	return x
}

// illConditioned are inputs as they come: matrix and target.
var illConditioned = []struct {
	name string
	make func(rng *rand.Rand) (*mat.Dense, []float64)
}{
	{"columns over 12 orders of magnitude", func(rng *rand.Rand) (*mat.Dense, []float64) {
		x := gaussian(rng, 40, 5)
		for j, scale := range []float64{1e-6, 1e-3, 1, 1e3, 1e6} {
			for i := range 40 {
				x.Set(i, j, scale*x.At(i, j))
			}
		}
		return x, noise(rng, 40)
	}},
	{"nearly collinear", func(rng *rand.Rand) (*mat.Dense, []float64) {
		x := gaussian(rng, 40, 4)
		for i := range 40 {
			x.Set(i, 3, x.At(i, 0)-2*x.At(i, 1)+1e-7*rng.NormFloat64())
		}
		return x, noise(rng, 40)
	}},
	{"duplicated columns", func(rng *rand.Rand) (*mat.Dense, []float64) {
		x := gaussian(rng, 40, 4)
		for i := range 40 {
			x.Set(i, 2, x.At(i, 0))
			x.Set(i, 3, x.At(i, 1))
		}
		return x, noise(rng, 40)
	}},
	{"fewer rows than columns", func(rng *rand.Rand) (*mat.Dense, []float64) { return gaussian(rng, 10, 30), noise(rng, 10) }},
	{"one row", func(rng *rand.Rand) (*mat.Dense, []float64) { return gaussian(rng, 1, 3), []float64{2} }},
	{"constant target", func(rng *rand.Rand) (*mat.Dense, []float64) { return gaussian(rng, 30, 3), repeated(30, 0.1) }},
	{"zero target", func(rng *rand.Rand) (*mat.Dense, []float64) { return gaussian(rng, 30, 3), repeated(30, 0) }},
	{"a column of zeros", func(rng *rand.Rand) (*mat.Dense, []float64) {
		x := gaussian(rng, 30, 3)
		for i := range 30 {
			x.Set(i, 1, 0)
		}
		return x, noise(rng, 30)
	}},
	{"rows of zeros", func(rng *rand.Rand) (*mat.Dense, []float64) {
		x := gaussian(rng, 30, 3)
		for i := range 10 {
			x.SetRow(i, []float64{0, 0, 0})
		}
		return x, noise(rng, 30)
	}},
	{"tiny target", func(rng *rand.Rand) (*mat.Dense, []float64) {
		y := noise(rng, 30)
		for i := range y {
			y[i] *= 1e-100
		}
		return gaussian(rng, 30, 3), y
	}},
}

// A loss whose best constant leaves no residual has the dual point 0, whatever the
// number of rows and wherever 0 lies in the subdifferential.
func TestNoResidualNoDualPoint(t *testing.T) {
	for _, l := range loss.Every() {
		if l.Labels() {
			continue
		}
		for n := 1; n <= 40; n++ {
			for _, v := range []float64{0, 0.1, -7.3, 1e-12} {
				y := repeated(n, v)
				if l.Validate(y) != nil {
					continue
				}
				c, nu := loss.NullModel(l, y, true)
				if c != v || !slices.Equal(nu, repeated(n, 0)) {
					t.Fatalf("%s, %d targets %v: constant %v, nu %v", l.Name(), n, v, c, nu)
				}
			}
		}
	}
}

func noise(rng *rand.Rand, n int) []float64 {
	y := make([]float64, n)
	for i := range y {
		y[i] = rng.NormFloat64()
	}
	return y
}

func repeated(n int, v float64) []float64 {
	y := make([]float64, n)
	for i := range y {
		y[i] = v
	}
	return y
}

// TestIllConditioned: every solve ends in time with finite numbers, bounds in
// order, a status that is true, and a certificate the checker accepts.
func TestIllConditioned(t *testing.T) {
	for _, in := range illConditioned {
		for _, a := range []program.Activation{program.ReLU, program.Gated} {
			for _, intercept := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/%v", in.name, a, intercept), func(t *testing.T) {
					rng := rand.New(rand.NewPCG(5, 25))
					x, y := in.make(rng)
					cells, err := hyperplane.SampleGaussian(context.Background(), x, 12, 1)
					if err != nil {
						t.Fatal(err)
					}
					for _, l := range loss.Every() {
						if l.Labels() {
							continue
						}
						p := &program.Problem{X: x, Y: y, Cells: cells, Activation: a, Loss: l, Intercept: intercept}
						most, err := BetaMax(context.Background(), p)
						if err != nil || math.IsNaN(most) || math.IsInf(most, 0) {
							t.Fatalf("%s: beta_max is %v, %v", l.Name(), most, err)
						}
						if most == 0 {
							most = 1 // nothing can be gained: every beta shows it
						}
						for _, share := range []float64{0, 1e-3, 0.1, 1.01, 1e6} {
							if share == 0 && l != loss.Squared && l != loss.L1 {
								continue
							}
							p.Beta = share * most
							solveTrue(t, p, share)
						}
					}
				})
			}
		}
	}
}

// solveTrue solves and judges everything that is said about the outcome.
func solveTrue(t *testing.T, p *program.Problem, share float64) {
	t.Helper()
	o := DefaultOptions()
	o.TimeLimit, o.MaxIter = 2*time.Second, 2000
	began := time.Now()
	r, err := Solve(context.Background(), p, o)
	name := fmt.Sprintf("%s, beta = %v beta_max", p.LossOrSquared().Name(), share)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("%s: took %v", name, took)
	}
	for _, v := range []float64{r.Primal, r.Dual, r.RelGap, r.OwnObjective, r.Network.Constant} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			t.Errorf("%s: primal %v, dual %v, gap %v, own %v, constant %v", name, r.Primal, r.Dual, r.RelGap, r.OwnObjective, r.Network.Constant)
		}
	}
	if r.Dual > r.Primal {
		t.Errorf("%s: dual %v > primal %v", name, r.Dual, r.Primal)
	}
	if r.Status == Optimal != (r.RelGap <= o.Tol) {
		t.Errorf("%s: status %v with gap %v", name, r.Status, r.RelGap)
	}
	if r.Status != Optimal {
		t.Logf("%s: %s after %d iterations (%s), primal %.6g, dual %.6g", name, r.Status, r.Iterations, r.Method, r.Primal, r.Dual)
	}
	if share > 1 && (r.Status != Optimal || len(r.Network.Neurons) > 0) {
		t.Errorf("%s: %v with %d neurons, want optimal with none", name, r.Status, len(r.Network.Neurons))
	}
	if p.Beta > 0 || r.Status == Limit {
		if bad := checked(t, p, r, o.Tol); len(bad) > 0 {
			t.Errorf("%s: the checker refuses %q", name, bad)
		}
	}
}
