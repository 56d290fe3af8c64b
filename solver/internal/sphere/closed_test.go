package sphere_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/sphere"
)

// The closed form bounds m(nu), found by enumeration, on random and degenerate
// data, and is never
// much above what Cauchy's inequality gives.
func TestClosedFormBounds(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 1))
	for k := range 60 {
		n, d := 4+rng.IntN(12), 1+rng.IntN(4)
		x, nu := randomNeuronProblem(rng, n, d)
		switch k % 4 {
		case 1: // one sign
			for i, v := range nu {
				nu[i] = -math.Abs(v)
			}
		case 2: // a single row
			clear(nu[1:])
		}
		dx, err := operator.NewDesign(x)
		if err != nil {
			t.Fatal(err)
		}
		f := sphere.NewClosedForm(context.Background(), dx, nu, math.Inf(1))
		if m := largestOverCells(t, x, nu); f.Bound < m || math.IsInf(f.Bound, 0) {
			t.Errorf("%d x %d: bound %v of %v", n, d, f.Bound, m)
		}
		c := operator.NewGeneral(1, d)
		dx.MulTrans(c, blas64.General{Rows: 1, Cols: n, Stride: n, Data: nu})
		linear := floats.Norm(c.Data, 2)
		for _, s := range []float64{1, -1} {
			part := make([]float64, n)
			for i, v := range nu {
				part[i] = max(s*v, 0)
			}
			plain := (linear + math.Sqrt(floats.Sum(part)*operator.LargestEigenvalue(dx, part))) / 2
			if _, b := sphere.NewQuadraticSide(dx, nu, s).Best(context.Background(), math.Inf(1)); b > 1.5*plain {
				t.Errorf("%d x %d, sign %v: %v, by Cauchy %v", n, d, s, b, plain)
			}
		}
	}
}
