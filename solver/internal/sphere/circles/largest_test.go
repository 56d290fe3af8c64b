package circles_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/sphere/circles"
)

// rows are n rows of r columns among some of zeros, of several degenerate kinds.
func rows(rng *rand.Rand, n, r int) *mat.Dense {
	columns := []int{0, 1, 2}[:r]
	if rng.IntN(3) == 0 {
		columns = []int{1, 2, 4}[:r]
	}
	x := mat.NewDense(n, 5, nil)
	kind := rng.IntN(7)
	for i := range n {
		v := make([]float64, r)
		for k := range v {
			v[k] = rng.NormFloat64()
		}
		switch kind {
		case 1: // few places, zero rows among them
			for k := range v {
				v[k] = float64(rng.IntN(4) - 1)
			}
		case 2: // a grid with a constant
			for k := range v {
				v[k] = float64(rng.IntN(4))
			}
			v[r-1] = 1
		case 3: // multiples of earlier rows
			if i > 0 && rng.IntN(2) == 0 {
				f := 3 * rng.NormFloat64()
				for k, j := range columns {
					v[k] = f * x.At(rng.IntN(i), j)
				}
			}
		case 4: // all planes through one line
			if r == 3 {
				v[2] = v[0] - v[1]
			}
		case 5: // nearly parallel
			if i > 0 {
				f := math.Exp(-40 * rng.Float64())
				for k, j := range columns {
					v[k] = x.At(0, j) + f*v[k]
				}
			}
		case 6: // of sizes far apart
			floats.Scale(math.Exp(20*rng.Float64()-10), v)
		}
		for k, j := range columns {
			x.Set(i, j, v[k])
		}
	}
	return x
}

// enumerated is m(nu) by all cells and projections on their cones.
func enumerated(t *testing.T, x *mat.Dense, nu []float64) float64 {
	t.Helper()
	a, err := hyperplane.NewArrangement(x)
	if err != nil {
		t.Fatal(err)
	}
	n, d := x.Dims()
	pr := hyperplane.NewProjector(x)
	best, c, dst, active := 0.0, make([]float64, d), make([]float64, d), make([]uint64, (n+63)/64)
	for flips, err := range a.Sweep(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range flips {
			active[i/64] ^= 1 << (i % 64)
		}
		p := hyperplane.NewPattern(n, append([]uint64(nil), active...))
		for _, s := range []float64{1, -1} {
			clear(c)
			for i := range n {
				if p.Active(i) {
					floats.AddScaled(c, s*nu[i], x.RawRowView(i))
				}
			}
			if _, err := pr.Project(dst, c, p, nil); err != nil {
				t.Fatal(err)
			}
			best = math.Max(best, floats.Norm(dst, 2))
		}
	}
	return best
}

func valueAt(x *mat.Dense, nu, w []float64) float64 {
	sum := 0.0
	for i, v := range nu {
		sum += v * math.Max(0, floats.Dot(x.RawRowView(i), w))
	}
	return math.Abs(sum)
}

func newCircles(t testing.TB, x *mat.Dense) *circles.Circles {
	t.Helper()
	design, err := operator.NewDesign(x)
	if err != nil {
		t.Fatal(err)
	}
	return circles.New(context.Background(), design)
}

func TestLargestEqualsEnumeration(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 2))
	met := 0
	for k := range 600 {
		n, r := 1+rng.IntN(14), 2+rng.IntN(2)
		x := rows(rng, n, r)
		c := newCircles(t, x)
		if c == nil {
			continue // a column of zeros
		}
		met++
		nu := make([]float64, n)
		for i := range nu {
			nu[i] = rng.NormFloat64()
		}
		want := enumerated(t, x, nu)
		got := c.Largest(context.Background(), nu, want/2)
		if !(got.Upper >= want*(1-1e-12)) || !(got.Lower >= want*(1-1e-9)-1e-12) || !(got.Upper <= want*(1+1e-9)+1e-12) {
			t.Errorf("%d: n %d r %d: [%v, %v], enumeration %v\n%v", k, n, r, got.Lower, got.Upper, want, mat.Formatted(x))
		}
		if got.W != nil && math.Abs(valueAt(x, nu, got.W)-got.Lower) > 1e-12*got.Lower {
			t.Errorf("%d: value at W %v, lower %v", k, valueAt(x, nu, got.W), got.Lower)
		}
		for _, p := range got.Peaks {
			if math.Abs(valueAt(x, nu, p.W)-p.Value) > 1e-12*p.Value || p.Value <= want/2 {
				t.Errorf("%d: a peak of %v has %v, want more than %v", k, p.Value, valueAt(x, nu, p.W), want/2)
			}
		}
	}
	if met < 400 {
		t.Errorf("%d instances", met)
	}
}

// The cell that a peak has a gate in contains the peak, and the gate is inside.
func TestGateIsInCellAround(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 3))
	met := 0
	for k := range 300 {
		n, r := 2+rng.IntN(20), 2+rng.IntN(2)
		x := rows(rng, n, r)
		c := newCircles(t, x)
		if c == nil {
			continue
		}
		nu := make([]float64, n)
		for i := range nu {
			nu[i] = rng.NormFloat64()
		}
		for _, p := range c.Largest(context.Background(), nu, 0).Peaks {
			gate := c.Gate(p.W)
			met++
			for i := range n {
				z, g, norm := floats.Dot(x.RawRowView(i), p.W), floats.Dot(x.RawRowView(i), gate), floats.Norm(x.RawRowView(i), 2)
				if math.Abs(z) > 1e-8*norm && !(z*g > 0) {
					t.Fatalf("%d: row %d is %v at the peak, %v at the gate", k, i, z, g)
				}
			}
		}
	}
	if met < 500 {
		t.Errorf("%d gates", met)
	}
}

// An end of the context gives nothing, and nu = 0 has no neuron.
func TestLargestEnds(t *testing.T) {
	x := rows(rand.New(rand.NewPCG(1, 1)), 40, 3)
	ctx, cancel := context.WithCancel(context.Background())
	c := newCircles(t, x)
	cancel()
	if got := c.Largest(ctx, make([]float64, 40), 0); got != nil {
		t.Errorf("%v of a context that has ended", got)
	}
	if got := c.Largest(context.Background(), make([]float64, 40), 0); got.Upper != 0 || got.Lower != 0 || len(got.Peaks) > 0 {
		t.Errorf("[%v, %v] of nu = 0", got.Lower, got.Upper)
	}
}
