package pieces

import (
	"fmt"
	"math"
)

// values hands out a leaf's multipliers in order.
type values struct {
	left []float64
	err  error
}

func (v *values) next(what string, nonnegative bool) float64 {
	if len(v.left) == 0 {
		if v.err == nil {
			v.err = fmt.Errorf("a number is missing: %s", what)
		}
		return 0
	}
	x := v.left[0]
	v.left = v.left[1:]
	if v.err == nil && (math.IsNaN(x) || math.IsInf(x, 0) || nonnegative && x < 0) {
		v.err = fmt.Errorf("%s is %v", what, x)
	}
	return x
}

// leaf returns an upper bound of s nu'relu(Xw) on the leaf's part of the ball:
//
//	|sum_k coef_k knot_k| + sum over groups of the largest excess of phi + off.
func (c *checker) leaf(n *Node, at *region, part []sums) (float64, error) {
	v := values{left: n.Values}
	shift := make([]float64, len(c.e.Knots))
	if n.Kind == Shifted {
		for k := range shift {
			if at.sign[k] == 0 && c.first[k] >= 0 {
				shift[k] = v.next("a shift", false)
			}
		}
	}
	coef, size := make([]float64, len(c.e.Knots)), make([]float64, len(c.e.Knots))
	add := func(k int, x float64) {
		coef[k] += x
		size[k] += math.Abs(x)
	}
	total := 0.0
	for k := range c.e.Groups {
		g := &c.e.Groups[k]
		var alpha, beta float64
		if at.decided(g) {
			if at.sign[g.A] > 0 {
				n := len(g.Rows)
				c0, c1 := part[k].c0[n], part[k].c1[n]
				alpha, beta = c0-c1, c1
				size[g.A] += math.Abs(c0) + math.Abs(c1)
			}
		} else {
			alpha, beta = v.next("alpha", false), v.next("beta", false)
			if v.err == nil {
				total += c.excess(k, alpha, beta, c.given(k, g.A, shift), c.given(k, g.B, shift), at, &part[k])
			}
		}
		add(g.A, alpha)
		add(g.B, beta)
	}
	for k, s := range at.sign {
		if s != 0 {
			add(k, float64(s)*v.next("a knot's multiplier", true))
		}
	}
	for k := range c.e.Groups {
		g := &c.e.Groups[k]
		if !at.crosses(g) {
			continue
		}
		if l := at.l[k]; l > 0 {
			mu, t := v.next("a multiplier before a crossing", true), g.Theta[l-1]
			mu *= float64(at.sign[g.A])
			add(g.A, mu*(1-t))
			add(g.B, mu*t)
		}
		if r := at.u[k]; r < len(g.Rows) {
			mu, t := v.next("a multiplier after a crossing", true), g.Theta[r]
			mu *= float64(at.sign[g.B])
			add(g.A, mu*(1-t))
			add(g.B, mu*t)
		}
	}
	if v.err == nil && len(v.left) > 0 {
		v.err = fmt.Errorf("%d numbers too many", len(v.left))
	}
	if v.err != nil {
		return 0, v.err
	}
	// Every coefficient is a sum of at most 4 groups + 2 terms in float64, and so
	// is every entry of the vector of as many products as there are knots.
	sum := make([]float64, c.p.Cols)
	rounding := 0.0
	for k, x := range coef {
		for j, y := range c.e.Knots[k] {
			sum[j] += x * y
		}
		rounding += size[k] * c.norm[k]
	}
	terms := float64(4*len(c.e.Groups) + len(c.e.Knots) + 16)
	total += length(sum) + terms*u*rounding + c.off
	return total * (1 + terms*u), nil
}

// given is what a shift at a knot gives to group k: x relu(v) to the first of the two that
// share it, -x relu(v) to the other.
func (c *checker) given(k, knot int, shift []float64) float64 {
	if c.first[knot] == k {
		return shift[knot]
	}
	return -shift[knot]
}

// excess bounds the largest phi + x relu(v_a) + y relu(v_b) - alpha v_a - beta v_b of group k
// over the leaf's part of the ball, or 0 if that is negative; x is 0 where the sign of v_a is
// known, y where that of v_b is. Between the rays of two neighbouring rows and of the knots
// phi is linear.
func (c *checker) excess(k int, alpha, beta, x, y float64, at *region, s *sums) float64 {
	g := &c.e.Groups[k]
	f := form{p: c.plane[k], na: c.norm[g.A], nb: c.norm[g.B]}
	less := func(x, y float64) { f.alpha, f.beta = alpha-x, beta-y }
	n := len(g.Rows)
	sa, sb := at.sign[g.A], at.sign[g.B]
	low, high := 0, n
	if at.crosses(g) {
		low, high = at.l[k], at.u[k]
	}
	top := 0.0
	if sa >= 0 && sb >= 0 {
		less(x, y)
		top = max(top, f.sector(s.c0[n], s.c1[n], 1, 0, 1, 1))
	}
	if sa <= 0 && sb <= 0 {
		less(0, 0)
		top = max(top, f.sector(0, 0, -1, 0, -1, 1))
	}
	first, last := 0.0, 1.0 // theta of the rows around the region
	if low > 0 {
		first = g.Theta[low-1]
	}
	if high < n {
		last = g.Theta[high]
	}
	for j := low; j <= high; j++ {
		before, after := first, last // of those around a change of sign
		if j > low {
			before = g.Theta[j-1]
		}
		if j < high {
			after = g.Theta[j]
		}
		if before == after && first < last {
			continue // the sectors beside it have this ray
		}
		if sa >= 0 && sb <= 0 { // the first j rows are active
			less(x, 0)
			top = max(top, f.sector(s.c0[j], s.c1[j], 1, before, -1, after))
		}
		if sa <= 0 && sb >= 0 { // the others
			less(0, y)
			f.extra0, f.extra1 = s.c0[j], s.c1[j]
			top = max(top, f.sector(s.c0[n], s.c1[n], -1, before, 1, after))
			f.extra0, f.extra1 = 0, 0
		}
	}
	return top
}

// form is phi - alpha v_a - beta v_b of a group, alpha and beta less what shifts give.
type form struct {
	p              plane
	na, nb         float64 // norms of the knots, from above
	alpha, beta    float64
	extra0, extra1 float64 // what to take from the sums
}

// sector bounds, for |w| <= 1 with s y(t).w >= 0 and r y(q).w >= 0, y(t) = (1-t) a +
// t b, the value of
//
//	((c0 - extra0) - (c1 - extra1) - alpha) a.w + ((c1 - extra1) - beta) b.w.
//
// With g the vector in the place of w's factor it is at most |g + e1 s y(t) + e2 r
// y(q)| for any e1, e2 >= 0; the best of them is 0, one of two projections, or makes
// the vector 0. For a narrow sector, r = -s, the rays at its sides are better: where
// they are unit vectors at an angle of 2 h, a w between them with |w| <= 1 is a sum of
// their multiples whose factors add up to at most 1/cos h. If t = q, one ray is all.
func (f *form) sector(c0, c1, s, t, r, q float64) float64 {
	d0, d1 := c0-f.extra0, c1-f.extra1
	ga, gb := d0-d1-f.alpha, d1-f.beta
	sums := math.Abs(c0) + math.Abs(f.extra0) + math.Abs(c1) + math.Abs(f.extra1)
	base := (sums+math.Abs(f.alpha))*f.na + (sums+math.Abs(f.beta))*f.nb
	best := math.Inf(1)
	// add bounds the value by |g + e1 y(p1) + e2 y(p2)|
	add := func(e1, p1, e2, p2 float64) {
		if !(math.Abs(e1)+math.Abs(e2) <= math.MaxFloat64) {
			return
		}
		x, y := ga+e1*(1-p1)+e2*(1-p2), gb+e1*p1+e2*p2
		size := base + math.Abs(e1)*((1-p1)*f.na+p1*f.nb) + math.Abs(e2)*((1-p2)*f.na+p2*f.nb)
		best = min(best, math.Hypot(x*f.p.a1+y*f.p.b1, y*f.p.b2)+f.p.err*size)
	}
	g := f.vector(ga, gb)
	y, z := f.vector(1-t, t), f.vector(1-q, q)
	add(0, t, 0, q)
	e1, e2 := -g.dot(y)/y.dot(y), -g.dot(z)/z.dot(z)
	if s*e1 >= 0 {
		add(e1, t, 0, q)
	}
	if r*e2 >= 0 {
		add(0, t, e2, q)
	}
	det := y.cross(z)
	e1, e2 = -g.cross(z)/det, -y.cross(g)/det
	if s*e1 >= 0 && r*e2 >= 0 {
		add(e1, t, e2, q)
	}
	if r == -s {
		best = min(best, f.narrow(g, y, z, s, base))
	}
	return best
}

// narrow bounds g.w between the rays across y and z, on which s a.w >= 0 >= s b.w.
func (f *form) narrow(g, y, z vector2, s, base float64) float64 {
	first, one := f.ray(y, s)
	second, two := f.ray(z, s)
	cosine := first.dot(second)
	if !(one && two && cosine > 0.5) {
		return math.Inf(1)
	}
	size := (f.na + f.nb) / min(math.Sqrt(y.dot(y)), math.Sqrt(z.dot(z)))
	top := max(0, g.dot(first), g.dot(second)) + 4*f.p.err*base*(1+size)
	return top / math.Sqrt((1+cosine)/2) * (1 + 16*u)
}

// ray is the unit vector across y for which s (a - b).ray > 0, if that is clear.
func (f *form) ray(y vector2, s float64) (vector2, bool) {
	n := math.Sqrt(y.dot(y))
	v := vector2{-y.y / n, y.x / n}
	side := s * f.vector(1, -1).dot(v)
	if side < 0 {
		v, side = vector2{-v.x, -v.y}, -side
	}
	return v, side > 1e-9*(f.na+f.nb)
}

// vector2 is a vector of a group's plane in its orthonormal basis.
type vector2 struct{ x, y float64 }

func (f *form) vector(a, b float64) vector2 { return vector2{a*f.p.a1 + b*f.p.b1, b * f.p.b2} }

func (u vector2) dot(v vector2) float64 { return u.x*v.x + u.y*v.y }

func (u vector2) cross(v vector2) float64 { return u.x*v.y - u.y*v.x }
