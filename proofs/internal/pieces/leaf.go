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
func (c *checker) leaf(given []float64, at *region, part []sums) (float64, error) {
	v := values{left: given}
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
				total += c.excess(k, alpha, beta, at, &part[k])
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

// excess bounds the largest phi - alpha v_a - beta v_b of group k over the leaf's
// part of the ball, or 0 if that is negative. Between the rays of two neighbouring
// rows phi is linear.
func (c *checker) excess(k int, alpha, beta float64, at *region, s *sums) float64 {
	g := &c.e.Groups[k]
	f := form{p: c.plane[k], na: c.norm[g.A], nb: c.norm[g.B], alpha: alpha, beta: beta}
	n := len(g.Rows)
	sa, sb := at.sign[g.A], at.sign[g.B]
	low, high := 0, n
	if at.crosses(g) {
		low, high = at.l[k], at.u[k]
	}
	top := 0.0
	if sa >= 0 && sb >= 0 {
		top = max(top, f.sector(s.c0[n], s.c1[n], 1, 0, 1, 1))
	}
	if sa <= 0 && sb <= 0 {
		top = max(top, f.sector(0, 0, -1, 0, -1, 1))
	}
	for j := low; j <= high; j++ {
		before, after := 0.0, 1.0 // theta of the rows around the change of sign
		if j > 0 {
			before = g.Theta[j-1]
		}
		if j < n {
			after = g.Theta[j]
		}
		if sa >= 0 && sb <= 0 { // the first j rows are active
			top = max(top, f.sector(s.c0[j], s.c1[j], 1, before, -1, after))
		}
		if sa <= 0 && sb >= 0 { // the others
			f.extra0, f.extra1 = s.c0[j], s.c1[j]
			top = max(top, f.sector(s.c0[n], s.c1[n], -1, before, 1, after))
			f.extra0, f.extra1 = 0, 0
		}
	}
	return top
}

// form is phi - alpha v_a - beta v_b of a group.
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
// the vector 0.
func (f *form) sector(c0, c1, s, t, r, q float64) float64 {
	d0, d1 := c0-f.extra0, c1-f.extra1
	ga, gb := d0-d1-f.alpha, d1-f.beta
	sums := math.Abs(c0) + math.Abs(f.extra0) + math.Abs(c1) + math.Abs(f.extra1)
	base := (sums+math.Abs(f.alpha))*f.na + (sums+math.Abs(f.beta))*f.nb
	at := func(e1, e2 float64) float64 {
		x := ga + e1*s*(1-t) + e2*r*(1-q)
		y := gb + e1*s*t + e2*r*q
		size := base + e1*((1-t)*f.na+t*f.nb) + e2*((1-q)*f.na+q*f.nb)
		return math.Hypot(x*f.p.a1+y*f.p.b1, y*f.p.b2) + f.p.err*size
	}
	best := at(0, 0)
	g1, g2 := ga*f.p.a1+gb*f.p.b1, gb*f.p.b2
	y1, y2 := s*((1-t)*f.p.a1+t*f.p.b1), s*t*f.p.b2
	z1, z2 := r*((1-q)*f.p.a1+q*f.p.b1), r*q*f.p.b2
	try := func(e1, e2 float64) {
		if e1 >= 0 && e2 >= 0 && e1+e2 <= math.MaxFloat64 {
			best = min(best, at(e1, e2))
		}
	}
	try(-(g1*y1+g2*y2)/(y1*y1+y2*y2), 0)
	try(0, -(g1*z1+g2*z2)/(z1*z1+z2*z2))
	det := y1*z2 - y2*z1
	try((g2*z1-g1*z2)/det, (g1*y2-g2*y1)/det)
	return best
}
