package circles

import (
	"math"
	"slices"

	"multigrade/solver/internal/operator"
)

// terms are f in terms of planes: f(w) = linear.w + sum over planes of weight relu(x.w), and f(-w) = f(w) - odd.w.
type terms struct {
	weight      []float64 // m
	linear, odd [3]float64
	slack       float64 // rounding errors of f and of the length of a gradient, anywhere in a walk
}

// tied planes are so near that of the circle, relative to their norms, that nothing on it tells them apart.
const tied = 1e-14

// termsOf gathers the rows of every plane: relu(-t) is relu(t) - t.
func (c *Circles) termsOf(nu []float64) *terms {
	t := &terms{weight: make([]float64, c.m)}
	size := 0.0
	for i, h := range c.plane {
		if h < 0 {
			continue
		}
		v := c.factor[i] * nu[i]
		size += math.Abs(v) * c.norm[h]
		for k := range 3 {
			x := c.x[3*int(h)+k]
			t.odd[k] += v * x
			if c.factor[i] < 0 {
				t.linear[k] += v * x
			}
		}
		t.weight[h] += math.Abs(c.factor[i]) * nu[i]
	}
	t.slack = 4 * (operator.Roundoff(4*c.n+64) + tied) * size
	return t
}

// mostLocal is the number of local maxima kept of a circle, the largest.
const mostLocal = 8

// peak is a point of the sphere and the value of |f| there, as the walk has it.
type peak struct {
	value float64
	w     [3]float64
}

// walk is along one circle.
type walk struct {
	c         *Circles
	crossings []crossing
	q         []float64     // m x 3: the planes' rows in the axes of the circle
	up        []bool        // m: x_j.w > 0 on the arc
	side      [2][3]float64 // what the planes tied to the circle and that itself add on either side
	i         int           // the circle, -1 in rank 2
	t         *terms
	linear    [3]float64 // in the axes
	odd       [3]float64
	above     float64 // local maxima are of interest above
	top       peak    // the largest value met
	local     []peak
}

func newWalk(c *Circles) *walk {
	return &walk{c: c, q: make([]float64, 3*c.m), up: make([]bool, c.m)}
}

// turn goes into the axes of circle i.
func (w *walk) turn(i int) {
	w.i = i
	if w.c.r == 2 {
		w.i = -1
		copy(w.q, w.c.x)
		return
	}
	a := w.c.axes[9*i : 9*i+9]
	for j := range w.c.m {
		x, q := w.c.x[3*j:3*j+3], w.q[3*j:3*j+3]
		for k := range 3 {
			q[k] = a[3*k]*x[0] + a[3*k+1]*x[1] + a[3*k+2]*x[2]
		}
	}
	w.q[3*i], w.q[3*i+1], w.q[3*i+2] = 0, 0, w.c.norm[i]
}

// turned is v in the axes.
func (w *walk) turned(v [3]float64) (out [3]float64) {
	a := w.axes()
	for k := range 3 {
		out[k] = a[3*k]*v[0] + a[3*k+1]*v[1] + a[3*k+2]*v[2]
	}
	return out
}

func (w *walk) axes() []float64 {
	if w.i < 0 {
		return w.c.axes
	}
	return w.c.axes[9*w.i : 9*w.i+9]
}

// back is the unit vector along v of the axes.
func (w *walk) back(v [3]float64) (out [3]float64) {
	a := w.axes()
	size := 0.0
	for k := range 3 {
		out[k] = a[k]*v[0] + a[3+k]*v[1] + a[6+k]*v[2]
		size += out[k] * out[k]
	}
	size = math.Sqrt(size)
	for k := range 3 {
		out[k] /= size
	}
	return out
}

// around walks along circle i half around; what is on the other half are the opposites.
func (w *walk) around(i int, t *terms, above float64) {
	w.turn(i)
	w.t, w.above, w.top, w.local = t, above, peak{}, w.local[:0]
	w.linear, w.odd = w.turned(t.linear), w.turned(t.odd)
	w.side = [2][3]float64{}
	g := w.linear
	for j, v := range t.weight {
		q := w.q[3*j : 3*j+3]
		to := &g
		if w.up[j] = q[0] > 0 || q[0] == 0 && q[1] > 0; w.ties(j) {
			to = &w.side[0]
			if w.up[j] = false; q[2] > 0 {
				to = &w.side[1]
			}
		} else if !w.up[j] {
			continue
		}
		to[0] += v * q[0]
		to[1] += v * q[1]
		to[2] += v * q[2]
	}
	order := w.c.orderOf(i)
	from := [2]float64{1, 0}
	w.vertex(g, from, -1)
	for k, next := range order {
		j := int(next)
		if w.ties(j) {
			continue
		}
		q := w.q[3*j : 3*j+3]
		to := [2]float64{-q[1], q[0]}
		if q[0] < 0 || q[0] == 0 && q[1] < 0 {
			to = [2]float64{q[1], -q[0]}
		}
		w.arc(g, from, to, order, k)
		w.vertex(g, to, j)
		v := t.weight[j]
		if w.up[j] {
			v = -v
		}
		w.up[j] = !w.up[j]
		g[0] += v * q[0]
		g[1] += v * q[1]
		g[2] += v * q[2]
		from = to
	}
	w.arc(g, from, [2]float64{-1, 0}, order, len(order))
}

// ties says that plane j is the circle's, or as good as that.
func (w *walk) ties(j int) bool {
	q, norm := w.q[3*j:3*j+3], tied*w.c.norm[j]
	return w.i >= 0 && q[0]*q[0]+q[1]*q[1] <= norm*norm
}

// vertex looks at the crossing with plane j (-1: none is crossed) in direction v, not of length 1; g is the
// gradient of f before it.
func (w *walk) vertex(g [3]float64, v [2]float64, j int) {
	size := v[0]*v[0] + v[1]*v[1]
	for half := range 2 {
		if half == 1 {
			g[0], g[1], g[2] = g[0]-w.odd[0], g[1]-w.odd[1], g[2]-w.odd[2]
		}
		value := g[0]*v[0] + g[1]*v[1]
		if value*value > w.top.value*w.top.value*size {
			w.raise(math.Abs(value)/math.Sqrt(size), [3]float64{v[0], v[1], 0}, half)
		}
		if value*value > w.above*w.above*size && j > w.i && w.peaked(g, value, j) {
			w.keep(math.Abs(value)/math.Sqrt(size), [3]float64{v[0], v[1], 0}, half)
		}
	}
}

// share is how far a fraction may leave [0, 1] by rounding.
const share = 1e-7

func fraction(a float64) bool { return a >= -share && a <= 1+share }

// peaked says that |f| has a local maximum where plane j crosses the circle: some of the terms of both
// makes the gradient g (before the crossing) one along w. value is of the sign that f has there.
func (w *walk) peaked(g [3]float64, value float64, j int) bool {
	q, v := w.q[3*j:3*j+3], w.t.weight[j]
	if !(v*value < 0) {
		return false
	}
	if w.up[j] {
		g[0], g[1], g[2] = g[0]-v*q[0], g[1]-v*q[1], g[2]-v*q[2]
	}
	b := -(g[0]*q[0] + g[1]*q[1]) / (v * (q[0]*q[0] + q[1]*q[1]))
	if !fraction(b) {
		return false
	}
	return w.i < 0 || w.ridge(g[2]+b*v*q[2], value)
}

// ridge says that across the circle |f| falls on both sides, where h is the component of the gradient beneath it.
func (w *walk) ridge(h, value float64) bool {
	v := w.t.weight[w.i]
	return v*value < 0 && fraction(-h/(v*w.c.norm[w.i]))
}

// arc looks at the inside of an arc, and of the two cells beside it.
func (w *walk) arc(g [3]float64, from, to [2]float64, order []uint16, k int) {
	for half := range 2 {
		if half == 1 {
			g[0], g[1], g[2] = g[0]-w.odd[0], g[1]-w.odd[1], g[2]-w.odd[2]
		}
		size := g[0]*g[0] + g[1]*g[1]
		a, b := from[0]*g[1]-from[1]*g[0], g[0]*to[1]-g[1]*to[0]
		if a >= 0 && b >= 0 || a <= 0 && b <= 0 {
			if size > w.top.value*w.top.value {
				w.raise(math.Sqrt(size), w.along([3]float64{g[0], g[1], 0}, a+b), half)
			}
			if size > w.above*w.above && (w.i < 0 || w.ridge(g[2], a+b)) {
				w.keep(math.Sqrt(size), w.along([3]float64{g[0], g[1], 0}, a+b), half)
			}
		}
		if w.i < 0 {
			continue
		}
		for s, more := range w.side {
			w.cell([3]float64{g[0] + more[0], g[1] + more[1], g[2] + more[2]}, float64(2*s-1), half, order, k)
		}
	}
}

// along is g or, where sign is negative, its opposite.
func (w *walk) along(g [3]float64, sign float64) [3]float64 {
	if sign < 0 {
		return [3]float64{-g[0], -g[1], -g[2]}
	}
	return g
}

// cell looks at the inside of the cell on one side of the arc: the largest value there is the length of the
// gradient g if that, or its opposite, lies in it. The walls nearest to the arc are asked first; of those far
// away one hardly ever says no first.
func (w *walk) cell(g [3]float64, side float64, half int, order []uint16, k int) {
	size := g[0]*g[0] + g[1]*g[1] + g[2]*g[2]
	if least := min(w.top.value, w.above); !(size > least*least) {
		return
	}
	in := inside{sign: 0, ok: true}
	in.ask(side*g[2], w.t.slack)
	for a, b := k-1, k; in.ok && (a >= 0 || b < len(order)); a, b = a-1, b+1 {
		if a >= 0 {
			w.ask(&in, g, int(order[a]))
		}
		if b < len(order) {
			w.ask(&in, g, int(order[b]))
		}
	}
	if !in.ok {
		return
	}
	size = math.Sqrt(size)
	at := w.along([3]float64{g[0] / size, g[1] / size, g[2] / size}, in.sign)
	if size > w.top.value {
		w.raise(size, at, half)
	}
	if size > w.above {
		w.keep(size, at, half)
	}
}

// inside is whether a vector or its opposite is on the sides of all walls asked.
type inside struct {
	sign float64 // of the multiple that is, 0 where all have answered within rounding
	ok   bool
}

// ask is told that the vector is s off a wall, with rounding errors of at most room.
func (in *inside) ask(s, room float64) {
	switch {
	case math.Abs(s) <= room:
	case in.sign == 0:
		in.sign = math.Copysign(1, s)
	case in.sign*s < 0:
		in.ok = false
	}
}

// ask asks plane j about g.
func (w *walk) ask(in *inside, g [3]float64, j int) {
	if w.ties(j) {
		return
	}
	q := w.q[3*j : 3*j+3]
	s := q[0]*g[0] + q[1]*g[1] + q[2]*g[2]
	if !w.up[j] {
		s = -s
	}
	in.ask(s, w.t.slack*w.c.norm[j])
}

// raise makes the point the one with the largest value.
func (w *walk) raise(value float64, at [3]float64, half int) {
	w.top = peak{value, w.placed(at, half)}
}

func (w *walk) placed(at [3]float64, half int) [3]float64 {
	return w.back(w.along(at, float64(1-2*half)))
}

// keep keeps a local maximum, of many the largest.
func (w *walk) keep(value float64, at [3]float64, half int) {
	if len(w.local) == mostLocal {
		least := 0
		for k := range w.local {
			if w.local[k].value < w.local[least].value {
				least = k
			}
		}
		if value <= w.local[least].value {
			return
		}
		w.local = slices.Delete(w.local, least, least+1)
	}
	w.local = append(w.local, peak{value, w.placed(at, half)})
}
