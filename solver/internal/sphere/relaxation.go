package sphere

import (
	"math"

	"multigrade/solver/internal/operator"
)

// relaxation bounds v'relu(Xw) over a cone and the unit ball. On w = V'l a row
// with v_i > 0 is convex, so at most its interpolation sum_j l_j relu(y_ij); a
// row with v_i < 0 is concave and stays. The bound is the maximum of a concave
// function,
//
//	g(w) = sum_j l_j (base_j + sum_pos relu(y_ij)) - sum_neg relu(sum_j l_j y_ij),
//
// and by -relu(t) <= -theta t, theta in [0, 1], the minimum over theta of the
// largest value of a linear function U(theta)'l on cone and ball. That value is
// the least |c| with c.v_j >= U_j for all j. So the theta are found by cutting
// planes: U(theta) at theta = 1[x_i.w > 0] for the maximiser w of the cuts so
// far, and the best convex combination of cuts by a least-distance problem.
type relaxation struct {
	r      int
	slack  float64 // covers all rounding errors of U'l with |V'l| <= 1
	near   *nearest
	top    []float64 // base_j + sum_pos relu(y_ij)
	cut    []float64 // cut k is cut[k*r : (k+1)*r]
	weight []float64
	p, c   []float64
	mix    []float64
	score  []float64

	l       []float64 // the weights where the relaxation's best point lies
	bound   float64   // proved
	value   float64   // g at l, for |w| = 1: the relaxation proves no less
	reached float64   // v'relu(Xw) there

	operations int // since they were last asked for
}

// What a node counts for, in operations: rowWork for a value of an undecided row at a vertex, and
// nodeWork for an entry of the vertices.
const (
	rowWork  = 4
	nodeWork = 400
)

// maxCuts is how many cuts a cone gets before it is bisected.
const maxCuts = 12

func newRelaxation(r int, slack float64) *relaxation {
	vec := func(n int) []float64 { return make([]float64, n) }
	return &relaxation{r: r, slack: slack, near: newNearest(r), top: vec(r), cut: vec(maxCuts * r), weight: vec(maxCuts),
		p: vec(r), c: vec(r), mix: vec(r), l: vec(r), score: vec(r * (r - 1) / 2)}
}

// evaluate sets bound for the cone, at most the one given, and tightens it
// until it is at most enough, or shown not to become so, or cuts run out. With
// polish it goes on in the second case, to within 2 % of what there is to gain.
func (x *relaxation) evaluate(c *cone, given, enough float64, polish bool) {
	x.bound, x.value, x.reached = given, math.Inf(-1), 0
	x.interpolate(c)
	for j := range x.l {
		x.l[j] = 1
	}
	x.near.reset()
	for j := range x.r {
		x.near.add(c.q[j*x.r:j*x.r+x.r], false)
	}
	for k := 0; k < maxCuts; k++ {
		if x.addCut(c, k); k == 0 && x.small() {
			return
		}
		if !x.near.solve(x.c, x.weight[:k+1]) {
			return
		}
		x.bound = min(x.bound, x.prove(c, k+1))
		if x.bound <= enough || !x.locate(c) {
			return
		}
		if v := x.test(c); v > enough && !(polish && x.bound > 1.02*v) {
			return
		}
	}
}

// interpolate sets top.
func (x *relaxation) interpolate(c *cone) {
	x.operations += nodeWork*x.r*x.r + rowWork*(len(c.pos)+len(c.neg))
	copy(x.top, c.base)
	r := x.r
	for rows := c.pos; len(rows) >= r; rows = rows[r:] {
		for j, v := range rows[:r] {
			if v > 0 {
				x.top[j] += v
			}
		}
	}
}

// addCut sets cut k to U(theta) for theta = 1[x_i.w > 0] at w = V'l.
func (x *relaxation) addCut(c *cone, k int) {
	x.operations += rowWork * len(c.neg)
	r := x.r
	u := x.cut[k*r : k*r+r]
	copy(u, x.top)
	l := x.l[:r]
	for rows := c.neg; len(rows) >= r; rows = rows[r:] {
		y := rows[:r]
		s := 0.0
		for j, v := range y {
			s += l[j] * v
		}
		if s > 0 {
			for j, v := range y {
				u[j] -= v
			}
		}
	}
	clear(x.p)
	for j, v := range u {
		for e, q := range c.q[j*r : j*r+r] {
			x.p[e] += v * q
		}
	}
	x.near.add(x.p, true)
}

// small handles a first cut with no positive value at any vertex: then the
// function is at most 0 on the cone, and the nearest point is the origin.
func (x *relaxation) small() bool {
	largest := math.Inf(-1)
	for _, v := range x.cut[:x.r] {
		largest = max(largest, v)
	}
	if largest > 0 {
		return false
	}
	x.bound = min(x.bound, x.slack)
	return true
}

// prove bounds U'l over cone and ball, U the combination of the first k cuts:
// U'l <= c.w + max_j (U_j - c.v_j)+ sum_j l_j, and sum_j l_j = |w|_1 <= sqrt(r).
func (x *relaxation) prove(c *cone, k int) float64 {
	r := x.r
	clear(x.mix)
	for i := range k {
		for j, v := range x.cut[i*r : i*r+r] {
			x.mix[j] += x.weight[i] * v
		}
	}
	excess := 0.0
	for j, u := range x.mix {
		excess = max(excess, u-dotSmall(x.c, c.v[j*r:j*r+r]))
	}
	norm := math.Sqrt(dotSmall(x.c, x.c))
	return (norm + math.Sqrt(float64(r))*excess + x.slack) * (1 + 4*operator.Roundoff(r))
}

// locate sets l to the weights of w = c/|c|; false if c is zero.
func (x *relaxation) locate(c *cone) bool {
	r := x.r
	norm := math.Sqrt(dotSmall(x.c, x.c))
	if norm == 0 {
		return false
	}
	for j := range x.l {
		x.l[j] = max(0, dotSmall(c.q[j*r:j*r+r], x.c)/norm)
	}
	return true
}

// test evaluates g and v'relu(Xw) at l, for |w| = 1, and returns g.
func (x *relaxation) test(c *cone) float64 {
	x.operations += rowWork * (len(c.pos) + len(c.neg))
	r := x.r
	l := x.l[:r]
	below := 0.0
	for rows := c.neg; len(rows) >= r; rows = rows[r:] {
		s := 0.0
		for j, v := range rows[:r] {
			s += l[j] * v
		}
		if s > 0 {
			below += s
		}
	}
	norm := 0.0
	for k := range r {
		w := 0.0
		for j, v := range l {
			w += v * c.v[j*r+k]
		}
		norm += w * w
	}
	norm = math.Sqrt(norm)
	x.value = (dotSmall(x.top, l) - below) / norm
	if x.value > x.reached {
		x.reached = (x.exactly(c) - below) / norm
	}
	return x.value
}

// exactly is the part of the rows with v_i > 0 at l.
func (x *relaxation) exactly(c *cone) float64 {
	r := x.r
	sum := dotSmall(c.base, x.l)
	for rows := c.pos; len(rows) >= r; rows = rows[r:] {
		s := 0.0
		for j, v := range rows[:r] {
			s += x.l[j] * v
		}
		if s > 0 {
			sum += s
		}
	}
	return sum
}
