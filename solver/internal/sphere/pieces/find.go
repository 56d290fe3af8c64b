package pieces

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// nearPlane is how far a row may be from a piece's plane, relative to the largest
// row. Features come out of float64 arithmetic with errors of some 1e-15; a kink
// slighter than this bends no row by what would be seen in a bound, whose
// allowance for it is computed and not assumed.
const nearPlane = 1e-12

// Find groups the rows of X (n x r) into a chain. order is the sequence of the
// rows along the chain, or nil: then every next row is the nearest to the last,
// O(n^2 r). Rows that share no plane with their neighbours end in pieces of one
// or two rows, so Find never fails; a chain has structure if its pieces are few.
func Find(x *mat.Dense, order []int) *Chain {
	n, r := x.Dims()
	if order == nil {
		order = nearestNeighbours(x)
	}
	f := &finder{x: x, r: r, chain: new(Chain)}
	for i := range n {
		f.tol = max(f.tol, nearPlane*floats.Norm(x.RawRowView(i), 2))
	}
	f.merge(order)
	f.segments()
	f.link()
	return f.chain
}

// finder is the state of Find.
type finder struct {
	x     *mat.Dense
	r     int
	tol   float64
	place [][]int // rows that are equal and neighbours, in order
	seg   []segment
	chain *Chain
}

// segment is a range of places near a common line, with its ends.
type segment struct {
	from, to   int // places from .. to-1
	start, end []float64
	a, b       int // knots
}

// merge joins equal neighbours.
func (f *finder) merge(order []int) {
	for _, i := range order {
		if last := len(f.place) - 1; last >= 0 && slices.Equal(f.x.RawRowView(i), f.row(last)) {
			f.place[last] = append(f.place[last], i)
			continue
		}
		f.place = append(f.place, []int{i})
	}
}

func (f *finder) row(place int) []float64 { return f.x.RawRowView(f.place[place][0]) }

// segments cuts the places greedily: from each start the longest range near the
// line through its first and last place, by doubling and bisection.
func (f *finder) segments() {
	for from := 0; from < len(f.place); {
		good, step := from, 1
		for good+step < len(f.place) && f.straight(from, good+step) {
			good += step
			step *= 2
		}
		for ; step > 0; step /= 2 {
			if good+step < len(f.place) && f.straight(from, good+step) {
				good += step
			}
		}
		f.seg = append(f.seg, segment{from: from, to: good + 1, start: f.row(from), end: f.row(good)})
		from = good + 1
	}
}

// straight reports whether the places from .. to are near the line through both
// ends, in order.
func (f *finder) straight(from, to int) bool {
	last := 0.0
	for k := from; k <= to; k++ {
		t := theta(f.row(k), f.row(from), f.row(to))
		if t < last || f.off(f.row(k), f.row(from), f.row(to), t) {
			return false
		}
		last = t
	}
	return true
}

func (f *finder) off(x, a, b []float64, t float64) bool {
	sum := 0.0
	for j, v := range x {
		e := v - (1-t)*a[j] - t*b[j]
		sum += e * e
	}
	return !(sum <= f.tol*f.tol)
}

// theta is the t in [0, 1] for which (1-t) a + t b is nearest to x.
func theta(x, a, b []float64) float64 {
	num, den := 0.0, 0.0
	for j, v := range x {
		d := b[j] - a[j]
		num += (v - a[j]) * d
		den += d * d
	}
	if den == 0 {
		return 0
	}
	return min(1, max(0, num/den))
}

// link makes the knots: where the lines of two neighbours meet between them, one
// knot for both, and else one for each.
func (f *finder) link() {
	for k := range f.seg {
		s := &f.seg[k]
		if k == 0 {
			s.a = f.knot(s.start)
		}
		if k+1 == len(f.seg) {
			s.b = f.endKnot(s)
			continue
		}
		next := &f.seg[k+1]
		if z := f.meet(s, next); z != nil {
			s.b = f.knot(z)
			next.a = s.b
		} else {
			s.b = f.endKnot(s)
			next.a = f.knot(next.start)
		}
	}
	for k := range f.seg {
		f.piece(&f.seg[k])
	}
}

func (f *finder) knot(v []float64) int {
	f.chain.Knots = append(f.chain.Knots, slices.Clone(v))
	return len(f.chain.Knots) - 1
}

// endKnot is a knot at the end of s: the one at its start if s is one place and
// starts with a knot of its own.
func (f *finder) endKnot(s *segment) int {
	if s.to-s.from == 1 && slices.Equal(f.chain.Knots[s.a], s.start) {
		return s.a
	}
	return f.knot(s.end)
}

// meet returns the point between s and t where their lines meet, or nil.
func (f *finder) meet(s, t *segment) []float64 {
	z := make([]float64, f.r)
	switch {
	case s.to-s.from == 1 && t.to-t.from == 1:
		return nil
	case s.to-s.from == 1:
		copy(z, s.end)
		if f.covers(z, t.end, t) {
			return z
		}
		return nil
	case t.to-t.from == 1:
		copy(z, t.start)
		if f.covers(s.start, z, s) {
			return z
		}
		return nil
	}
	// min |end + p d - start + q e|, d = s.end - s.start, e = t.end - t.start
	var dd, de, ee, dg, eg float64
	for j := range z {
		d, e, g := s.end[j]-s.start[j], t.end[j]-t.start[j], t.start[j]-s.end[j]
		dd += d * d
		de += d * e
		ee += e * e
		dg += d * g
		eg += e * g
	}
	det := dd*ee - de*de
	if !(det > 1e-24*dd*ee) {
		return nil
	}
	p := (dg*ee - de*eg) / det
	if !(p >= -1e-9) || math.IsInf(p, 0) {
		return nil
	}
	p = max(p, 0)
	for j := range z {
		z[j] = s.end[j] + p*(s.end[j]-s.start[j])
	}
	if f.covers(s.start, z, s) && f.covers(z, t.end, t) {
		return z
	}
	return nil
}

// covers reports whether the rows of s are near the stretch from a to b.
func (f *finder) covers(a, b []float64, s *segment) bool {
	for k := s.from; k < s.to; k++ {
		if f.off(f.row(k), a, b, theta(f.row(k), a, b)) {
			return false
		}
	}
	return true
}

func (f *finder) piece(s *segment) {
	p := Piece{A: s.a, B: s.b}
	a, b := f.chain.Knots[s.a], f.chain.Knots[s.b]
	type at struct {
		row int
		t   float64
	}
	var rows []at
	for k := s.from; k < s.to; k++ {
		t := theta(f.row(k), a, b)
		for _, i := range f.place[k] {
			rows = append(rows, at{i, t})
		}
	}
	slices.SortStableFunc(rows, func(u, v at) int { return cmp.Compare(u.t, v.t) })
	for _, q := range rows {
		p.Rows, p.Theta = append(p.Rows, q.row), append(p.Theta, q.t)
	}
	f.chain.Pieces = append(f.chain.Pieces, p)
}

// nearestNeighbours starts at the row farthest from the mean and always goes to
// the nearest row left.
func nearestNeighbours(x *mat.Dense) []int {
	n, r := x.Dims()
	mean := make([]float64, r)
	for i := range n {
		floats.AddScaled(mean, 1/float64(n), x.RawRowView(i))
	}
	left := make([]int, n)
	first, far := 0, -1.0
	for i := range left {
		left[i] = i
		if d := floats.Distance(x.RawRowView(i), mean, 2); d > far {
			first, far = i, d
		}
	}
	var order []int
	for at := first; ; {
		i := left[at]
		order = append(order, i)
		left = slices.Delete(left, at, at+1)
		if len(left) == 0 {
			return order
		}
		near := math.Inf(1)
		for k, j := range left {
			if d := squaredDistance(x.RawRowView(i), x.RawRowView(j)); d < near {
				at, near = k, d
			}
		}
	}
}

func squaredDistance(x, y []float64) float64 {
	s := 0.0
	for j, v := range x {
		s += (v - y[j]) * (v - y[j])
	}
	return s
}
