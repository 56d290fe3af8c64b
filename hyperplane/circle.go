package hyperplane

import (
	"math"
	"math/big"
	"slices"
)

// circle is a family of rank 2 sorted by angle. With each normal turned into the upper half plane (up) and sorted,
// b_0 .. b_(m-1), a vector g that turns through a half circle starts with b_k·g > 0 for all k and loses b_0, b_1, ...
// one after the other: cell k has b_j·g < 0 for j < k and > 0 for j >= k. The cells are these m and their opposites.
type circle struct {
	f     *family
	order []int  // m rows by angle
	up    []int8 // total: the sign that turns row i into the half plane y > 0 or y = 0, x > 0
}

func newCircle(f *family) *circle {
	c := &circle{f: f, order: make([]int, f.m), up: make([]int8, f.total())}
	c.sort()
	return c
}

// sort orders the rows by angle.
func (c *circle) sort() {
	for i := range c.up {
		c.up[i] = c.upward(i)
	}
	for i := range c.order {
		c.order[i] = i
	}
	c.sortOrder()
}

func (c *circle) sortOrder() {
	slices.SortFunc(c.order, func(i, j int) int { return -c.cross(i, j) * int(c.up[i]) * int(c.up[j]) })
}

func (c *circle) upward(i int) int8 {
	if s := c.coordinateSign(i, 1); s != 0 {
		return s
	}
	return c.coordinateSign(i, 0)
}

func (c *circle) coordinateSign(i, k int) int8 {
	if v := c.f.val[2*i+k]; math.Abs(v) > c.f.err[i] {
		return int8(floatSign(v))
	}
	return int8(c.f.exact(i)[k].Sign())
}

// cross returns the sign of a_i x a_j.
func (c *circle) cross(i, j int) int {
	a, b := c.f.val[2*i:2*i+2], c.f.val[2*j:2*j+2]
	ea, eb := c.f.err[i], c.f.err[j]
	if ea == 0 && eb == 0 {
		return det2Sign(a[0], a[1], b[0], b[1])
	}
	p, q := a[0]*b[1], a[1]*b[0]
	bound := 4*unitRoundoff*(math.Abs(p)+math.Abs(q)) +
		2.1*(ea*(math.Abs(b[0])+math.Abs(b[1])+eb)+eb*(math.Abs(a[0])+math.Abs(a[1]))) + tiny
	if d := p - q; math.Abs(d) > bound {
		return floatSign(d)
	}
	u, v := c.f.exact(i), c.f.exact(j)
	var s, t big.Int
	s.Mul(&u[0], &v[1])
	t.Mul(&u[1], &v[0])
	return s.Cmp(&t)
}

// cells emits the signs of every cell: rows of the family, then the passive rows at a boundary ray of the cell.
func (c *circle) cells(emit func(sign []int8) bool) bool {
	sign := make([]int8, c.f.total())
	for _, half := range []int8{1, -1} {
		for _, i := range c.order {
			sign[i] = half * c.up[i]
		}
		for _, i := range c.order {
			for p := c.f.m; p < len(sign); p++ { // the ray is b_i turned by a quarter
				sign[p] = half * c.up[i] * int8(c.cross(i, p))
			}
			if !emit(sign) {
				return false
			}
			sign[i] = -sign[i]
		}
	}
	return true
}
