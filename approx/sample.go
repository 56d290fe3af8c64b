package approx

import (
	"container/heap"
	"context"
)

// Refinement of a lattice of samples: there may be so many times as many samples as the lattice has, and a cell is
// left as it is once it deviates by less than this share of the largest sample.
const (
	sampleSurplus   = 3
	sampleTolerance = 0.05
)

// sample evaluates e at the nodes of the lattice with n cells per coordinate, and within the cells where it deviates
// most from its interpolant, best first: later grades leave ever narrower steps where the target vanishes.
// It enters no claim.
func sample(ctx context.Context, e Target, n int) (points [][]float64, values []float64, err error) {
	s := &sampling{bound: e.newBounder(), dim: e.Dim(), seen: map[[9]float64]bool{}}
	lattice := Grid{s.dim, n}

	for i := range lattice.Cells() {
		box := make([]Interval, s.dim)
		for j := range box {
			box[j] = lattice.side(i % n)
			i /= n
		}
		if err := s.add(box); err != nil {
			return nil, nil, err
		}
	}
	most := sampleSurplus * len(s.points)
	for len(s.points) < most && s.open[0].bound > sampleTolerance*s.top {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		c := heap.Pop(&s.open).(sampleCell)
		for m := range 1 << s.dim {
			if err := s.add(childOf(c.box, m)); err != nil {
				return nil, nil, err
			}
		}
	}
	return s.points, s.values, nil
}

// childOf is the part of the box in the upper half along the coordinates whose bits are set in m.
func childOf(box []Interval, m int) []Interval {
	child := make([]Interval, len(box))
	for j, side := range box {
		mid := side.Mid()
		child[j] = Interval{side.Lo, mid}
		if m>>j&1 == 1 {
			child[j] = Interval{mid, side.Hi}
		}
	}
	return child
}

type sampling struct {
	bound  bounder
	dim    int
	seen   map[[9]float64]bool
	points [][]float64
	values []float64
	top    float64 // the largest absolute value
	open   sampleHeap
}

// add samples the corners of the cell and queues it.
func (s *sampling) add(box []Interval) error {
	for m := range 1 << s.dim {
		var key [9]float64
		cornerOf(box, m, key[:s.dim])
		if s.seen[key] {
			continue
		}
		s.seen[key] = true
		x := append([]float64(nil), key[:s.dim]...)
		v, err := s.bound.at(x)
		if err != nil {
			return err
		}
		s.points, s.values, s.top = append(s.points, x), append(s.values, v.Mid()), max(s.top, v.Mag())
	}
	d, err := s.bound.deviation(box, entire)
	if err != nil {
		return err
	}
	heap.Push(&s.open, sampleCell{box, d.bound})
	return nil
}

type sampleCell struct {
	box   []Interval
	bound float64
}

type sampleHeap []sampleCell

func (h sampleHeap) Len() int           { return len(h) }
func (h sampleHeap) Less(i, j int) bool { return h[i].bound > h[j].bound }
func (h sampleHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *sampleHeap) Push(v any)        { *h = append(*h, v.(sampleCell)) }
func (h *sampleHeap) Pop() any {
	old := *h
	v := old[len(old)-1]
	*h = old[:len(old)-1]
	return v
}
