package approx

import (
	"container/heap"
	"context"
)

// Supremum is what is known of sup |e| on the cube.
type Supremum struct {
	Upper float64 // proved
	Lower float64 // attained, by proof
	Boxes int     // bisections it took
	// Nodes are the points looked at, without the corners of the cube, and Sizes lower bounds of |e| there.
	Nodes [][]float64
	Sizes []float64
}

// supremum bounds |e| on the cube by best-first bisection: on a box |e| <= |I e| + |e - I e|, the first of which is
// largest at a corner, and it is within the range of e, which is all that helps about a jump. It stops once the bound is at most sharp times what is attained, sharp > 1, or after so many
// splits, or where a box has become too small, as about a jump. Boxes whose bound is attained elsewhere are dropped.
func supremum(ctx context.Context, e rangedTarget, sharp float64, splits int) (Supremum, error) {
	d := e.Dim()
	s := &supremumSearch{bound: e.ranged(), grid: make([]Interval, power(3, d)), x: make([]float64, d)}
	root := supremumBox{box: make([]Interval, d), corner: make([]Interval, 1<<d)}
	for j := range root.box {
		root.box[j] = Interval{0, 1}
	}
	for m := range root.corner {
		v, err := s.bound.at(cornerOf(root.box, m, s.x))
		if err != nil {
			return s.Supremum, err
		}
		root.corner[m] = v
	}
	if err := s.add(root); err != nil {
		return s.Supremum, err
	}
	for len(s.open) > 0 && s.open[0].bound > sharp*s.Lower && divisible(s.open[0].box) && s.Boxes < splits {
		if s.Boxes%256 == 0 && ctx.Err() != nil {
			return s.Supremum, ctx.Err()
		}
		if err := s.split(heap.Pop(&s.open).(supremumBox)); err != nil {
			return s.Supremum, err
		}
		s.Boxes++
	}
	s.Upper = s.Lower
	if len(s.open) > 0 {
		s.Upper = max(s.Upper, s.open[0].bound)
	}
	return s.Supremum, nil
}

type supremumSearch struct {
	Supremum
	bound rangedBounder
	open  supremumHeap
	grid  []Interval // the values at the 3^d corners of the children of a box
	x     []float64
}

// supremumBox is a cube with the values at its corners.
type supremumBox struct {
	box    []Interval
	corner []Interval
	bound  float64
}

// add bounds |e| on the box and queues it unless that is attained already.
func (s *supremumSearch) add(c supremumBox) error {
	top, ends := 0.0, c.corner[0]
	for _, v := range c.corner {
		size := v.abs()
		top, s.Lower, ends = max(top, size.Hi), max(s.Lower, size.Lo), ends.hull(v)
	}
	d, err := s.bound.deviation(c.box, ends)
	if err != nil {
		return err
	}
	if c.bound = min(addUp(top, d.bound()), s.bound.onBox().Mag()); c.bound > s.Lower {
		heap.Push(&s.open, c)
	}
	return nil
}

// split halves the box in all coordinates. Corner c of child m is node (m_j + c_j) of three along coordinate j.
func (s *supremumSearch) split(b supremumBox) error {
	if err := s.refine(b); err != nil {
		return err
	}
	d := len(b.box)
	for m := range 1 << d {
		child := supremumBox{box: childOf(b.box, m), corner: make([]Interval, 1<<d)}
		for c := range child.corner {
			child.corner[c] = s.grid[ternary(m, d)+ternary(c, d)]
		}
		if err := s.add(child); err != nil {
			return err
		}
	}
	return nil
}

// ternary reads the bits of m as digits in base 3.
func ternary(m, d int) int {
	r := 0
	for j, power := 0, 1; j < d; j, power = j+1, 3*power {
		r += m >> j & 1 * power
	}
	return r
}

// refine evaluates at the nodes between the corners.
func (s *supremumSearch) refine(b supremumBox) error {
	for m, v := range b.corner {
		s.grid[2*ternary(m, len(b.box))] = v
	}
	for i := range s.grid {
		old, rest := true, i
		for j, side := range b.box {
			s.x[j] = [3]float64{side.Lo, side.Mid(), side.Hi}[rest%3]
			old = old && rest%3 != 1
			rest /= 3
		}
		if old {
			continue
		}
		v, err := s.bound.at(s.x)
		if err != nil {
			return err
		}
		s.grid[i] = v
		s.Nodes, s.Sizes = append(s.Nodes, append([]float64(nil), s.x...)), append(s.Sizes, v.abs().Lo)
	}
	return nil
}

type supremumHeap []supremumBox

func (h supremumHeap) Len() int           { return len(h) }
func (h supremumHeap) Less(i, j int) bool { return h[i].bound > h[j].bound }
func (h supremumHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *supremumHeap) Push(v any)        { *h = append(*h, v.(supremumBox)) }
func (h *supremumHeap) Pop() any {
	old := *h
	v := old[len(old)-1]
	*h = old[:len(old)-1]
	return v
}
