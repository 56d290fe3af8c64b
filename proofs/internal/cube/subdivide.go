package cube

import (
	"container/heap"
	"math"
	"multigrade/proofs/internal/exact"
)

// A subcell is a part of a cell, a cube again, with the cell's interpolant at its corners.
type subcell struct {
	box         []exact.Bracket
	interpolant []exact.Bracket
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
func subdivide(p probe, box, interpolant []exact.Bracket) (sup, mean, square float64) {
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
		mean = exact.SumAbove(mean, c.share*c.bound)
		square = exact.SumAbove(square, exact.ProductAbove(c.share*c.bound, c.bound))
	}
	return sup, mean, square
}

// child k has bit j of k set if it is the upper half along coordinate j. In steps of half the
// side its corner m lies at k + m, so between the corners k & m and k | m.
func (c subcell) child(p probe, k int, attained *float64) subcell {
	box, part := make([]exact.Bracket, len(c.box)), make([]exact.Bracket, len(c.interpolant))
	for j, b := range c.box {
		mid := (b.Lo + b.Hi) / 2
		box[j] = exact.Bracket{Lo: b.Lo, Hi: mid}
		if k>>j&1 == 1 {
			box[j] = exact.Bracket{Lo: mid, Hi: b.Hi}
		}
	}
	for m := range part {
		part[m] = c.interpolant[k&m].Plus(c.interpolant[k|m]).Times(exact.At(0.5))
	}
	return newSubcell(p, box, part, math.Ldexp(c.share, -len(box)), attained)
}

// newSubcell bounds |f - If| through the subcell's own interpolant Jf, |f - Jf| + |Jf - If| where
// the second is largest at a corner, and through the ranges of f and If.
func newSubcell(p probe, box, interpolant []exact.Bracket, share float64, attained *float64) subcell {
	c := subcell{box, interpolant, share, exact.Inf}
	x := make([]float64, len(box))
	apart := 0.0
	own, inter := exact.Bracket{Lo: exact.Inf, Hi: -exact.Inf}, exact.Bracket{Lo: exact.Inf, Hi: -exact.Inf}
	for m, w := range interpolant {
		for j, b := range box {
			x[j] = b.Lo
			if m>>j&1 == 1 {
				x[j] = b.Hi
			}
		}
		f, err := p.at(x)
		if err != nil {
			return c
		}
		gap := f.Minus(w).Magnitude()
		own, inter = own.Join(f), inter.Join(w)
		apart, *attained = max(apart, gap.Hi), max(*attained, gap.Lo)
	}
	d := p.deviation(box, own, nil)
	c.bound = min(exact.SumAbove(d.bound(), apart), max(exact.SumAbove(d.value.Hi, -inter.Lo), exact.SumAbove(inter.Hi, -d.value.Lo)))
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
