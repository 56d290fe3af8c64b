package approx

import (
	"math"
	"math/bits"
)

// bend encloses the generalised second derivative of f along a direction, given by a bit per coordinate, on the box of
// the last gradient: an interval [l, u] such that, on every segment of that direction within the box, f - l s^2/2 is
// convex and f - u s^2/2 concave in the arc s; infinite where nothing is known.
//
// The rules are those of disciplined convex programming with numbers instead of signs. A maximum is convex up to the
// smaller of its operands' lower ends, whatever kinks it has. A composition phi(g) has phi'(g) g” + phi”(g) g'^2, in
// which g” may be a measure: an atom of g” at a kink is multiplied by phi', whose sign the interval knows. Where phi' is
// unbounded (a root at 0) the product has a finite end only if g is concave or affine, so that g does not touch 0 within
// a segment unless it is constant there.
func (w *evaluation) bend(direction int) Interval {
	for i := range w.e.code {
		if w.e.depends[i] != 0 {
			w.curve[i] = w.bendStep(i, direction)
		}
	}
	return w.curve[len(w.curve)-1]
}

// along encloses the derivative of instruction i in the direction.
func (w *evaluation) along(i, direction int) Interval {
	r := Point(0)
	if w.e.depends[i] == 0 {
		return r
	}
	for j, s := range w.slope(i) {
		if direction>>j&1 == 1 && w.e.depends[i]>>j&1 == 1 {
			r = r.add(s)
		}
	}
	return r
}

// bendStep encloses the second derivative of instruction i, which is not constant; those of constants stay 0.
func (w *evaluation) bendStep(i, direction int) Interval {
	in := &w.e.code[i]
	if in.op == opVariable {
		return Point(0)
	}
	a, v := w.value[in.a], w.value[i]
	first, second := w.along(in.a, direction), w.curve[in.a]
	chain := func(inner, outer Interval) Interval {
		return inner.mul(second).add(outer.mul(first.sqr()))
	}
	switch in.op {
	case opNegate:
		return second.neg()
	case opSin:
		return chain(a.cos(), v.neg())
	case opCos:
		return chain(a.sin().neg(), v.neg())
	case opTan:
		inner := Point(1).add(v.sqr())
		return chain(inner, Point(2).mul(v).mul(inner))
	case opExp:
		return chain(v, v)
	case opLog:
		if a.Hi > 0 {
			r := a.reciprocal()
			return chain(r, r.sqr().neg())
		}
	case opXLogX:
		if a.Hi > 0 {
			return chain(a.log().add(Point(1)), a.reciprocal())
		}
	case opSqrt:
		if a.Hi > 0 {
			inner, _ := w.partials(i)
			return chain(inner, inner.mul(a.reciprocal()).mul(Point(-0.5)))
		}
	case opAbs:
		if s := signOf(a); s.Lo == s.Hi {
			return s.mul(second)
		}
		return Interval{min(second.Lo, -second.Hi), math.Inf(1)}
	case opFloor:
		if v.Lo == v.Hi {
			return Point(0)
		}
	case opPower:
		return w.bendPower(i, chain)
	case opAdd, opSubtract, opMultiply, opDivide, opMin, opMax:
		return w.bendBinary(i, direction)
	}
	return entire
}

func (w *evaluation) bendPower(i int, chain func(inner, outer Interval) Interval) Interval {
	in := &w.e.code[i]
	a, b := w.value[in.a], w.value[in.b]
	switch n := w.e.exponent[i]; {
	case n == 0:
		return Point(0)
	case n == 1:
		return chain(Point(1), Point(0))
	case n != notInteger:
		return chain(Point(float64(n)).mul(a.powInt(n-1)), Point(float64(n)*float64(n-1)).mul(a.powInt(n-2)))
	case w.e.depends[in.b] != 0 || !(a.Hi > 0):
		return entire
	}
	c := b.sub(Point(1))
	return chain(b.mul(a.powReal(c)), b.mul(c).mul(a.powReal(c.sub(Point(1)))))
}

func (w *evaluation) bendBinary(i, direction int) Interval {
	in := &w.e.code[i]
	a, b := w.value[in.a], w.value[in.b]
	first, second := w.along(in.a, direction), w.curve[in.a]
	firstB, secondB := w.along(in.b, direction), w.curve[in.b]
	two := Point(2)
	switch in.op {
	case opAdd:
		return second.add(secondB)
	case opSubtract:
		return second.sub(secondB)
	case opMultiply:
		if in.a == in.b {
			return two.mul(first.sqr().add(a.mul(second)))
		}
		return second.mul(b).add(two.mul(first.mul(firstB))).add(a.mul(secondB))
	case opDivide:
		r := Point(1).div(b)
		square := r.sqr()
		cross := two.mul(first.mul(firstB)).mul(square)
		return second.mul(r).sub(cross).sub(a.mul(secondB).mul(square)).add(two.mul(a).mul(r).mul(square).mul(firstB.sqr()))
	}
	// max, and min as its mirror image
	s := choice(a.sub(b))
	if in.op == opMin {
		s = Point(1).sub(s)
	}
	switch {
	case s == Point(1):
		return second
	case s == Point(0):
		return secondB
	case in.op == opMax:
		return Interval{min(second.Lo, secondB.Lo), math.Inf(1)}
	}
	return Interval{math.Inf(-1), max(second.Hi, secondB.Hi)}
}

// Second derivatives are taken along 2^d - 1 directions: up to this dimension.
const bentDimension = 3

// bent bounds f - I f on a cube by second derivatives along the edges of its simplices, on the box of the last gradient; ok is false if
// that gives nothing.
//
// On a simplex with vertices a_i let l_ij enclose from below the second derivative along a_i - a_j, and G = f - I f +
// sum_{i<j} lambda_i lambda_j l_ij / 2. Along a_k - a_m only lambda_k lambda_m of the products has a second derivative, -2, so that of G is
// at least 0: G is convex along every edge's direction. It vanishes at the vertices, so it is at most 0 on the edges, and by induction on the simplex: the
// line through x along an edge ends on two facets. Hence f - I f <= -sum_{i<j} lambda_i lambda_j l_ij / 2, and >= with u_ij. For l_ij >= 0,
// convexity along the edges, that is at most 0.
//
// sum_{i<j} lambda_i lambda_j is at most d/(2(d+1)), its mean 1/(d+1)/(d+2) per pair, the mean of a product's square
// 4/((d+1)..(d+4)). Of the chains of a cube (d-s+1) s! (d-s)! have an edge with given s coordinates.
func (w *evaluation) bent(box []Interval) (deviation, bool) {
	d := len(box)
	side := addUp(box[0].Hi, -box[0].Lo)
	if d > bentDimension {
		return deviation{}, false
	}
	for _, b := range box[1:] {
		if addUp(b.Hi, -b.Lo) != side {
			return deviation{}, false
		}
	}
	all, mean, size := Point(0), Point(0), 0.0
	for direction := 1; direction < 1<<d; direction++ {
		u := w.bend(direction).mul(Point(mulUp(side, side)))
		all = all.hull(u)
		share := chainsAlong(direction, d)
		mean = mean.add(share.mul(u))
		size = addUp(size, mulUp(share.Hi, u.Mag()))
	}
	n := float64(d)
	most := func(m float64) float64 { return divUp(mulUp(m, n), 4*(n+1)) }
	pairs := mulUp(n*(n+1)/2, all.Mag())
	r := deviation{below: most(max(all.Hi, 0)), above: most(max(-all.Lo, 0))}
	r.crude = math.IsInf(r.bound(), 1)
	r.square = divUp(mulUp(pairs, pairs), (n+1)*(n+2)*(n+3)*(n+4))
	half := Point(2 * (n + 1) * (n + 2))
	r.mean = mean.neg().div(half)
	if r.below > 0 && r.above > 0 {
		size = divUp(size, half.Lo)
		r.mean = Interval{-size, size}
	}
	return r, !math.IsInf(all.Lo, -1) || !math.IsInf(all.Hi, 1)
}

// chainsAlong is the share of the d! simplices of a cube that have an edge in the direction.
func chainsAlong(direction, d int) Interval {
	s := bits.OnesCount(uint(direction))
	return Point(float64(d-s+1) * factorial(s) * factorial(d-s)).div(Point(factorial(d)))
}

func factorial(n int) float64 {
	r := 1.0
	for i := 2; i <= n; i++ {
		r *= float64(i)
	}
	return r
}
