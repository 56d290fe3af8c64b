package pieces

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// Ascents raise the value and end, but for one or two that rounding ends, where no small step
// raises it, on both sides, though the profiles have thousands of kinks.
func TestAscentsEndInLocalMaxima(t *testing.T) {
	x, nu := readLater(t, "later3.csv.gz")
	work, sides := climber(x, nu)
	r := work.r
	rng := rand.New(rand.NewPCG(3, 5))
	raised, ended, best := 0, 0, 0.0
	for trial := range 40 {
		sign, d := float64(1-2*(trial%2)), sides[trial%2]
		for j := range work.w {
			work.w[j] = rng.NormFloat64()
		}
		unit(work.w)
		work.n.project(work.w)
		value, w := work.climb(d, 1)
		if w == nil {
			continue
		}
		at, got := work.ascend(d, w, value)
		if got < value {
			t.Fatalf("from %v down to %v", value, got)
		}
		if got > value*(1+1e-9) {
			raised++
		}
		if v := sign * direct(x, nu, at); math.Abs(v-got) > 1e-9*got {
			t.Errorf("value %v, %v claimed", v, got)
		}
		best = max(best, got)
		near := make([]float64, r)
		for range 100 {
			size := math.Pow(10, -4-2*rng.Float64())
			for j := range near {
				near[j] = at[j] + size*rng.NormFloat64()
			}
			unit(near)
			if v := sign * direct(x, nu, near); v > got*(1+1e-7) {
				ended++
				break
			}
		}
	}
	if ended > 2 {
		t.Errorf("%d of 40 ascents ended below what is near", ended)
	}
	if raised < 10 || best > later3*(1.106110+1e-6) {
		t.Errorf("%d ascents raised what climbs had come to; the largest is %v n beta", raised, best/later3)
	}
}

// climber is room for ascents along the chain of x, and both sides of nu.
func climber(x *mat.Dense, nu []float64) (*relaxation, [2]*side) {
	_, r := x.Dims()
	g := newGeometry(Find(x, inOrder(len(nu))), r)
	var sides [2]*side
	for s := range sides {
		sides[s] = newSide(g, nu, float64(1-2*s))
		for k := range g.pieces {
			sides[s].prepare(k)
		}
	}
	return newRelaxation(g), sides
}

// drawnAscent is one from a start drawn at random.
func (x *relaxation) drawnAscent(d *side, rng *rand.Rand) (w []float64, value float64) {
	start := make([]float64, x.r)
	x.draw(start, rng)
	unit(start)
	x.n.project(start)
	return x.ascend(d, start, x.valueThere(d))
}

func unit(w []float64) {
	norm := math.Sqrt(dot(w, w))
	for j := range w {
		w[j] /= norm
	}
}
