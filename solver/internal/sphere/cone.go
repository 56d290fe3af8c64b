package sphere

import "math"

// cone is a node of the branch and bound: the simplicial cone {V'l : l >= 0} of
// r vertices, with what v'relu(Xw) needs to know of the rows on it, v = s nu.
// A row is kept as y_ij = |v_i| x_i.v_j for the r vertices v_j.
//
// All vertices lie in one orthant and on its flat simplex |v|_1 = 1. Bisection
// takes midpoints, so their coordinates are multiples of 2^-age and exact, and
// so is the inverse of V.
type cone struct {
	r    int
	v    []float64 // r x r: vertex j in row j
	q    []float64 // r x r: row j gives l_j = q_j.w
	age  []uint8   // r: bisections behind vertex j
	base []float64 // r: sum over the decided rows of their values at the vertices
	pos  []float64 // k x r: undecided rows with v_i > 0
	neg  []float64 // k x r: undecided rows with v_i < 0
}

// maxAge keeps coordinates within the 53 bits of a float64.
const maxAge = 50

func newCone(r int) *cone {
	return &cone{r: r, v: make([]float64, r*r), q: make([]float64, r*r), age: make([]uint8, r), base: make([]float64, r)}
}

// orthant sets c's vertices to s_k e_k, s_k = -1 where bit k of o is set.
func (c *cone) orthant(o int) {
	clear(c.v)
	clear(c.q)
	clear(c.age)
	for k := range c.r {
		s := 1.0
		if o>>k&1 == 1 {
			s = -1
		}
		c.v[k*c.r+k], c.q[k*c.r+k] = s, s
	}
}

// bisect sets c's vertices to those of p with vertex `drop` replaced by the
// midpoint m of the edge between `keep` and `drop`. Since
// l_a a + l_b b = (l_a - l_b) a + 2 l_b m, the rows of the inverse follow.
func (c *cone) bisect(p *cone, keep, drop int) {
	r := c.r
	copy(c.v, p.v)
	copy(c.q, p.q)
	copy(c.age, p.age)
	vk, vd := c.v[keep*r:keep*r+r], c.v[drop*r:drop*r+r]
	qk, qd := c.q[keep*r:keep*r+r], c.q[drop*r:drop*r+r]
	for k := range r {
		vd[k] = (vk[k] + vd[k]) / 2
		qk[k] -= qd[k]
		qd[k] *= 2
	}
	c.age[drop] = max(c.age[keep], c.age[drop]) + 1
}

// sortRows sets base, pos and neg from all rows: x is n x r, v = s nu.
func (c *cone) sortRows(x, nu []float64, s float64) {
	r := c.r
	clear(c.base)
	c.pos, c.neg = c.pos[:0], c.neg[:0]
	y := make([]float64, r)
	for i, v := range nu {
		if v == 0 {
			continue
		}
		row, weight := x[i*r:i*r+r], math.Abs(v)
		for j := range y {
			dot := 0.0
			for k, a := range c.v[j*r : j*r+r] {
				dot += row[k] * a
			}
			y[j] = weight * dot
		}
		if v*s > 0 {
			c.pos = keepUndecided(c.pos, y, c.base, 1)
		} else {
			c.neg = keepUndecided(c.neg, y, c.base, -1)
		}
	}
}

// keepUndecided appends y to rows if its entries have both signs; otherwise it
// adds s relu(y) to base.
func keepUndecided(rows, y, base []float64, s float64) []float64 {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, v := range y {
		lo, hi = min(lo, v), max(hi, v)
	}
	switch {
	case hi <= 0:
	case lo >= 0:
		for j, v := range y {
			base[j] += s * v
		}
	default:
		rows = append(rows, y...)
	}
	return rows
}

// split sets c to the child of p that replaces vertex drop (see bisect). Only
// the rows undecided in p are looked at.
func (c *cone) split(p *cone, keep, drop int) {
	c.bisect(p, keep, drop)
	copy(c.base, p.base)
	c.base[drop] = (p.base[keep] + p.base[drop]) / 2
	c.pos = splitRows(c.pos[:0], p.pos, c.base, keep, drop, 1)
	c.neg = splitRows(c.neg[:0], p.neg, c.base, keep, drop, -1)
}

func splitRows(dst, src, base []float64, keep, drop int, s float64) []float64 {
	r := len(base)
	for len(src) >= r {
		dst = append(dst, src[:r]...)
		y := dst[len(dst)-r:]
		y[drop] = (src[keep] + src[drop]) / 2
		src = src[r:]
		lo, hi := math.Inf(1), math.Inf(-1)
		for _, v := range y {
			lo, hi = min(lo, v), max(hi, v)
		}
		if lo < 0 && hi > 0 {
			continue
		}
		if hi > 0 {
			for j, v := range y {
				base[j] += s * v
			}
		}
		dst = dst[:len(dst)-r]
	}
	return dst
}

// branch chooses the edge to bisect given the weights l at which the bound is
// attained: the one whose ends disagree most about the rows with v_i > 0, whose
// interpolation is what makes the bound loose there,
//
//	sum_i min(l_a |y_ia|, l_b |y_ib|)   over the rows with y_ia y_ib < 0,
//
// or the longest where none do. ok is false if the vertices are as fine as
// float64 allows.
func (c *cone) branch(l, score []float64) (a, b int, ok bool) {
	r := c.r
	clear(score)
	for rows := c.pos; len(rows) >= r; rows = rows[r:] {
		for b := 1; b < r; b++ {
			yb := rows[b]
			e := score[b*(b-1)/2 : b*(b-1)/2+b]
			for a, ya := range rows[:b] {
				if ya*yb < 0 {
					e[a] += min(l[a]*math.Abs(ya), l[b]*math.Abs(yb))
				}
			}
		}
	}
	longest, best := 0.0, 0.0
	la, lb := 0, 0
	for j := 1; j < r; j++ {
		for i := range j {
			if c.age[i] >= maxAge || c.age[j] >= maxAge || c.fine(i) || c.fine(j) {
				continue
			}
			if d := c.length(i, j); d > longest {
				longest, la, lb = d, i, j
			}
			if s := score[j*(j-1)/2+i]; s > best {
				best, a, b = s, i, j
			}
		}
	}
	if best == 0 || c.length(a, b) < longest/64 {
		a, b = la, lb
	}
	return a, b, longest > 0
}

// fine says that the cone is so thin at vertex j that float64 loses too many
// digits of the linear functions on it.
func (c *cone) fine(j int) bool {
	for _, v := range c.q[j*c.r : j*c.r+c.r] {
		if math.Abs(v) > 0x1p32 {
			return true
		}
	}
	return false
}

// length is 1 - cos of the angle between two vertices, up to a factor.
func (c *cone) length(a, b int) float64 {
	r := c.r
	ab, aa, bb := 0.0, 0.0, 0.0
	va, vb := c.v[a*r:a*r+r], c.v[b*r:b*r+r]
	for k, x := range va {
		d := x - vb[k]
		ab += d * d
		aa += x * x
		bb += vb[k] * vb[k]
	}
	return ab / math.Sqrt(aa*bb)
}
