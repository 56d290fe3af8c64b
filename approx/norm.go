package approx

import (
	"context"
	"fmt"
	"math"
)

// Norms encloses the norms of a function on the cube: the integral of |e|, the root of the integral of e^2 and
// the maximum of |e|.
type Norms struct{ L1, L2, Linf Interval }

// after uses that no norm is larger than the one before, and if nothing changed, none is smaller.
func (n Norms) after(before Norms, unchanged bool) Norms {
	tighten := func(i, b Interval) Interval {
		i.Hi = min(i.Hi, b.Hi)
		if unchanged {
			i.Lo = max(i.Lo, b.Lo)
		}
		return i
	}
	return Norms{tighten(n.L1, before.L1), tighten(n.L2, before.L2), tighten(n.Linf, before.Linf)}
}

// smallestSize and largestSize bound sup |f|, about 3e-151 and 3e150, so that squares neither vanish nor overflow.
const (
	smallestSize = 0x1p-500
	largestSize  = 0x1p500
)

// initialNorms encloses the norms of a target, on the grid with n, and refuses it by its size.
func initialNorms(ctx context.Context, t Target, n, threads int) (Norms, error) {
	norms, err := (Grid{t.Dim(), n}).normsOf(ctx, t, threads)
	switch size := norms.Linf; {
	case err != nil:
	case !(size.Hi <= largestSize):
		err = fmt.Errorf("the largest size of the target lies in %v: expected at most %g; divide it by a constant", size, largestSize)
	case size.Hi > 0 && size.Hi < smallestSize:
		err = fmt.Errorf("the largest size of the target lies in %v: expected 0 or at least %g; multiply it by a constant", size, smallestSize)
	}
	return norms, err
}

// cellNorms sums over cells: what the integral of |e| lies between, the integral of p^2, all known up to rounding; and holds the largest |p| and a bound
// of |e|.
type cellNorms struct{ least, most, square, largest, sup float64 }

// norms encloses the norms of e = p + (f - I f), p the interpolant of the nodal values v (each within slack of
// the truth): those of p exactly, simplex by simplex, those of the rest from the cell bounds.
func (g Grid) norms(ctx context.Context, v []float64, slack float64, dev *deviations, threads int) (Norms, error) {
	parts := make([]cellNorms, blocks)
	err := parallel(ctx, threads, g.N, blocks, func() func(block, from, to int) error {
		return func(block, from, to int) error {
			var err error
			parts[block], err = g.cellNorms(ctx, v, slack, dev, from, to)
			return err
		}
	})
	if err != nil {
		return Norms{}, err
	}
	var all cellNorms
	for _, p := range parts {
		all.add(p, 1/float64(g.Cells()))
	}
	return all.enclose(float64(g.Cells())*float64(len(simplices(g.Dim))), slack, dev.meanSquare), nil
}

// enclose adds rounding of so many terms, and for the L2 norm the deviation, whose square has that integral. A sum of nonnegative terms has a
// relative rounding error below (terms + 64) 2^-53; a simplex contributes at most 100 of them relative to its largest value.
func (r *cellNorms) enclose(terms, slack, meanSquare float64) Norms {
	relative, absolute := (terms+200)*0x1p-53, r.largest*0x1p-45
	within := func(lo, hi float64) Interval {
		// A claim leaves the checker, which bounds in its own way, a margin.
		const margin = 0.02
		off := (hi-lo)*margin + hi*relative*1.01 + absolute + 2*slack
		return Interval{max(0, addDown(lo, -off)), addUp(hi, addUp(off, off*0x1p-40))}
	}
	l2, rest := math.Sqrt(r.square), sqrtUp(meanSquare)
	n := Norms{
		L1:   within(r.least, r.most),
		L2:   within(l2-rest, l2+rest),
		Linf: Interval{max(0, addDown(r.largest, -addUp(absolute, 16*slack))), addUp(r.sup, 4*slack+r.sup*0x1p-45)},
	}
	n.L2.Lo = max(n.L2.Lo, n.L1.Lo)
	n.Linf.Lo = max(n.Linf.Lo, n.L2.Lo)
	return n
}

func (g Grid) cellNorms(ctx context.Context, v []float64, slack float64, dev *deviations, from, to int) (r cellNorms, err error) {
	offsets, c := g.corners(), newCellMeasure(g.Dim)
	err = g.rows(ctx, from, to, func(first int, lower []int) {
		base := 0
		for _, k := range lower {
			base = base*g.N + k
		}
		for k := 0; k < g.span(from, to); k++ {
			for m, o := range offsets {
				c.value[m] = v[first+k+o]
			}
			i := base + k
			r.add(c.norms(slack, dev.below[i], dev.above[i], dev.mean[i]), 1)
		}
	})
	return r, err
}

// add takes in a cell of that volume.
func (r *cellNorms) add(c cellNorms, volume float64) {
	r.least += c.least * volume
	r.most += c.most * volume
	r.square += c.square * volume
	r.largest, r.sup = max(r.largest, c.largest), max(r.sup, c.sup)
}

// cellMeasure is the workspace for one cell: value holds p at its corners, within slack of the truth.
type cellMeasure struct {
	value, vertex []float64
	chains        [][]int
}

func newCellMeasure(dim int) *cellMeasure {
	return &cellMeasure{make([]float64, 1<<dim), make([]float64, dim+1), simplices(dim)}
}

// norms bounds the mean of |e| on the cell, e = p + (f - I f), which is that of |p| less or more that of |f - I f|, is at least that
// of e without the absolute value, and is that if e has one sign.
func (c *cellMeasure) norms(slack, below, above float64, deviation Interval) (r cellNorms) {
	low, high := c.value[0], c.value[0]
	for _, v := range c.value {
		low, high = min(low, v), max(high, v)
	}
	size, mean, n := 0.0, 0.0, float64(len(c.vertex))
	for _, chain := range c.chains {
		sum, squares := 0.0, 0.0
		for i, m := range chain {
			c.vertex[i] = c.value[m]
			sum += c.value[m]
			squares += c.value[m] * c.value[m]
		}
		size += meanAbsolute(c.vertex)
		mean += sum / n
		r.square += (sum*sum + squares) / (n * (n + 1))
	}
	share := 1 / float64(len(c.chains))
	size, mean, r.square = size*share, mean*share, r.square*share
	signed, off := Interval{mean + deviation.Lo, mean + deviation.Hi}, deviation.Mag()
	r.least, r.most = max(0, size-off, signed.Lo, -signed.Hi), size+off
	switch {
	case low-slack >= below: // e >= 0
		r.most = min(r.most, signed.Hi)
	case high+slack <= -above:
		r.most = min(r.most, -signed.Lo)
	}
	r.most = max(r.most, r.least)
	r.largest, r.sup = max(-low, high), max(addUp(high, above), addUp(-low, below))
	return r
}

// meanAbsolute returns the mean of |l| over a simplex, l linear with the given vertex values. With one vertex
// value a of its own sign the part beyond the zero plane is a simplex: mean of l there a/(n+1), share of the
// volume prod a/(a - b_i). Otherwise an edge that crosses zero is cut there.
func meanAbsolute(v []float64) float64 {
	positive, sum := 0, 0.0
	p, q := -1, -1 // positions of a positive and a negative value
	negative := 0
	for i, a := range v {
		sum += a
		if a > 0 {
			positive++
			p = i
		} else if a < 0 {
			negative++
			q = i
		}
	}
	n := float64(len(v))
	switch {
	case positive == 0 || negative == 0:
		return math.Abs(sum) / n
	case positive == 1:
		return -sum/n + 2*cornerMean(v, p)
	case negative == 1:
		return sum/n + 2*cornerMean(v, q)
	}
	share := v[p] / (v[p] - v[q])
	left := append([]float64(nil), v...)
	left[q] = 0
	right := append([]float64(nil), v...)
	right[p] = 0
	return share*meanAbsolute(left) + (1-share)*meanAbsolute(right)
}

func cornerMean(v []float64, k int) float64 {
	a := v[k]
	r := math.Abs(a) / float64(len(v))
	for i, b := range v {
		if i != k {
			r *= a / (a - b)
		}
	}
	return r
}
