package sphere

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/solver/internal/operator"
)

// TestClimb: an ascent ends with unit vectors at the values it returns, none below where it began and
// half of them at local maxima, with the same bits on any number of processors.
func TestClimb(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	const n, d, starts = 3*ascentRows + 5, 4, 2*largestBatch + 3
	x, nu := mat.NewDense(n, d, nil), make([]float64, n)
	for i := range n {
		for j := range d {
			x.Set(i, j, rng.NormFloat64())
		}
		nu[i] = rng.NormFloat64()
	}
	design, err := operator.NewDesign(x)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []operator.Activation{operator.ReLU, operator.Leaky(0.2), operator.Absolute, operator.Gated} {
		p := NewPricing(design, a, 1, math.Inf(1))
		begin := p.RandomStarts(starts, operator.NewGeneral(0, d))
		var ends, values []float64
		for _, procs := range []int{1, 3} {
			w := operator.NewGeneral(starts, d)
			copy(w.Data, begin.Data)
			before := runtime.GOMAXPROCS(procs)
			value := p.Ascent.Climb(context.Background(), w, nu)
			runtime.GOMAXPROCS(before)
			if ends != nil && (!slices.Equal(ends, w.Data) || !slices.Equal(values, value)) {
				t.Errorf("%v: other numbers on %d processors", a, procs)
			}
			ends, values = w.Data, value
		}
		tops := 0
		for j, v := range values {
			at, from := ends[j*d:(j+1)*d], operator.RowOf(begin, j)
			if math.Abs(floats.Norm(at, 2)-1) > 1e-12 {
				t.Fatalf("%v: the end %v is no unit vector", a, at)
			}
			if a.Gated { // a gate may begin on the hyperplane of a row, where rounding decides
				continue
			}
			if here := neuronAt(x, nu, at, a); math.Abs(here-v) > 1e-9*v {
				t.Errorf("%v: value %v at the end of an ascent, %v returned", a, here, v)
			}
			if began := neuronAt(x, nu, from, a); v < began/floats.Norm(from, 2)*(1-1e-12) {
				t.Errorf("%v: an ascent from %v came to %v", a, began, v)
			}
			top := true
			for range 20 {
				near := slices.Clone(at)
				for k := range near {
					near[k] += 1e-4 * rng.NormFloat64()
				}
				top = top && neuronAt(x, nu, near, a)/floats.Norm(near, 2) <= v*(1+1e-5)
			}
			if top {
				tops++
			}
		}
		if !a.Gated && 2*tops < starts {
			t.Errorf("%v: only %d of %d ascents ended at a local maximum", a, tops, starts)
		}
	}
}

// neuronAt is |nu'phi(Xw)|.
func neuronAt(x *mat.Dense, nu, w []float64, a operator.Activation) float64 {
	sum := 0.0
	for i, v := range nu {
		sum += v * a.Of(floats.Dot(x.RawRowView(i), w))
	}
	return math.Abs(sum)
}
