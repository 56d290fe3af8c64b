package proofs

import (
	"container/heap"
	"math"
)

// A subcell is a part of a cell, a cube again, with the cell's interpolant at its corners.
type subcell struct {
	box         []bracket
	interpolant []bracket
	share       float64 // of the cell's volume
	bound       float64 // of |f - If|
}

// Of one cell at most maxSubcells are made, and none when the largest bound is nearly attained.
const (
	maxSubcells    = 1200
	nearlyAttained = 1.02
)

// subdivide bounds |f - If| on a cell where the gradient is unbounded, given If at the corners:
// the supremum and the means of it and its square. The subcell with the largest bound is halved
// in all coordinates, again and again.
func subdivide(p probe, box, interpolant []bracket) (sup, mean, square float64) {
	attained := 0.0
	parts := subcells{newSubcell(p, box, interpolant, 1, &attained)}
	for len(parts) < maxSubcells && parts[0].bound > nearlyAttained*attained && parts[0].bound > 0x1p-900 {
		c := heap.Pop(&parts).(subcell)
		for k := range c.interpolant {
			heap.Push(&parts, c.child(p, k, &attained))
		}
	}
	for _, c := range parts {
		sup = max(sup, c.bound)
		mean = sumAbove(mean, c.share*c.bound)
		square = sumAbove(square, productAbove(c.share*c.bound, c.bound))
	}
	return sup, mean, square
}

// child k has bit j of k set if it is the upper half along coordinate j. In steps of half the
// side its corner m lies at k + m, so between the corners k & m and k | m.
func (c subcell) child(p probe, k int, attained *float64) subcell {
	box, part := make([]bracket, len(c.box)), make([]bracket, len(c.interpolant))
	for j, b := range c.box {
		mid := (b.lo + b.hi) / 2
		box[j] = bracket{b.lo, mid}
		if k>>j&1 == 1 {
			box[j] = bracket{mid, b.hi}
		}
	}
	for m := range part {
		part[m] = c.interpolant[k&m].plus(c.interpolant[k|m]).times(exactly(0.5))
	}
	return newSubcell(p, box, part, math.Ldexp(c.share, -len(box)), attained)
}

// newSubcell bounds |f - If| through the subcell's own interpolant Jf, |f - Jf| + |Jf - If| where
// the second is largest at a corner, and through the ranges of f and If.
func newSubcell(p probe, box, interpolant []bracket, share float64, attained *float64) subcell {
	c := subcell{box, interpolant, share, inf}
	x := make([]float64, len(box))
	apart := 0.0
	own, inter := bracket{inf, -inf}, bracket{inf, -inf}
	for m, w := range interpolant {
		for j, b := range box {
			x[j] = b.lo
			if m>>j&1 == 1 {
				x[j] = b.hi
			}
		}
		f, err := p.at(x)
		if err != nil {
			return c
		}
		gap := f.minus(w).magnitude()
		own, inter = own.join(f), inter.join(w)
		apart, *attained = max(apart, gap.hi), max(*attained, gap.lo)
	}
	d := p.deviation(box, own)
	c.bound = min(sumAbove(d.bound, apart), max(sumAbove(d.value.hi, -inter.lo), sumAbove(inter.hi, -d.value.lo)))
	return c
}

// subcells is a heap, the largest bound on top.
type subcells []subcell

func (h subcells) Len() int           { return len(h) }
func (h subcells) Less(i, j int) bool { return h[i].bound > h[j].bound }
func (h subcells) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *subcells) Push(c any)        { *h = append(*h, c.(subcell)) }
func (h *subcells) Pop() any {
	last := len(*h) - 1
	c := (*h)[last]
	*h = (*h)[:last]
	return c
}
