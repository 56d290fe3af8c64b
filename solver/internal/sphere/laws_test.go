package sphere_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver/internal/sphere"
)

// randomNeuronProblem has some degenerate rows: repeated, opposite, zero, on a
// small grid.
func randomNeuronProblem(rng *rand.Rand, n, d int) (*mat.Dense, []float64) {
	x, nu := mat.NewDense(n, d, nil), make([]float64, n)
	kind := rng.IntN(3)
	for i := range n {
		nu[i] = rng.NormFloat64()
		for j := range d {
			switch {
			case kind == 0:
				x.Set(i, j, rng.NormFloat64())
			case kind == 1:
				x.Set(i, j, float64(rng.IntN(5)-2))
			case i > 0 && rng.IntN(2) == 0:
				x.Set(i, j, -x.At(i-1, j))
			default:
				x.Set(i, j, rng.NormFloat64())
			}
		}
	}
	return x, nu
}

// largestOverCells is m(nu) by enumeration of all cells and cone projections.
func largestOverCells(t *testing.T, x *mat.Dense, nu []float64) float64 {
	t.Helper()
	a, err := hyperplane.NewArrangement(x)
	if err != nil {
		t.Fatal(err)
	}
	n, d := x.Dims()
	pr := hyperplane.NewProjector(x)
	best := 0.0
	c, dst := make([]float64, d), make([]float64, d)
	for cell, err := range a.Cells(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []float64{1, -1} {
			clear(c)
			for i := range n {
				if cell.Pattern.Active(i) {
					floats.AddScaled(c, s*nu[i], x.RawRowView(i))
				}
			}
			if _, err := pr.Project(dst, c, cell.Pattern, nil); err != nil {
				t.Fatal(err)
			}
			best = math.Max(best, floats.Norm(dst, 2))
		}
	}
	return best
}

func neuronValue(x mat.Matrix, nu, w []float64) float64 {
	n, d := x.Dims()
	sum := 0.0
	for i := range n {
		z := 0.0
		for j := range d {
			z += x.At(i, j) * w[j]
		}
		sum += nu[i] * math.Max(z, 0)
	}
	return sum
}

func TestMaxNeuronEqualsEnumeration(t *testing.T) {
	count := 60
	if testing.Short() {
		count = 10
	}
	rng := rand.New(rand.NewPCG(8, 1))
	for k := range count {
		n, d := 1+rng.IntN(12), 1+rng.IntN(4)
		x, nu := randomNeuronProblem(rng, n, d)
		want := largestOverCells(t, x, nu)
		b, err := sphere.MaxNeuron(context.Background(), x, nu, sphere.DefaultBoundOptions())
		if err != nil {
			t.Fatal(err)
		}
		if b.Upper < want*(1-1e-12) || b.Upper > want*(1+2e-7)+1e-12 || b.Lower > b.Upper {
			t.Errorf("%d: n %d d %d: [%v, %v], enumeration %v (%s, %d leaves)", k, n, d, b.Lower, b.Upper, want, b.Method, b.Leaves)
		}
		if v := neuronValue(x, nu, b.W); b.W != nil && math.Abs(math.Abs(v)-b.Lower) > 1e-12*(1+b.Lower) {
			t.Errorf("%d: value at W %v, lower %v", k, v, b.Lower)
		}
	}
}

func TestMaxNeuronIsAnUpperBound(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 1))
	for range 10 {
		n, d := 30+rng.IntN(60), 2+rng.IntN(5)
		x, nu := randomNeuronProblem(rng, n, d)
		for _, leaves := range []int{0, 1, 100, 2000} {
			o := sphere.DefaultBoundOptions()
			o.MaxLeaves = leaves
			b, err := sphere.MaxNeuron(context.Background(), x, nu, o)
			if err != nil {
				t.Fatal(err)
			}
			w := make([]float64, d)
			for range 300 {
				for j := range w {
					w[j] = rng.NormFloat64()
				}
				floats.Scale(1/floats.Norm(w, 2), w)
				if v := math.Abs(neuronValue(x, nu, w)); v > b.Upper {
					t.Fatalf("n %d d %d, %d leaves: %v above the bound %v", n, d, leaves, v, b.Upper)
				}
			}
			if b.Lower > b.Upper {
				t.Fatalf("lower %v, upper %v", b.Lower, b.Upper)
			}
		}
	}
}

// Scaling nu by a power of two scales everything and leaves the tree as it is;
// a second run gives the same.
func TestMaxNeuronScales(t *testing.T) {
	rng := rand.New(rand.NewPCG(10, 1))
	x, nu := randomNeuronProblem(rng, 50, 4)
	bound := func(s float64) *sphere.NeuronBound {
		v := slices.Clone(nu)
		floats.Scale(s, v)
		b, err := sphere.MaxNeuron(context.Background(), x, v, sphere.DefaultBoundOptions())
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	a := bound(1)
	for _, s := range []float64{1, 0.125, 1024} {
		b := bound(s)
		if b.Upper != s*a.Upper || b.Lower != s*a.Lower || !slices.Equal(b.Certificate.Plus, a.Certificate.Plus) ||
			!slices.Equal(b.Certificate.Minus, a.Certificate.Minus) {
			t.Errorf("scale %v: [%v, %v] for [%v, %v]", s, b.Lower, b.Upper, a.Lower, a.Upper)
		}
	}
}

// A column of zeros changes nothing, the sign of nu exchanges the trees.
func TestMaxNeuronColumnsAndSigns(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 1))
	x, nu := randomNeuronProblem(rng, 40, 3)
	wide := mat.NewDense(40, 5, nil)
	for i := range 40 {
		for j, to := range []int{0, 2, 4} {
			wide.Set(i, to, x.At(i, j))
		}
	}
	a, err := sphere.MaxNeuron(context.Background(), x, nu, sphere.DefaultBoundOptions())
	if err != nil {
		t.Fatal(err)
	}
	b, err := sphere.MaxNeuron(context.Background(), wide, nu, sphere.DefaultBoundOptions())
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(a.Upper-b.Upper) > 2e-7*a.Upper || !slices.Equal(b.Certificate.Columns, []int{0, 2, 4}) {
		t.Errorf("with zero columns %v, without %v", b.Upper, a.Upper)
	}
	floats.Scale(-1, nu)
	c, err := sphere.MaxNeuron(context.Background(), x, nu, sphere.DefaultBoundOptions())
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(c.Upper-a.Upper) > 2e-7*a.Upper {
		t.Errorf("bound of -nu %v, of nu %v", c.Upper, a.Upper)
	}
}
