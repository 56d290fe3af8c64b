package moments

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/internal/dense"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
)

// coupled is the relaxed program in which what the neurons of a sign give to the rows
// belongs together: with e_i = sum_j tau_j |x_i.w_j| they give ((1 + S) t_i + (1 - S) e_i)/2,
//
//	|t_i|, s_i/|x_i|  <=  e_i  <=  sqrt(tau s_i),
//	e_i  <=  sum_k |a_k| e_k + sqrt(tau d'Wd),   d = x_i - sum_k a_k x_k,
//
// for triangles that are found on the way. It is minimised by the augmented Lagrangian
// method (Hestenes 1969, Powell 1969) in x = (V+, spare+, V-, spare-, e+, e-, c).
type coupled struct {
	x         operator.Design // along the leading directions (n x d)
	full      operator.Design // X
	n, d, k   int
	slope     float64
	height    []float64
	loss      loss.Smooth
	y         []float64
	beta      float64
	intercept bool
	typical   float64 // size of predictions
	penalty   float64
	settle    bool // the next value moves the multipliers
	side      []*half
	z, nu     []float64 // n: the prediction, and -n dL there
}

// half is what belongs to the neurons of one sign.
type half struct {
	sign                       float64
	v                          blas64.General // V' (k x d)
	spare                      float64
	even                       []float64      // n: e
	z, dz, dv                  blas64.General // V'X' (k x n), and gradients
	rows, drows                []float64      // n x k: XV
	rho                        float64        // root of tau
	t, s                       []float64      // n
	upper, plus, minus, curved []float64      // multipliers of sqrt(tau s), t, -t, s/|x| (n)
	triangles                  []triangle
	rests, bent, dbent         blas64.General // of the triangles: what they leave of their rows (T x d), that times V (T x k), and gradients
	found                      [][]Term       // n: the terms of the triangle found last
	path                       []signed
	dt, ds, de, d              []float64
	value, moved               float64
}

// flattening rounds the roots: sqrt(tau (s + (flattening |x|)^2 tau)) is larger, so the
// relaxation is a little weaker, and its multipliers stay bounded.
const flattening = 1e-3

func newHalf(sign float64, n, d, k int) *half {
	vec := func() []float64 { return make([]float64, n) }
	return &half{sign: sign, z: operator.NewGeneral(k, n), dz: operator.NewGeneral(k, n), dv: operator.NewGeneral(k, d),
		rows: make([]float64, n*k), drows: make([]float64, n*k), t: vec(), s: vec(), upper: vec(), plus: vec(), minus: vec(), curved: vec(),
		dt: vec(), ds: vec(), de: vec(), d: make([]float64, k), found: make([][]Term, n)}
}

// bareCoupled is without a point, for k columns.
func bareCoupled(r *relaxation, k int) *coupled {
	c := &coupled{x: r.x, full: r.full, n: r.n, d: r.d, k: k, slope: r.slope, height: r.height, loss: r.loss, y: r.y, beta: r.beta, intercept: r.intercept, typical: r.typical,
		penalty: 1 / float64(r.n), z: make([]float64, r.n), nu: make([]float64, r.n)}
	for j := range 2 {
		c.side = append(c.side, newHalf(float64(1-2*j), r.n, r.d, k))
	}
	return c
}

// newCoupled starts from where r stands with x0, with k >= r.k columns.
func newCoupled(r *relaxation, x0 []float64, k int) (*coupled, []float64) {
	c := bareCoupled(r, k)
	own, size := k*r.d+1, r.k*r.d+1
	x := make([]float64, 2*own+2*r.n, 2*own+2*r.n+1)
	for j, f := range r.side {
		from := x0[j*size : (j+1)*size]
		copy(x[j*own:], from[:size-1])
		x[(j+1)*own-1] = from[size-1]
		// a little of everything, so that no column stands still
		tiny := x[j*own+size-1 : (j+1)*own-1]
		for i := range tiny {
			tiny[i] = 1e-3 * f.rho / math.Sqrt(float64(r.d)) * math.Sin(float64(i+1))
		}
		for i := range r.n {
			x[2*own+j*r.n+i] = f.below[i] + f.above[i] - f.t[i]
		}
	}
	if r.intercept {
		x = append(x, x0[2*size])
	}
	return c, x
}

// set takes new variables.
func (h *half) set(c *coupled, v []float64, spare float64, even []float64) {
	h.v = blas64.General{Rows: c.k, Cols: c.d, Stride: c.d, Data: v}
	h.spare, h.even = spare, even
	h.rho = math.Hypot(floats.Norm(v, 2), spare) + 0x1p-500
	c.x.Mul(h.z, h.v)
	for i := range c.n {
		row := h.rows[i*c.k : (i+1)*c.k]
		square := 0.0
		for j := range row {
			row[j] = h.z.Data[j*c.n+i]
			square += row[j] * row[j]
		}
		h.t[i], h.s[i] = h.rho*row[0], square
	}
}

// split are the variables of side j.
func (c *coupled) split(x []float64, j int) (v []float64, spare *float64, even []float64) {
	own := c.k*c.d + 1
	return x[j*own : (j+1)*own-1], &x[(j+1)*own-1], x[2*own+j*c.n : 2*own+(j+1)*c.n]
}

// value is the augmented Lagrangian at x, and grad its gradient.
func (c *coupled) value(grad, x []float64) float64 {
	c.sides(func(j int) {
		v, spare, even := c.split(x, j)
		c.side[j].set(c, v, *spare, even)
	})
	constant := 0.0
	if c.intercept {
		constant = x[len(x)-1]
	}
	for i := range c.z {
		c.z[i] = constant
		for _, h := range c.side {
			c.z[i] += h.sign * ((1+c.slope)*h.t[i] + (1-c.slope)*h.even[i]) / 2
		}
	}
	c.x.Book(c.evaluationWork() - 8*float64(c.k)*float64(c.x.Stored())) // products book themselves
	value := c.loss.Value(c.z, c.y)
	c.loss.Residual(c.nu, c.z, c.y)
	c.sides(func(j int) {
		v, spare, even := c.split(grad, j)
		c.side[j].slopes(c, v, spare, even)
	})
	if c.intercept {
		grad[len(grad)-1] = -floats.Sum(c.nu) / float64(c.n)
	}
	for _, h := range c.side {
		value += h.value
	}
	return value
}

// sides calls f(0) and f(1), at once where that pays.
func (c *coupled) sides(f func(j int)) {
	const worthwhile = 1 << 10 // numbers in XV
	if c.n*c.k >= worthwhile {
		operator.Parallel(len(c.side), f)
		return
	}
	for j := range c.side {
		f(j)
	}
}

// active is max(0, m + penalty excess) for the constraint excess <= 0 with the multiplier
// m, which moves there where that is asked for; what it adds to the Lagrangian, times twice the penalty, is in h.moved.
func (h *half) active(c *coupled, m *float64, excess float64) float64 {
	was := *m
	now := max(0, was+c.penalty*excess)
	h.moved += (now - was) * (now + was)
	if c.settle {
		*m = now
	}
	return now
}

// slopes computes what the side adds to the Lagrangian and its gradient.
func (h *half) slopes(c *coupled, dv []float64, dspare *float64, de []float64) {
	n, k := float64(c.n), c.k
	h.moved = 0
	drho := 2 * c.beta * h.rho
	flat := flattening * flattening * h.rho * h.rho
	for i, e := range h.even {
		first := -h.sign * c.nu[i] / (2 * n)
		dt, slope, ds := (1+c.slope)*first, (1-c.slope)*first, 0.0
		high := c.height[i]
		root := math.Sqrt(h.s[i] + flat*high*high)
		m := h.active(c, &h.upper[i], e-h.rho*root)
		if slope += m; root > 0 {
			over := m / root
			ds -= over * h.rho / 2
			drho -= m*root + over*flat*high*high
		}
		m = h.active(c, &h.plus[i], h.t[i]-e)
		slope, dt = slope-m, dt+m
		m = h.active(c, &h.minus[i], -h.t[i]-e)
		slope, dt = slope-m, dt-m
		if high > 0 {
			m = h.active(c, &h.curved[i], h.s[i]/high-e)
			slope, ds = slope-m, ds+m/high
		}
		de[i], h.dt[i], h.ds[i] = slope, dt, ds
		drho += dt * h.rows[i*k]
		row, z := h.drows[i*k:(i+1)*k], h.rows[i*k:(i+1)*k]
		for j, v := range z {
			row[j] = 2 * ds * v
		}
		row[0] += dt * h.rho
	}
	if len(h.triangles) > 0 {
		dense.Gemm(blas.NoTrans, blas.Trans, 1, h.rests, h.v, 0, h.bent)
	}
	for q := range h.triangles {
		t := &h.triangles[q]
		row, z := operator.RowOf(h.dbent, q), operator.RowOf(h.bent, q)
		square := 0.0
		for _, v := range z {
			square += v * v
		}
		root := math.Sqrt(square + flat*t.square)
		m := h.active(c, &t.multiplier, excess(t, h.even)-h.rho*root)
		if m == 0 {
			clear(row)
			continue
		}
		de[t.row] += m
		for _, a := range t.terms {
			de[a.Row] -= m * math.Abs(a.Factor)
		}
		along := 0.0
		if root > 0 {
			drho -= m * (root + flat*t.square/root)
			along = -m * h.rho / root
		}
		for j, v := range z {
			row[j] = along * v
		}
	}
	h.value = c.beta*h.rho*h.rho + h.moved/(2*c.penalty)
	for i := range c.n {
		for j, v := range h.drows[i*k : (i+1)*k] {
			h.dz.Data[j*c.n+i] = v
		}
	}
	c.x.MulTrans(h.dv, h.dz)
	if len(h.triangles) > 0 {
		dense.Gemm(blas.Trans, blas.NoTrans, 1, h.dbent, h.rests, 1, h.dv)
	}
	copy(dv, h.dv.Data)
	floats.AddScaled(dv, drho/h.rho, h.v.Data)
	*dspare = drho / h.rho * h.spare
}

// rest sets h.d to d'V of the triangle's d and returns its square.
func (h *half) rest(t *triangle, k int) float64 {
	copy(h.d, h.rows[t.row*k:(t.row+1)*k])
	for _, a := range t.terms {
		floats.AddScaled(h.d, -a.Factor, h.rows[a.Row*k:(a.Row+1)*k])
	}
	return floats.Dot(h.d, h.d)
}

// searchWork is about the cost of separate.
func (c *coupled) searchWork() float64 {
	return 2 * searchPasses * float64(c.n) * float64(c.n) * float64(c.k)
}

// separate drops the triangles that have no multiplier and adds the most violated one of
// every row. It returns how many and about what that cost.
func (c *coupled) separate() (added int, work float64) {
	for _, h := range c.side {
		h.triangles = slices.DeleteFunc(h.triangles, func(t triangle) bool { return t.multiplier == 0 })
		cost := make([]float64, c.n)
		for i := range cost {
			cost[i] = max(h.even[i], math.Abs(h.t[i]))
			if c.height[i] > 0 {
				cost[i] = max(cost[i], h.s[i]/c.height[i])
			}
		}
		across := operator.NewGeneral(c.k, c.n)
		for i := range c.n {
			for j, v := range h.rows[i*c.k : (i+1)*c.k] {
				across.Data[j*c.n+i] = v
			}
		}
		known := make([]float64, c.n) // what rows violate triangles by that they have
		for q := range h.triangles {
			t := &h.triangles[q]
			known[t.row] = max(known[t.row], excess(t, cost)-h.rho*math.Sqrt(h.rest(t, c.k)))
		}
		found := make([]*triangle, c.n)
		spaces := make([]*nearby, operator.MaxWorkers())
		least := leastViolation * floats.Max(cost)
		operator.ParallelWorkers(c.n, func(worker, i int) {
			if spaces[worker] == nil {
				spaces[worker] = newNearby(c.n, c.k)
			}
			terms, right := spaces[worker].search(h.rows, across, cost, i, h.rho, h.found[i])
			h.found[i] = append(h.found[i][:0], terms...)
			if h.even[i]-right > max(least, distinct*known[i]) {
				found[i] = c.triangle(i, terms)
			}
		})
		for _, t := range found {
			if t != nil && len(h.triangles) < trianglesPerRow*c.n {
				h.triangles = append(h.triangles, *t)
				added++
			}
		}
		h.stack(c)
	}
	work = c.searchWork()
	c.x.Book(work)
	return added, work
}

// stack puts what the triangles leave of their rows into one matrix.
func (h *half) stack(c *coupled) {
	count := len(h.triangles)
	if count == 0 {
		return
	}
	h.rests, h.bent, h.dbent = operator.NewGeneral(count, c.d), operator.NewGeneral(count, c.k), operator.NewGeneral(count, c.k)
	for q := range h.triangles {
		copy(operator.RowOf(h.rests, q), h.triangles[q].rest)
	}
}

const (
	// leastViolation, as a share of the largest e, of a triangle that is added: of 1e-5, twice as many were found on airfoil (1503 x 6)
	// and proved no more.
	leastViolation = 1e-4
	// distinct is how many times as much as a row violates its triangles it must violate another one, which is added: at
	// 1.1 a fifth more were there in the end, on airfoil, for the same bound.
	distinct = 2
	// trianglesPerRow limits them; some three were in use.
	trianglesPerRow = 8
	// searchPasses over all rows that the search for a triangle takes as long as, on average.
	searchPasses = 25
	// factorDigits of the factors: what they leave of a row is off by as much.
	factorDigits = 9
)

func (c *coupled) triangle(row int, terms []Term) *triangle {
	t := &triangle{row: row}
	d := make([]float64, c.d)
	c.x.Row(row, func(j int, v float64) { d[j] = v })
	for _, a := range terms {
		if a.Factor = rounded(a.Factor, factorDigits); a.Factor == 0 {
			continue
		}
		t.terms = append(t.terms, a)
		c.x.Row(a.Row, func(j int, v float64) { d[j] -= a.Factor * v })
	}
	t.rest = d
	t.square = floats.Dot(d, d) + flattening*flattening*c.height[row]*c.height[row]
	if len(t.terms) == 0 {
		return nil
	}
	return t
}
