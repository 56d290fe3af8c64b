package approx

import (
	"cmp"
	"container/heap"
	"context"
	"math"
	"slices"
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
func sample(ctx context.Context, e Target, n int) (*sampling, error) {
	s := &sampling{bound: e.newBounder(), dim: e.Dim(), n: n, seen: map[[9]float64]bool{}}
	lattice := Grid{s.dim, n}

	for i := range lattice.Cells() {
		box := make([]Interval, s.dim)
		for j := range box {
			box[j] = lattice.side(i % n)
			i /= n
		}
		if err := s.add(box); err != nil {
			return nil, err
		}
	}
	most := sampleSurplus * len(s.points)
	for len(s.points) < most && len(s.open) > 0 && s.open[0].bound > sampleTolerance*s.top {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		c := heap.Pop(&s.open).(sampleCell)
		for m := range 1 << s.dim {
			if err := s.add(childOf(c.box, m)); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

// divisible says whether a box is worth bisecting: about a jump of the target no box is small enough.
func divisible(box []Interval) bool { return box[0].Hi-box[0].Lo > 0x1p-30 }

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
	dim, n int
	seen   map[[9]float64]bool
	points [][]float64
	values []float64
	top    float64 // the largest absolute value
	open   sampleHeap
}

// take samples at x, once.
func (s *sampling) take(x []float64) error {
	var key [9]float64
	copy(key[:], x)
	if s.seen[key] {
		return nil
	}
	s.seen[key] = true
	v, err := s.bound.at(x)
	s.points, s.values, s.top = append(s.points, append([]float64(nil), x...)), append(s.values, v.Mid()), max(s.top, v.Mag())
	return err
}

// furthest is the largest distance of the network from the samples.
func (s *sampling) furthest(net *Shallow) float64 {
	top := 0.0
	for i, x := range s.points {
		top = max(top, math.Abs(s.values[i]-net.Float(x)))
	}
	return top
}

// extend samples where e is known to be further from the network than at the samples, the furthest first, one point in
// a cell of the lattice and a tenth as many as there are at most.
func (s *sampling) extend(sup Supremum, least float64) error {
	order := make([]int, len(sup.Nodes))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(sup.Sizes[b], sup.Sizes[a]) })
	most := len(s.points) + max(1, len(s.points)/10)
	served := map[[9]float64]bool{}
	for _, i := range order {
		if sup.Sizes[i] <= least || len(s.points) >= most {
			return nil
		}
		var cell [9]float64
		for j, v := range sup.Nodes[i] {
			cell[j] = math.Floor(v * float64(s.n))
		}
		if served[cell] {
			continue
		}
		served[cell] = true
		if err := s.take(sup.Nodes[i]); err != nil {
			return err
		}
	}
	return nil
}

// add samples the corners of the cell and queues it.
func (s *sampling) add(box []Interval) error {
	x := make([]float64, s.dim)
	for m := range 1 << s.dim {
		if err := s.take(cornerOf(box, m, x)); err != nil {
			return err
		}
	}
	d, err := s.bound.deviation(box, entire)
	if err != nil {
		return err
	}
	if divisible(box) {
		heap.Push(&s.open, sampleCell{box, d.bound()})
	}
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
