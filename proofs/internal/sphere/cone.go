package sphere

import "math"

// A cone is {sum_j l_j v_j : l >= 0} for r vertices of one orthant with
// |v_j|_1 = 1, and what sum_i s nu_i relu(x_i.w) needs to know of the rows on
// it: y_ij = |nu_i| x_i.v_j. Vertices are midpoints of midpoints, so they and the
// inverse of their matrix are exact as long as age <= maxAge.
type cone struct {
	r        int
	vertex   []float64 // r x r, by rows
	inverse  []float64 // r x r: row j gives l_j from w
	age      []int     // bisections behind each vertex
	decided  []float64 // r: the rows whose sign is known on the cone, summed
	positive []float64 // k x r: y of the others with s nu_i > 0
	negative []float64 // k x r: y of the others with s nu_i < 0
}

// maxAge leaves the coordinates, multiples of 2^-age up to 1, their 53 bits.
const maxAge = 50

func newTreeCone(r int) *cone {
	return &cone{r: r, vertex: make([]float64, r*r), inverse: make([]float64, r*r), age: make([]int, r), decided: make([]float64, r)}
}

// copyShape copies the vertices, not the rows.
func (c *cone) copyShape(from *cone) {
	copy(c.vertex, from.vertex)
	copy(c.inverse, from.inverse)
	copy(c.age, from.age)
}

// orthant sets the vertices to e_k, or -e_k where bit k of number is 1.
func (c *cone) orthant(number int) {
	clear(c.vertex)
	clear(c.inverse)
	clear(c.age)
	for k := range c.r {
		s := 1.0
		if number>>k&1 == 1 {
			s = -1
		}
		c.vertex[k*c.r+k], c.inverse[k*c.r+k] = s, s
	}
}

// bisect moves vertex drop to the midpoint m of its edge with vertex keep:
// l_a a + l_b b = (l_a - l_b) a + 2 l_b m.
func (c *cone) bisect(keep, drop int) {
	r := c.r
	for k := range r {
		c.vertex[drop*r+k] = (c.vertex[keep*r+k] + c.vertex[drop*r+k]) / 2
		c.inverse[keep*r+k] -= c.inverse[drop*r+k]
		c.inverse[drop*r+k] *= 2
	}
	c.age[drop] = max(c.age[keep], c.age[drop]) + 1
}

// sortAll sorts all rows of x (n x r) for the weights s nu.
func (c *cone) sortAll(x, nu []float64, s float64) {
	r := c.r
	clear(c.decided)
	c.positive, c.negative = c.positive[:0], c.negative[:0]
	y := make([]float64, r)
	for i, v := range nu {
		if v == 0 {
			continue
		}
		for j := range y {
			y[j] = math.Abs(v) * dotProduct(c.vertex[j*r:(j+1)*r], x[i*r:(i+1)*r])
		}
		if s*v > 0 {
			c.positive = c.sort(c.positive, y, 1)
		} else {
			c.negative = c.sort(c.negative, y, -1)
		}
	}
}

// sort appends y to rows if it has entries of both signs; otherwise it adds the
// row's part, sign * y or 0, to decided.
func (c *cone) sort(rows, y []float64, sign float64) []float64 {
	lowest, highest := math.Inf(1), math.Inf(-1)
	for _, v := range y {
		lowest, highest = min(lowest, v), max(highest, v)
	}
	switch {
	case highest <= 0:
	case lowest >= 0:
		addTo(c.decided, sign, y)
	default:
		rows = append(rows, y...)
	}
	return rows
}

// child makes c the child of p that bisect(keep, drop) gives.
func (c *cone) child(p *cone, keep, drop int) {
	c.copyShape(p)
	c.bisect(keep, drop)
	copy(c.decided, p.decided)
	c.decided[drop] = (p.decided[keep] + p.decided[drop]) / 2
	c.positive = c.sortAgain(c.positive[:0], p.positive, keep, drop, 1)
	c.negative = c.sortAgain(c.negative[:0], p.negative, keep, drop, -1)
}

func (c *cone) sortAgain(rows, from []float64, keep, drop int, sign float64) []float64 {
	var room [MaxTreeRank]float64
	y := room[:c.r]
	for ; len(from) >= c.r; from = from[c.r:] {
		copy(y, from)
		y[drop] = (from[keep] + from[drop]) / 2
		rows = c.sort(rows, y, sign)
	}
	return rows
}
