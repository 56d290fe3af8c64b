package circles

import (
	"cmp"
	"context"
	"math"
	"slices"

	"multigrade/solver/internal/operator"
)

// Largest is what the neurons of a dual point nu come to.
type Largest struct {
	// Upper >= m(nu) = max |nu'relu(Xw)| over |w| = 1, with all rounding errors, which
	// are what it exceeds Lower by, the value at W.
	Upper, Lower float64
	// W (d, |W| = 1) is the largest neuron.
	W []float64
	// Peaks are the local maxima of |nu'relu(Xw)| above the level asked for, the largest value first; of
	// those of one circle only the few largest.
	Peaks []Peak
}

// Peak is a unit vector w (d), |nu'relu(Xw)| there and the sign of nu'relu(Xw).
type Peak struct {
	Value float64
	Sign  float64
	W     []float64
}

// Largest finds m(nu), nu having n entries, and the local maxima above a level >= 0. The result is nil when ctx ends
// before, and depends on nothing else.
func (c *Circles) Largest(ctx context.Context, nu []float64, above float64) *Largest {
	c.design.Book(LargestWork(c.m, c.r))
	t := c.termsOf(nu)
	top, local := make([]peak, c.circles()), make([][]peak, c.circles())
	walks := make([]*walk, operator.MaxWorkers())
	operator.ParallelWorkers(c.circles(), func(worker, i int) {
		if ctx.Err() != nil {
			return
		}
		if walks[worker] == nil {
			walks[worker] = newWalk(c)
		}
		w := walks[worker]
		w.around(i, t, above)
		top[i], local[i] = w.top, slices.Clone(w.local)
	})
	if ctx.Err() != nil {
		return nil
	}
	out := new(Largest)
	best := slices.MaxFunc(top, func(a, b peak) int { return cmp.Compare(a.value, b.value) })
	out.Upper = (best.value + t.slack) * (1 + 0x1p-50)
	all := slices.Concat(local...)
	for _, p := range top {
		if p.value > above {
			all = append(all, p)
		}
	}
	if len(all) == 0 {
		all = append(all, best)
	}
	slices.SortStableFunc(all, func(a, b peak) int { return cmp.Compare(b.value, a.value) })
	for _, p := range distinct(all) {
		w := c.embed(p.w)
		signed := c.value(nu, w)
		value := math.Abs(signed)
		if value > out.Lower {
			out.Lower, out.W = value, w
		}
		if value > above {
			out.Peaks = append(out.Peaks, Peak{value, math.Copysign(1, signed), w})
		}
	}
	slices.SortStableFunc(out.Peaks, func(a, b Peak) int { return cmp.Compare(b.Value, a.Value) })
	return out
}

// same is the distance within which peaks are one: a point is met on every circle that it lies on.
const same = 1e-7

// distinct leaves of peaks that are in one place the first.
func distinct(all []peak) []peak {
	var kept []peak
	cells := make(map[[3]int64]bool) // of a grid finer than the distance, for the many that agree to rounding
	for _, p := range all {
		var key [3]int64
		for k, v := range p.w {
			key[k] = int64(math.Round(v / same))
		}
		if !cells[key] {
			cells[key] = true
			kept = append(kept, p)
		}
	}
	return kept
}

// embed has the entries of w in the columns that are not zero.
func (c *Circles) embed(w [3]float64) []float64 {
	out := make([]float64, c.d)
	for k, j := range c.columns {
		out[j] = w[k]
	}
	return out
}

// value is nu'relu(Xw).
func (c *Circles) value(nu, w []float64) float64 {
	sum := 0.0
	for i, h := range c.plane {
		if h < 0 {
			continue
		}
		z := 0.0
		for k, j := range c.columns {
			z += c.x[3*int(h)+k] * w[j]
		}
		sum += nu[i] * max(0, c.factor[i]*z)
	}
	return sum
}
