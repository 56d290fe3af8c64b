package pieces

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
)

func direct(x mat.Matrix, nu, w []float64) float64 {
	sum := 0.0
	for i, v := range nu {
		z := 0.0
		for j := range w {
			z += x.At(i, j) * w[j]
		}
		sum += v * max(z, 0)
	}
	return sum
}

// enumerate computes m(nu) from all cells: a maximum over the ball lies in some
// cell D on the intersection of some rows' hyperplanes, of at most r-1 rows, and
// is the projection of X'D nu to it, normalised.
func enumerate(t *testing.T, x *mat.Dense, nu []float64) float64 {
	n, r := x.Dims()
	a, err := hyperplane.NewArrangement(x)
	if err != nil {
		t.Fatal(err)
	}
	var bases [][][]float64 // orthonormal rows, for every set of at most r-1 rows
	var extend func(from int, basis [][]float64)
	extend = func(from int, basis [][]float64) {
		bases = append(bases, basis)
		if len(basis) == r-1 {
			return
		}
		for i := from; i < n; i++ {
			v := append([]float64(nil), x.RawRowView(i)...)
			size := floats.Norm(v, 2)
			for range 2 {
				for _, q := range basis {
					floats.AddScaled(v, -floats.Dot(q, v), q)
				}
			}
			if norm := floats.Norm(v, 2); norm > 1e-9*size {
				floats.Scale(1/norm, v)
				extend(i+1, append(basis[:len(basis):len(basis)], v))
			}
		}
	}
	extend(0, nil)
	best := 0.0
	for cell, err := range a.Cells(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		c := make([]float64, r)
		for i := range n {
			if cell.Pattern.Active(i) {
				floats.AddScaled(c, nu[i], x.RawRowView(i))
			}
		}
		for _, basis := range bases {
			w := append([]float64(nil), c...)
			for range 2 {
				for _, q := range basis {
					floats.AddScaled(w, -floats.Dot(q, w), q)
				}
			}
			norm := floats.Norm(w, 2)
			if norm <= 1e-9*floats.Norm(c, 2) {
				continue
			}
			floats.Scale(1/norm, w)
			best = max(best, math.Abs(direct(x, nu, w)))
			floats.Scale(-1, w)
			best = max(best, math.Abs(direct(x, nu, w)))
		}
	}
	return best
}

// composed returns features of a small network at points on a line: degenerate
// kinks at the points, repeated points and flat pieces included.
func composed(rng *rand.Rand, n, features int) *mat.Dense {
	at := make([]float64, n)
	for i := range at {
		at[i] = float64(rng.IntN(2*n)) / float64(n)
		if rng.IntN(3) == 0 {
			at[i] = rng.Float64() * 2
		}
	}
	x := mat.NewDense(n, features+1, nil)
	for j := range features {
		slope, kink := rng.NormFloat64(), rng.Float64()*2
		if rng.IntN(3) == 0 {
			kink = at[rng.IntN(n)]
		}
		scale := math.Exp(rng.NormFloat64())
		for i, t := range at {
			x.Set(i, j, scale*max(slope*(t-kink), 0))
		}
	}
	for i := range at {
		x.Set(i, features, 1)
	}
	return x
}

func TestMaximiseIsExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 15))
	for k := range 250 {
		features, n := 1+rng.IntN(2), 3+rng.IntN(12)
		if k%25 == 0 {
			features, n = 3, 4+rng.IntN(5)
		}
		x := composed(rng, n, features)
		nu := make([]float64, n)
		for i := range nu {
			nu[i] = rng.NormFloat64()
			if rng.IntN(8) == 0 {
				nu[i] = 0
			}
		}
		var order []int
		if k%2 == 0 {
			order = rng.Perm(n)
		}
		c := Find(x, order)
		o := DefaultOptions()
		o.Tol = 1e-10
		for range k % 3 { // of any length
			w := make([]float64, features+1)
			for j := range w {
				w[j] = 5 * rng.NormFloat64()
			}
			o.Seeds = append(o.Seeds, w)
		}
		b, err := Maximise(context.Background(), x, nu, c, o)
		if err != nil {
			t.Fatal(err)
		}
		want := enumerate(t, x, nu)
		if !(math.Abs(b.Lower-want) <= 1e-9*want+1e-12) || !(math.Abs(b.Upper-want) <= 1e-9*want+1e-12) {
			t.Errorf("instance %d (%d x %d): [%v, %v], by enumeration %v", k, n, features+1, b.Lower, b.Upper, want)
		}
		checkTree(t, x, nu, c, b.Plus, 1, b.Upper)
		checkTree(t, x, nu, c, b.Minus, -1, b.Upper)
	}
}

// TestUpperHolds ends searches early: the bound must hold all the same.
func TestUpperHolds(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	for range 60 {
		n := 4 + rng.IntN(10)
		x := composed(rng, n, 2)
		nu := make([]float64, n)
		for i := range nu {
			nu[i] = rng.NormFloat64()
		}
		o := DefaultOptions()
		o.Nodes = 2 + rng.IntN(8)
		b, err := Maximise(context.Background(), x, nu, Find(x, nil), o)
		if err != nil {
			t.Fatal(err)
		}
		if want := enumerate(t, x, nu); b.Upper < want*(1-1e-12) {
			t.Errorf("bound %v after %d nodes, m is %v", b.Upper, b.Nodes, want)
		}
	}
}
