package sphere

import (
	"math"
	"slices"
)

// A leafCheck decides the claim of a leaf: on the cone and for |w| <= 1
//
//	g(w) = sum_j l_j T_j - sum_neg relu(sum_j l_j y_ij)  <=  radius
//	T_j  = decided_j + sum_pos relu(y_ij)                 (w = sum_j l_j v_j)
//
// g is concave, and at least sum_i s nu_i relu(x_i.w): rows with s nu_i > 0 are
// interpolated between the vertices. For theta in [0, 1] g lies below the linear
// function with U_j = T_j - sum_neg theta_i y_ij at vertex j, and for any c
//
//	sum_j l_j U_j <= c.w + max_j (U_j - c.v_j)+ sum_j l_j <= ||c|| + max_j (U_j - c.v_j)+ sqrt(r)
//
// because sum_j l_j = |w|_1. So any theta and c with a right side of at most
// radius are a proof. They are looked for by cutting planes: theta = 1[x_i.w > 0]
// at the w where the best combination of the earlier cuts is largest.
type leafCheck struct {
	r       int
	radius  float64   // a lower bound of n beta
	slack   []float64 // by the number of cuts: an upper bound of all rounding errors in sum_j l_j U_j
	nearest *nearestPoint
	top     []float64
	cuts    [][]float64
	weights []float64
	c, p, u []float64
	l       []float64
	flipped []int // rows whose theta was changed in a cut that was there before
}

const (
	// maxLeafCuts ends the search for a proof.
	maxLeafCuts = 48
	// nearlyProved is how far, relative to the radius, a bound may be off that roundings of c may explain.
	nearlyProved = 1e-6
)

func newLeafCheck(r int, radius float64, slack []float64) *leafCheck {
	k := &leafCheck{r: r, radius: radius, slack: slack, nearest: newNearestPoint(r), top: make([]float64, r),
		weights: make([]float64, maxLeafCuts), c: make([]float64, r), p: make([]float64, r), u: make([]float64, r), l: make([]float64, r)}
	for range maxLeafCuts {
		k.cuts = append(k.cuts, make([]float64, r))
	}
	return k
}

// check returns the least bound it could prove, which is enough if it is at most
// radius.
func (k *leafCheck) check(c *cone) float64 {
	k.setTop(c)
	k.nearest.reset()
	for j := range k.r {
		k.l[j] = 1
		k.nearest.add(c.inverse[j*k.r:(j+1)*k.r], false)
	}
	bound := math.Inf(1)
	k.flipped = k.flipped[:0]
	for n := 1; n <= maxLeafCuts; n++ {
		u := k.cuts[n-1]
		k.cut(c, u)
		if k.known(u, n-1) && !k.flip(c, u) {
			return bound
		}
		k.enter(c, u)
		if n == 1 && largest(k.cuts[0]) <= 0 {
			return k.slack[1] // U <= 0 at every vertex
		}
		if !k.nearest.solve(k.c, k.weights[:n]) {
			return bound
		}
		bound = min(bound, k.bound(c, n))
		if bound > k.radius && bound < k.radius*(1+nearlyProved) {
			bound = min(bound, k.along(c, k.u, k.slack[n]), k.along(c, u, k.slack[n]))
		}
		if bound <= k.radius || !k.move(c) {
			return bound
		}
	}
	return bound
}

func (k *leafCheck) setTop(c *cone) {
	copy(k.top, c.decided)
	for y := c.positive; len(y) >= k.r; y = y[k.r:] {
		for j, v := range y[:k.r] {
			k.top[j] += max(v, 0)
		}
	}
}

// cut sets u to U for theta = 1[x_i.w > 0] at l.
func (k *leafCheck) cut(c *cone, u []float64) {
	copy(u, k.top)
	for y := c.negative; len(y) >= k.r; y = y[k.r:] {
		if dotProduct(k.l, y) > 0 {
			addTo(u, -1, y[:k.r])
		}
	}
}

// known says that u is one of the first n cuts.
func (k *leafCheck) known(u []float64, n int) bool {
	return slices.ContainsFunc(k.cuts[:n], func(v []float64) bool { return slices.Equal(u, v) })
}

// enter adds u as a linear function of w, in units of radius, to the polyhedron.
func (k *leafCheck) enter(c *cone, u []float64) {
	clear(k.p)
	for j, v := range u {
		addTo(k.p, v/k.radius, c.inverse[j*k.r:(j+1)*k.r])
	}
	k.nearest.add(k.p, true)
}

// flip changes the theta of a cut that was there before at the row nearest to l that was not changed yet; false where there is
// none. Where the entries of the inverse are huge l is off by so much that it may lie on the wrong side of a row for ever, and
// no cut says what lies beyond.
func (k *leafCheck) flip(c *cone, u []float64) bool {
	nearest, least := -1, math.Inf(1)
	for i := 0; i*k.r < len(c.negative); i++ {
		y := c.negative[i*k.r : (i+1)*k.r]
		if off := math.Abs(dotProduct(k.l, y)) / largestSize(y); off < least && !slices.Contains(k.flipped, i) {
			nearest, least = i, off
		}
	}
	if nearest < 0 {
		return false
	}
	k.flipped = append(k.flipped, nearest)
	y := c.negative[nearest*k.r : (nearest+1)*k.r]
	if dotProduct(k.l, y) > 0 {
		addTo(u, 1, y)
	} else {
		addTo(u, -1, y)
	}
	return true
}

// bound is the right side for the combination of the first n cuts, whose theta
// is the same combination of theirs, and for c, which is in units of radius: its
// squares neither overflow nor vanish where those of numbers like radius would.
func (k *leafCheck) bound(c *cone, n int) float64 {
	clear(k.u)
	for i, u := range k.cuts[:n] {
		addTo(k.u, k.weights[i], u)
	}
	return k.right(c, k.u, k.slack[n])
}

// right is the right side for u and c, and for roundings of slack in u.
func (k *leafCheck) right(c *cone, values []float64, slack float64) float64 {
	excess := 0.0
	for j, u := range values {
		excess = max(excess, u-k.radius*dotProduct(k.c, c.vertex[j*k.r:(j+1)*k.r]))
	}
	norm := math.Sqrt(dotProduct(k.c, k.c)) + 0x1p-500 // for squares that underflow
	right := k.radius*norm + math.Sqrt(float64(k.r))*excess + slack
	return right * (1 + 0x1p-45) // at most 100 r^(3/2) roundings
}

// along is the least right side for u and multiples of c and of the vertices that leave no excess. In a cone so thin that c and
// the weights of the cuts, which come of the huge entries of its inverse, are not known to the last digits, each of them is as
// good, and so is one cut for another.
func (k *leafCheck) along(c *cone, values []float64, slack float64) float64 {
	bound, kept := math.Inf(1), slices.Clone(k.c)
	for j := -1; j < k.r && bound > k.radius; j++ {
		d := kept
		if j >= 0 {
			d = c.vertex[j*k.r : (j+1)*k.r]
		}
		size, inside := 0.0, true
		for i, u := range values {
			v := dotProduct(d, c.vertex[i*k.r:(i+1)*k.r])
			inside = inside && v > 0
			size = max(size, u/v)
		}
		if !inside {
			continue
		}
		for i, v := range d {
			k.c[i] = size / k.radius * v
		}
		bound = min(bound, k.right(c, values, slack))
	}
	copy(k.c, kept)
	return bound
}

// move sets l to the w of norm 1 along c; false if c is 0.
func (k *leafCheck) move(c *cone) bool {
	norm := math.Sqrt(dotProduct(k.c, k.c))
	if !(norm > 0) {
		return false
	}
	for j := range k.l {
		k.l[j] = max(0, dotProduct(c.inverse[j*k.r:(j+1)*k.r], k.c)/norm)
	}
	return true
}

// largestSize is max |v_j|.
func largestSize(v []float64) float64 {
	m := 0.0
	for _, x := range v {
		m = max(m, math.Abs(x))
	}
	return m
}

func largest(v []float64) float64 {
	m := math.Inf(-1)
	for _, x := range v {
		m = max(m, x)
	}
	return m
}
