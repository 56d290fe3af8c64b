package cube

import (
	"math"
	"multigrade/proofs/internal/exact"
)

// How far a function lies from its interpolant on a simplex, and on which side, from its second derivatives along the edges.
//
// Let v_0..v_d be the vertices, If the interpolant, and let f bend by at least l_ij along v_i - v_j within the simplex: f - l_ij s^2/2 is convex
// in s on every segment x + s (v_i - v_j). Put G = f - If + sum_{i<j} l_ij w_i w_j / 2, w the barycentric coordinates. Along v_i - v_j the
// product w_i w_j has the second derivative -2 and every other one is linear, so G is convex in the direction of every edge. At the vertices
// it is 0. On a segment through x in the direction of one edge, G is at most the larger value at the ends, which lie on facets;
// facets have the same property, so G <= 0. With upper bounds u_ij it is G >= 0:
//
//	-sum u_ij w_i w_j / 2 <= f - If <= -sum l_ij w_i w_j / 2.
//
// Sums of w_i w_j over pairs are at most d/(2d+2); the mean of one is 1/((d+1)(d+2)), of its square 4/((d+1)(d+2)(d+3)(d+4)).

// An arc encloses a function along a line: value, first derivative, and the least and largest bend, infinite where a kink or a
// pole leaves none.
type arc struct{ value, first, bend exact.Bracket }

// An arcRun is one goroutine's stack and scratch space.
type arcRun struct {
	f      *formula
	stack  []arc
	edge   []float64
	bends  []exact.Bracket // per direction of a cell's edges
	orders [][]int
}

func newArcRun(f *formula) *arcRun {
	r := &arcRun{f: f, stack: make([]arc, f.deep), edge: make([]float64, f.dim)}
	if f.dim <= mostBent {
		r.bends, r.orders = make([]exact.Bracket, 1<<f.dim), lattice{f.dim, 1}.orders()
	}
	return r
}

// along encloses f along the direction on the box: all lines in it. ok is false where an operation has no value there.
func (r *arcRun) along(box []exact.Bracket, direction []float64) (result arc, ok bool) {
	top := -1
	for i := range r.f.words {
		w := &r.f.words[i]
		switch w.operands() {
		case 0:
			top++
			r.stack[top] = arcLeaf(w, box, direction)
		case 1:
			s := &r.stack[top]
			if !arcUnary(s, w.code) {
				return arc{}, false
			}
		default:
			top--
			if !arcBinary(&r.stack[top], &r.stack[top+1], w) {
				return arc{}, false
			}
		}
		if v := r.stack[top].value; v.Lo != v.Lo || v.Hi != v.Hi {
			return arc{}, false
		}
	}
	return r.stack[0], true
}

func arcLeaf(w *word, box []exact.Bracket, direction []float64) arc {
	switch w.code {
	case 'p':
		return arc{value: exact.Bracket{Lo: math.Pi, Hi: math.Nextafter(math.Pi, 4)}}
	case 'e':
		return arc{value: exact.Bracket{Lo: math.E, Hi: math.Nextafter(math.E, 4)}}
	case 'x':
		return arc{value: box[w.index], first: exact.At(direction[w.index])}
	}
	return arc{value: w.value}
}

// still reports that the function is constant along the line.
func (a *arc) still() bool { return a.first == exact.Bracket{} && a.bend == exact.Bracket{} }

// under replaces g by phi(g): its bend is phi' bend(g) + phi” g'^2. Where phi' has no bound the first term is not finite unless g
// has no bend of the sign in question: then phi, monotone and concave or convex, of such a g is what the product says without derivatives.
func (a *arc) under(value, once, twice exact.Bracket) {
	a.value = value
	if a.still() {
		return
	}
	a.bend = once.Times(a.bend).Plus(twice.Times(a.first.Squared()))
	a.first = once.Times(a.first)
}

func arcUnary(s *arc, code rune) bool {
	a, one := s.value, exact.At(1)
	switch code {
	case '~':
		*s = arc{a.Neg(), s.first.Neg(), s.bend.Neg()}
		return true
	case 'a':
		switch {
		case a.Lo >= 0:
		case a.Hi <= 0:
			*s = arc{a.Neg(), s.first.Neg(), s.bend.Neg()}
		default: // the larger of g and -g
			t := arc{a.Neg(), s.first.Neg(), s.bend.Neg()}
			*s = arc{a.Magnitude(), s.first.Join(t.first), exact.Bracket{Lo: min(s.bend.Lo, t.bend.Lo), Hi: exact.Inf}}
		}
		return true
	case 'f':
		*s = arc{value: exact.At(math.Floor(a.Lo))}
		return s.value.Lo == math.Floor(a.Hi)
	case 'E':
		v := a.Exp()
		s.under(v, v, v)
		return true
	}
	if unbounded(a) {
		return false
	}
	switch code {
	case 's':
		v := a.Sine(0)
		s.under(v, a.Sine(1), v.Neg())
	case 'c':
		v := a.Sine(1)
		s.under(v, a.Sine(0).Neg(), v.Neg())
	case 't':
		c := a.Sine(1)
		if c.Has(0) {
			return false
		}
		v := a.Sine(0).Over(c)
		secant := one.Over(c.Squared())
		s.under(v, secant, exact.At(2).Times(v).Times(secant))
	case 'l', 'h', 'r':
		if !(a.Lo >= 0 && a.Hi > 0) {
			return false
		}
		over := inverse(a)
		switch code {
		case 'l':
			s.under(a.Log(), over, over.Squared().Neg())
		case 'h':
			s.under(entropyOf(a), a.Log().Plus(one), over)
		default:
			v := a.Root()
			slope := rootSlope(v)
			s.under(v, slope, slope.Times(over).Times(exact.At(-0.5)))
		}
	default:
		return false
	}
	return true
}

// arcBinary replaces s by s op t.
func arcBinary(s, t *arc, w *word) bool {
	switch w.code {
	case '+':
		*s = arc{s.value.Plus(t.value), s.first.Plus(t.first), s.bend.Plus(t.bend)}
		return true
	case '-':
		*s = arc{s.value.Minus(t.value), s.first.Minus(t.first), s.bend.Minus(t.bend)}
		return true
	case 'M':
		s.larger(t)
		return true
	case 'm': // -max(-s, -t)
		arcUnary(s, '~')
		arcUnary(t, '~')
		s.larger(t)
		return arcUnary(s, '~')
	case '*':
		return s.times(t)
	case '/': // s times 1/t
		b := t.value
		if b.Has(0) {
			return false
		}
		over := exact.At(1).Over(b)
		square := over.Squared()
		t.under(over, square.Neg(), exact.At(2).Times(square).Times(over))
		return s.times(t)
	case '^':
		return s.raise(t, w)
	}
	return false
}

// larger is max(s, t): convex up to the smaller of the least bends, if either may be the larger one.
func (s *arc) larger(t *arc) {
	switch {
	case s.value.Lo >= t.value.Hi:
	case t.value.Lo >= s.value.Hi:
		*s = *t
	default:
		value := exact.Bracket{Lo: max(s.value.Lo, t.value.Lo), Hi: max(s.value.Hi, t.value.Hi)}
		*s = arc{value, s.first.Join(t.first), exact.Bracket{Lo: min(s.bend.Lo, t.bend.Lo), Hi: exact.Inf}}
	}
}

func (s *arc) times(t *arc) bool {
	if unbounded(s.value) || unbounded(t.value) {
		return false
	}
	bend := s.bend.Times(t.value).Plus(t.bend.Times(s.value)).Plus(exact.At(2).Times(s.first).Times(t.first))
	*s = arc{s.value.Times(t.value), s.first.Times(t.value).Plus(t.first.Times(s.value)), bend}
	return true
}

// raise is s^t for constant t.
func (s *arc) raise(t *arc, w *word) bool {
	a, p := s.value, t.value
	if !t.still() || unbounded(a) || unbounded(p) {
		return false
	}
	n := w.power
	if n == realExponent && p.Lo == p.Hi && p.Lo == math.Floor(p.Lo) && math.Abs(p.Lo) <= 1024 {
		n = int(p.Lo)
	}
	if n != realExponent {
		raised := func(n int) (exact.Bracket, bool) {
			if n >= 0 {
				return a.Raised(n), true
			}
			return exact.At(1).Over(a.Raised(-n)), !a.Has(0)
		}
		v, ok := raised(n)
		once, twice := exact.At(float64(n)), exact.At(float64(n)*float64(n-1))
		if n != 0 {
			less, _ := raised(n - 1)
			once = once.Times(less)
		}
		if n != 0 && n != 1 {
			less, _ := raised(n - 2)
			twice = twice.Times(less)
		}
		s.under(v, once, twice)
		return ok
	}
	if a.Lo < 0 || !(a.Hi > 0) || !(p.Lo > 0) && a.Lo == 0 {
		return false
	}
	q := p.Minus(exact.At(1))
	s.under(a.RealPower(p), p.Times(a.RealPower(q)), p.Times(q).Times(a.RealPower(q.Minus(exact.At(1)))))
	return true
}

// mostBent bounds the dimension in which a cell's 2^d - 1 directions of edges are looked at.
const mostBent = 3

// cellBends encloses how f bends along every edge of the simplices of a cell: in the direction with the bits of m at m. ok is false where
// that is not looked for, or an edge has no exact length.
func (r *arcRun) cellBends(box []exact.Bracket) (ok bool) {
	for m := 1; m < len(r.bends); m++ {
		for j, b := range box {
			r.edge[j] = 0
			if m>>j&1 == 1 {
				r.edge[j] = b.Hi - b.Lo
				if exact.SumAbove(b.Hi, -b.Lo) != exact.SumBelow(b.Hi, -b.Lo) {
					return false
				}
			}
		}
		a, ok := r.along(box, r.edge)
		if !ok {
			return false
		}
		r.bends[m] = a.bend
	}
	return r.bends != nil
}

// cellBend is what the bends along its edges say of f - If on a cell.
func (r *arcRun) cellBend(box []exact.Bracket) (deviation, bool) {
	if !r.cellBends(box) {
		return deviation{}, false
	}
	d := len(box)
	hull := exact.At(0)
	for _, b := range r.bends {
		hull = hull.Join(b)
	}
	out := deviation{value: exact.WholeLine}
	out.under, out.over = bentAway(hull, d)
	sum, size, square := exact.At(0), exact.At(0), exact.At(0)
	for _, chain := range r.orders {
		own := exact.At(0)
		for i := range chain {
			for _, m := range chain[:i] {
				b := r.bends[chain[i]&^m]
				sum = sum.Plus(b)
				own = own.Plus(exact.At(b.Size()))
			}
		}
		size, square = size.Plus(own), square.Plus(own.Squared())
	}
	n, count := float64(d), float64(len(r.orders))
	pair := exact.At(2 * (n + 1) * (n + 2) * count)
	out.mean = sum.Neg().Over(pair)
	out.absolute = size.Over(pair).Hi
	out.square = square.Over(exact.At((n + 1) * (n + 2) * (n + 3) * (n + 4) * count)).Hi
	return out, true
}

// simplexBend bounds If - f and f - If on a simplex with these edges within the box.
func (r *arcRun) simplexBend(box []exact.Bracket, edges [][]float64) (under, over float64) {
	hull := exact.At(0)
	for _, e := range edges {
		a, ok := r.along(box, e)
		if !ok {
			return exact.Inf, exact.Inf
		}
		hull = hull.Join(a.bend)
	}
	return bentAway(hull, len(box))
}

// bentAway: at most d/(4d+4) times the largest bend either way.
func bentAway(hull exact.Bracket, d int) (under, over float64) {
	away := func(b float64) float64 {
		return exact.QuotientAbove(exact.ProductAbove(max(b, 0), float64(d)), float64(4*d+4))
	}
	return away(hull.Hi), away(-hull.Lo)
}
