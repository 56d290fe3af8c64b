package approx

import (
	"container/heap"
	"context"
	"math"
)

// blocks is the number of pieces in which a grid is worked through; results are combined in their order, so
// they don't depend on the number of threads.
const blocks = 64

// deviations holds bounds of f - I_h f on the cells of a grid, row by row.
type deviations struct {
	below, above []float64  // I_h f - f <= below, f - I_h f <= above
	mean         []Interval // of f - I_h f on the cell; the larger absolute value bounds that of |f - I_h f|
	deviationSums
}

type deviationSums struct {
	sup        float64 // largest
	meanSquare float64 // bound of the integral of |f - I_h f|^2
}

// deviate bounds f - I_h f on every cell; f holds the nodal values, each within slack of the truth.
func (g Grid) deviate(ctx context.Context, t Target, f []float64, slack float64, threads int) (*deviations, error) {
	n := g.Cells()
	d := &deviations{below: make([]float64, n), above: make([]float64, n), mean: make([]Interval, n)}
	parts := make([]deviationSums, blocks)
	err := parallel(ctx, threads, g.N, blocks, func() func(block, from, to int) error {
		b := t.newBounder()
		return func(block, from, to int) error {
			return g.deviateRows(ctx, d, &parts[block], b, f, slack, from, to)
		}
	})
	if err != nil {
		return nil, err
	}
	for i := range parts {
		d.sup = max(d.sup, parts[i].sup)
		d.meanSquare = addUp(d.meanSquare, parts[i].meanSquare)
	}
	d.meanSquare = mulUp(d.meanSquare, above(1/float64(n)))
	return d, nil
}

func (g Grid) deviateRows(ctx context.Context, all *deviations, part *deviationSums, b bounder, f []float64, slack float64, from, to int) error {
	box := make([]Interval, g.Dim)
	offsets := g.corners()
	var failed error
	err := g.rows(ctx, from, to, func(first int, lower []int) {
		base := 0
		for j, k := range lower {
			base = base*g.N + k
			box[j] = g.side(k)
		}
		start := lower[g.Dim-1]
		for k := 0; k < g.span(from, to) && failed == nil; k++ {
			box[g.Dim-1] = g.side(start + k)
			corners := Point(f[first+k])
			for _, o := range offsets[1:] {
				v := f[first+k+o]
				corners = Interval{min(corners.Lo, v), max(corners.Hi, v)}
			}
			corners = Interval{addDown(corners.Lo, -slack), addUp(corners.Hi, slack)}
			d, err := boundCell(ctx, b, box, corners)
			if err != nil {
				failed = err
			}
			all.below[base+k], all.above[base+k], all.mean[base+k] = d.below, d.above, d.mean
			part.sup = max(part.sup, d.bound())
			part.meanSquare = addUp(part.meanSquare, d.square)
		}
	})
	if failed != nil {
		return failed
	}
	return err
}

// boundCell bounds f - I f on a cell.
func boundCell(ctx context.Context, b bounder, box []Interval, corners Interval) (deviation, error) {
	d, err := b.deviation(box, corners)
	if w, isExpr := b.(*evaluation); isExpr && d.crude {
		sup, mean, square, failed := newSubdivision(w, box).run(ctx)
		// The checker subdivides in its own way: leave it room.
		mean = mulUp(1.25, mean)
		return d.and(deviation{below: sup, above: sup, mean: Interval{-mean, mean}, square: mulUp(1.25*1.25, square)}), failed
	}
	return d, err
}

// side is [k/N, (k+1)/N]; exact, since N is a power of two.
func (g Grid) side(k int) Interval {
	return Interval{float64(k) / float64(g.N), float64(k+1) / float64(g.N)}
}

// subdivision bounds |f - I f| on a cell by best-first bisection, for the few cells where the gradient is
// unbounded or the formula can't be enclosed. On a subcell with its own interpolant J f,
// |f - I f| <= |f - J f| + |J f - I f|, and the second is largest at a corner.
type subdivision struct {
	w      *evaluation
	leaves leafHeap
	lower  float64 // |f - I f| reaches this
	scale  float64 // of the values, for the rounding of the interpolant
	failed error
}

// leaf is a subcell of side 2^-level of the cell; interp holds I f at its corners.
type leaf struct {
	box    []Interval
	interp []float64
	level  int
	bound  float64
}

const (
	maxLeaves  = 1024
	sharpness  = 1.05 // stop when the bound is within this factor of what is attained
	roundSlack = 0x1p-49
)

func newSubdivision(w *evaluation, box []Interval) *subdivision {
	s := &subdivision{w: w}
	root := leaf{box: append([]Interval(nil), box...), interp: make([]float64, 1<<len(box)), bound: math.Inf(1)}
	x := make([]float64, len(box))
	for m := range root.interp {
		v, err := w.at(cornerOf(box, m, x))
		if err != nil {
			s.failed = err
			return s
		}
		root.interp[m] = v.Mid()
		s.scale = max(s.scale, v.Mag())
	}
	s.leaves = leafHeap{root}
	return s
}

func cornerOf(box []Interval, m int, x []float64) []float64 {
	for j, b := range box {
		x[j] = b.Lo
		if m>>j&1 == 1 {
			x[j] = b.Hi
		}
	}
	return x
}

func (s *subdivision) run(ctx context.Context) (sup, mean, square float64, err error) {
	for s.failed == nil && len(s.leaves) < maxLeaves && s.leaves[0].bound > sharpness*s.lower+roundSlack*s.scale {
		s.split(heap.Pop(&s.leaves).(leaf))
		if s.failed == nil {
			s.failed = ctx.Err()
		}
	}
	if s.failed == nil && math.IsInf(s.leaves[0].bound, 1) {
		_, s.failed = s.w.gradient(s.leaves[0].box)
		if s.failed == nil {
			s.failed = &DomainError{Column: 1, Message: "the value is unbounded", Box: s.leaves[0].box}
		}
	}
	if s.failed != nil {
		return 0, 0, 0, s.failed
	}
	for _, l := range s.leaves {
		volume := math.Ldexp(1, -l.level*len(l.box))
		mean = addUp(mean, mulUp(volume, l.bound))
		square = addUp(square, mulUp(volume, mulUp(l.bound, l.bound)))
	}
	return s.leaves[0].bound, mean, square, nil
}

func (s *subdivision) split(l leaf) {
	d := len(l.box)
	coarse := Grid{d, 1}
	values := make([]float64, 1<<d) // row-major: first coordinate slowest
	offsets := coarse.corners()
	for m, o := range offsets {
		values[o] = l.interp[m]
	}
	fine := coarse.refine(values)
	strides, half := Grid{d, 2}.strides(), Grid{d, 2}.corners()
	for m := range 1 << d {
		child := leaf{box: make([]Interval, d), interp: make([]float64, 1<<d), level: l.level + 1}
		base := 0
		for j, b := range l.box {
			mid := b.Lo + (b.Hi-b.Lo)/2
			child.box[j] = Interval{b.Lo, mid}
			if m>>j&1 == 1 {
				child.box[j] = Interval{mid, b.Hi}
				base += strides[j]
			}
		}
		for c, o := range half {
			child.interp[c] = fine[base+o]
		}
		s.bound(&child)
		heap.Push(&s.leaves, child)
	}
}

// bound sets the child's bound and raises the attained value.
func (s *subdivision) bound(l *leaf) {
	interp, own, apart := Interval{math.Inf(1), math.Inf(-1)}, Interval{math.Inf(1), math.Inf(-1)}, 0.0
	x := make([]float64, len(l.box))
	for m, v := range l.interp {
		f, err := s.w.at(cornerOf(l.box, m, x))
		if err != nil {
			s.failed = err
			return
		}
		interp, own = interp.hull(Point(v)), own.hull(f)
		gap := f.sub(Point(v)).abs()
		apart = max(apart, gap.Hi)
		s.lower = max(s.lower, gap.Lo-roundSlack*s.scale)
	}
	r, err := s.w.gradient(l.box)
	if err != nil {
		l.bound = math.Inf(1)
		return
	}
	first := addUp(slopeDeviation(s.w.slope(len(s.w.e.code)-1), l.box), apart)
	l.bound = min(first, max(addUp(r.Hi, -interp.Lo), addUp(interp.Hi, -r.Lo)))
	l.bound = addUp(l.bound, roundSlack*s.scale)
}

type leafHeap []leaf

func (h leafHeap) Len() int           { return len(h) }
func (h leafHeap) Less(i, j int) bool { return h[i].bound > h[j].bound }
func (h leafHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *leafHeap) Push(v any)        { *h = append(*h, v.(leaf)) }
func (h *leafHeap) Pop() any {
	old := *h
	v := old[len(old)-1]
	*h = old[:len(old)-1]
	return v
}
