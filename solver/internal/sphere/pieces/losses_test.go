package pieces

import (
	"context"
	"flag"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver/internal/loss"
)

var long = flag.Bool("long", false, "run the long versions of the tests")

// projected computes m(nu) from all cells by projections on their cones.
func projected(t *testing.T, x *mat.Dense, nu []float64) float64 {
	t.Helper()
	n, d := x.Dims()
	a, err := hyperplane.NewArrangement(x)
	if err != nil {
		t.Fatal(err)
	}
	pr := hyperplane.NewProjector(x)
	best, c, dst := 0.0, make([]float64, d), make([]float64, d)
	for cell, err := range a.Cells(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		clear(c)
		for i := range n {
			if cell.Pattern.Active(i) {
				floats.AddScaled(c, nu[i], x.RawRowView(i))
			}
		}
		for range 2 {
			if floats.Norm(c, 2) > best {
				if _, err := pr.Project(dst, c, cell.Pattern, nil); err != nil {
					t.Fatal(err)
				}
				best = math.Max(best, floats.Norm(dst, 2))
			}
			floats.Scale(-1, c)
		}
	}
	return best
}

// twiceComposed are features of a network of two layers at points on a line, some of them repeated: kinks of the first
// layer are at points, and pieces between kinks of the second on which all its features are 0.
func twiceComposed(rng *rand.Rand, n, features int) *mat.Dense {
	first := composed(rng, n, 1+rng.IntN(3))
	x := mat.NewDense(n, features+1, nil)
	_, d := first.Dims()
	for j := range features {
		w := make([]float64, d)
		for k := range w {
			w[k] = rng.NormFloat64()
		}
		if rng.IntN(3) == 0 { // a kink at a point
			i := rng.IntN(n)
			w[d-1] = 0
			w[d-1] = -floats.Dot(w, first.RawRowView(i))
		}
		for i := range n {
			x.Set(i, j, max(floats.Dot(w, first.RawRowView(i)), 0))
		}
	}
	for i := range n {
		x.Set(i, features, 1)
	}
	return x
}

// dualPoint is one of the loss: -n times an element of its subdifferential at a prediction, of which some samples are on
// a kink and others far off, projected on the dual points.
func dualPoint(rng *rand.Rand, l loss.Loss, n int) (y, nu []float64) {
	y, nu = make([]float64, n), make([]float64, n)
	for i := range y {
		if y[i] = rng.NormFloat64(); l.Labels() {
			y[i] = math.Copysign(1, y[i])
		}
		switch rng.IntN(3) {
		case 0:
			nu[i] = rng.NormFloat64()
		case 1:
			nu[i] = y[i]
		}
	}
	l.Project(nu, y, rng.IntN(2) == 0)
	return y, nu
}

// TestEveryLossIsExact: at dual points of every loss the bound by pieces of features of composed networks is m(nu) by
// enumeration of all cells, and the tree holds it.
func TestEveryLossIsExact(t *testing.T) {
	count := 40
	if *long {
		count = 1000
	}
	for _, l := range loss.Every() {
		t.Run(l.Name(), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(15, 4))
			for k := range count {
				features := 1 + rng.IntN(2)
				n := 2 + rng.IntN(29)
				if k%20 == 19 {
					features, n = 3, 2+rng.IntN(15)
				}
				x := composed(rng, n, features)
				if k%3 > 0 {
					x = twiceComposed(rng, n, features)
				}
				_, nu := dualPoint(rng, l, n)
				c := Find(x, nil)
				o := DefaultOptions()
				o.Tol = 1e-10
				b, err := Maximise(context.Background(), x, nu, c, o)
				if err != nil {
					t.Fatal(err)
				}
				want := projected(t, x, nu)
				if !(math.Abs(b.Lower-want) <= 1e-9*want+1e-12) || !(math.Abs(b.Upper-want) <= 1e-9*want+1e-12) {
					t.Errorf("instance %d (%d x %d): [%v, %v], by enumeration %v", k, n, features+1, b.Lower, b.Upper, want)
				}
				checkTree(t, x, nu, c, b.Plus, 1, b.Upper)
				checkTree(t, x, nu, c, b.Minus, -1, b.Upper)
			}
		})
	}
}
