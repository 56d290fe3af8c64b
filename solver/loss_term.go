package solver

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
)

// dataTerm is a loss other than squares inside the interior-point method: the
// slopes r = -nu of n L at z = F u + c 1, what else the loss needs (slacks,
// multipliers, the constant c, an epigraph variable), and their Newton steps.
// Everything is eliminated per sample, so that to the blocks a term is
//
//	r + dr = base + sum over sides of weight o (F du + offset 1)
//
// where the offsets are those for which the equations without u hold
// (sum r = 0 for a constant).
type dataTerm interface {
	// start puts all pairs of the term at complementarity mu, with slopes near
	// r = scale times those at prediction 0, 0 < scale <= 1/2, whatever the
	// prediction is: z and r are brought together by the Newton steps.
	start(scale, mu float64)
	// update takes a new f = F u.
	update(f []float64)
	// clone is a copy that shares nothing that changes.
	clone() dataTerm
	// slope is r.
	slope() []float64
	constant() float64
	// complementarity is the sum over the term's pairs, and how many there are.
	complementarity() (sum float64, pairs int)
	// weigh sets the weights of the sides.
	weigh()
	sides() []side
	// aim sets base for complementarity target, with the second-order terms of
	// the last direction if corrected.
	aim(target float64, corrected bool)
	base() []float64
	// offsets sets the offsets that belong to F du.
	offsets(fdu []float64)
	// direction computes the steps of the term's variables for F du and the
	// offsets.
	direction(fdu []float64)
	// stepLength is the largest step <= 1 that keeps all pairs positive.
	stepLength() float64
	advance(alpha float64)
}

// side is one weighting of the samples. If centred, its offset is eliminated:
// the samples' rows of F count less their weighted mean; shared by both sides of
// LInf without a constant, opposite offsets.
type side struct {
	weight []float64
	offset float64
}

// elimination adds the data term to the Newton system of the blocks:
//
//	sum over sides, samples of weight_i (f_i - m)(f_i - m)',   f_i the rows of F
//
// with the m (dB) of the side that stems from its eliminated offset.
type elimination struct {
	term      dataTerm
	op        *operators
	intercept bool
	shift     [2][]float64
	chunk     blas64.General // rows of F, weighted
	zero, fdu []float64
	goal      []float64 // -(r + dr) at du = 0
}

const eliminationRows = 256

func newElimination(term dataTerm, op *operators, intercept bool) *elimination {
	size := len(op.blocks) * op.d
	e := &elimination{term: term, op: op, intercept: intercept, chunk: newGeneral(min(eliminationRows, op.n), size)}
	for k := range e.shift {
		e.shift[k] = make([]float64, size)
	}
	e.zero, e.fdu, e.goal = make([]float64, op.n), make([]float64, op.n), make([]float64, op.n)
	return e
}

// means sets the shifts of the sides; rows is B x n scratch.
func (e *elimination) means(rows blas64.General) {
	_, epigraph := e.term.(*maxTerm)
	sides := e.term.sides()
	total := 0.0
	for k, s := range sides {
		sum := floats.Sum(s.weight)
		total += sum
		if !e.intercept && !epigraph {
			continue
		}
		e.op.signedRows(rows, s.weight, blas64.General{})
		e.op.x.mulTrans(blas64.General{Rows: len(e.op.blocks), Cols: e.op.d, Stride: e.op.d, Data: e.shift[k]}, rows)
		if e.intercept {
			floats.Scale(1/sum, e.shift[k])
		}
	}
	if !e.intercept && epigraph {
		// one unknown dtau, offsets -dtau and dtau
		floats.Sub(e.shift[0], e.shift[1])
		floats.Scale(1/total, e.shift[0])
		floats.ScaleTo(e.shift[1], -1, e.shift[0])
	}
}

// addTo sets the upper triangle of system (dB x dB) to the term's part.
func (e *elimination) addTo(system blas64.Symmetric, rows blas64.General) {
	e.means(rows)
	clear(system.Data)
	for k, s := range e.term.sides() {
		for lo := 0; lo < e.op.n; lo += e.chunk.Rows {
			hi := min(lo+e.chunk.Rows, e.op.n)
			parallel(hi-lo, func(i int) { e.fill(rowOf(e.chunk, i), lo+i, s.weight[lo+i], e.shift[k]) })
			part := e.chunk
			part.Rows = hi - lo
			blas64.Syrk(blas.Trans, 1, part, 1, system)
		}
	}
}

// fill sets dst to sqrt(weight) (f_i - shift).
func (e *elimination) fill(dst []float64, i int, weight float64, shift []float64) {
	root := math.Sqrt(weight)
	floats.ScaleTo(dst, -root, shift)
	n, d := e.op.n, e.op.d
	e.op.x.row(i, func(col int, v float64) {
		v *= root
		for j, b := range e.op.blocks {
			dst[j*d+col] += b.sign * e.op.mask.Data[j*n+i] * v
		}
	})
}

// curvature overwrites f = F p with what the weights make of it, the offsets
// that belong to f included: sum over sides of weight o (f + offset 1).
func (e *elimination) curvature(f []float64) {
	_, epigraph := e.term.(*maxTerm)
	sides := e.term.sides()
	var mean [2]float64
	var sum [2]float64
	for k, s := range sides {
		mean[k], sum[k] = floats.Dot(s.weight, f), floats.Sum(s.weight)
	}
	switch {
	case e.intercept:
		for k := range sides {
			mean[k] /= sum[k]
		}
	case epigraph:
		mean[0] = (mean[0] - mean[1]) / (sum[0] + sum[1])
		mean[1] = -mean[0]
	default:
		mean[0] = 0
	}
	for i, v := range f {
		f[i] = 0
		for k, s := range sides {
			f[i] += s.weight[i] * (v - mean[k])
		}
	}
}

// aim sets the term's target and the goal.
func (e *elimination) aim(target float64, corrected bool) {
	e.term.aim(target, corrected)
	e.term.offsets(e.zero)
	floats.ScaleTo(e.goal, -1, e.term.base())
	for _, s := range e.term.sides() {
		floats.AddScaled(e.goal, -s.offset, s.weight)
	}
}

// direction follows up the step du, given z with X du_j in row j.
func (e *elimination) direction(z blas64.General) {
	e.op.predict(e.fdu, z)
	e.term.offsets(e.fdu)
	e.term.direction(e.fdu)
}

// boxTerm is a loss phi(z) = max { r (z - y) - q r^2/2 : a <= r <= b }, q >= 0:
// huber (q = 1), l1 and hinge (q = 0). With multipliers low, high >= 0 of the
// bounds,
//
//	z - y - q r = high - low,   low (r - a) = high (b - r) = mu.
type boxTerm struct {
	y         []float64
	q         float64
	intercept bool

	a, b              []float64
	r, low, high      []float64
	above, below      []float64 // r - a, b - r
	e                 []float64 // z - y - q r
	dr, dlow, dhigh   []float64
	goalLow, goalHigh []float64
	w, target         []float64
	c                 float64
	one               [1]side
}

func newBoxTerm(l average, y []float64, q float64, intercept bool) *boxTerm {
	t := &boxTerm{y: y, q: q, intercept: intercept}
	for _, v := range t.vectors() {
		*v = make([]float64, len(y))
	}
	for i, v := range y {
		lo, hi := l.interval(v)
		t.a[i], t.b[i] = -hi, -lo
	}
	t.one[0].weight = t.w
	return t
}

func (t *boxTerm) vectors() []*[]float64 {
	return []*[]float64{&t.a, &t.b, &t.r, &t.low, &t.high, &t.above, &t.below, &t.e, &t.dr, &t.dlow, &t.dhigh, &t.goalLow, &t.goalHigh, &t.w, &t.target}
}

func (t *boxTerm) clone() dataTerm {
	c := *t
	for _, v := range c.vectors() {
		*v = slices.Clone(*v)
	}
	c.one[0].weight = c.w
	return &c
}

// start takes r = 0 where it is inside the bounds; otherwise (hinge) a point
// near it, the sum being 0.
func (t *boxTerm) start(scale, mu float64) {
	share := labelShare(t.y)
	for i := range t.r {
		width := t.b[i] - t.a[i]
		switch {
		case t.a[i] == 0:
			t.above[i] = scale * share(t.y[i]) * width
			t.below[i] = width - t.above[i]
		case t.b[i] == 0:
			t.below[i] = scale * share(t.y[i]) * width
			t.above[i] = width - t.below[i]
		default:
			t.above[i], t.below[i] = -t.a[i], t.b[i]
		}
		t.join(i)
		t.low[i], t.high[i] = mu/t.above[i], mu/t.below[i]
	}
}

// labelShare weighs the labels so that both signs weigh the same, at most 1.
func labelShare(y []float64) func(float64) float64 {
	plus := 0.0
	for _, v := range y {
		if v > 0 {
			plus++
		}
	}
	minus := float64(len(y)) - plus
	least := max(min(plus, minus), 1)
	return func(label float64) float64 {
		if label > 0 {
			return least / plus
		}
		return least / minus
	}
}

// join sets r from the nearer bound.
func (t *boxTerm) join(i int) {
	if t.above[i] < t.below[i] {
		t.r[i] = t.a[i] + t.above[i]
	} else {
		t.r[i] = t.b[i] - t.below[i]
	}
}

func (t *boxTerm) update(f []float64) {
	for i, v := range f {
		t.e[i] = v + t.c - t.y[i] - t.q*t.r[i]
	}
}

func (t *boxTerm) slope() []float64  { return t.r }
func (t *boxTerm) constant() float64 { return t.c }
func (t *boxTerm) base() []float64   { return t.target }
func (t *boxTerm) sides() []side     { return t.one[:] }

func (t *boxTerm) complementarity() (float64, int) {
	return floats.Dot(t.low, t.above) + floats.Dot(t.high, t.below), 2 * len(t.r)
}

func (t *boxTerm) weigh() {
	for i := range t.w {
		t.w[i] = 1 / (t.q + t.low[i]/t.above[i] + t.high[i]/t.below[i])
	}
}

func (t *boxTerm) aim(target float64, corrected bool) {
	for i, r := range t.r {
		second := 0.0
		if corrected {
			second = t.dr[i]
		}
		t.goalLow[i] = (target - t.dlow[i]*second) / t.above[i]
		t.goalHigh[i] = (target + t.dhigh[i]*second) / t.below[i]
		t.target[i] = r + t.w[i]*(t.e[i]-(t.goalHigh[i]-t.goalLow[i]))
	}
}

func (t *boxTerm) offsets(fdu []float64) {
	if t.intercept {
		t.one[0].offset = -(floats.Sum(t.target) + floats.Dot(t.w, fdu)) / floats.Sum(t.w)
	}
}

func (t *boxTerm) direction(fdu []float64) {
	for i, v := range fdu {
		dr := t.target[i] - t.r[i] + t.w[i]*(v+t.one[0].offset)
		t.dr[i] = dr
		t.dlow[i] = t.goalLow[i] - t.low[i] - t.low[i]/t.above[i]*dr
		t.dhigh[i] = t.goalHigh[i] - t.high[i] + t.high[i]/t.below[i]*dr
	}
}

func (t *boxTerm) stepLength() float64 {
	alpha := min(orthantStep(t.low, t.dlow), orthantStep(t.high, t.dhigh))
	alpha = min(alpha, orthantStep(t.above, t.dr))
	for i, dr := range t.dr {
		if alpha*dr > t.below[i] {
			alpha = t.below[i] / dr
		}
	}
	return alpha
}

func (t *boxTerm) advance(alpha float64) {
	floats.AddScaled(t.low, alpha, t.dlow)
	floats.AddScaled(t.high, alpha, t.dhigh)
	floats.AddScaled(t.above, alpha, t.dr)
	floats.AddScaled(t.below, -alpha, t.dr)
	for i := range t.r {
		t.join(i)
	}
	t.c += alpha * t.one[0].offset
}

// smoothTerm is the logistic loss, with r = -y s, 0 < s < 1, and
//
//	y z = log((1-s)/s).
type smoothTerm struct {
	y         []float64
	intercept bool
	s, rest   []float64 // s, 1 - s
	r, w      []float64
	e         []float64 // z - y log((1-s)/s)
	dr        []float64
	target    []float64
	c         float64
	one       [1]side
}

func newSmoothTerm(y []float64, intercept bool) *smoothTerm {
	t := &smoothTerm{y: y, intercept: intercept}
	for _, v := range t.vectors() {
		*v = make([]float64, len(y))
	}
	t.one[0].weight = t.w
	return t
}

func (t *smoothTerm) vectors() []*[]float64 {
	return []*[]float64{&t.s, &t.rest, &t.r, &t.w, &t.e, &t.dr, &t.target}
}

func (t *smoothTerm) clone() dataTerm {
	c := *t
	for _, v := range c.vectors() {
		*v = slices.Clone(*v)
	}
	c.one[0].weight = c.w
	return &c
}

func (t *smoothTerm) start(scale, _ float64) {
	share := labelShare(t.y)
	for i, y := range t.y {
		t.s[i] = scale * share(y)
		t.rest[i] = 1 - t.s[i]
		t.r[i] = -y * t.s[i]
	}
}

func (t *smoothTerm) update(f []float64) {
	for i, v := range f {
		t.e[i] = v + t.c - t.y[i]*math.Log(t.rest[i]/t.s[i])
	}
}

func (t *smoothTerm) weigh() {
	floats.MulTo(t.w, t.s, t.rest)
}

func (t *smoothTerm) aim(float64, bool) {
	for i, r := range t.r {
		t.target[i] = r + t.w[i]*t.e[i]
	}
}

func (t *smoothTerm) offsets(fdu []float64) {
	if t.intercept {
		t.one[0].offset = -(floats.Sum(t.target) + floats.Dot(t.w, fdu)) / floats.Sum(t.w)
	}
}

func (t *smoothTerm) direction(fdu []float64) {
	for i, v := range fdu {
		t.dr[i] = t.target[i] - t.r[i] + t.w[i]*(v+t.one[0].offset)
	}
}

func (t *smoothTerm) stepLength() float64 {
	alpha := 1.0
	for i, dr := range t.dr {
		ds := -t.y[i] * dr
		if ds < 0 && -alpha*ds > t.s[i] {
			alpha = -t.s[i] / ds
		} else if ds > 0 && alpha*ds > t.rest[i] {
			alpha = t.rest[i] / ds
		}
	}
	return alpha
}

func (t *smoothTerm) advance(alpha float64) {
	for i, dr := range t.dr {
		ds := -t.y[i] * alpha * dr
		t.s[i] += ds
		t.rest[i] -= ds
		t.r[i] = -t.y[i] * t.s[i]
	}
	t.c += alpha * t.one[0].offset
}

func (t *smoothTerm) slope() []float64                { return t.r }
func (t *smoothTerm) constant() float64               { return t.c }
func (t *smoothTerm) base() []float64                 { return t.target }
func (t *smoothTerm) sides() []side                   { return t.one[:] }
func (t *smoothTerm) complementarity() (float64, int) { return 0, 0 }

// maxTerm is LInf with its epigraph variable: n tau subject to
//
//	tau - (z - y) = up >= 0,  tau + (z - y) = down >= 0,   multipliers plus, minus
//
// with r = plus - minus and sum plus + minus = n. The side of plus has the
// offset dc - dtau, that of minus dc + dtau.
type maxTerm struct {
	y         []float64
	intercept bool

	tau, c            float64
	plus, minus       []float64
	up, down          []float64
	dplus, dminus     []float64
	dup, ddown        []float64
	goalPlus, goalMin []float64
	e                 []float64 // z - y
	r, target, wp, wm []float64
	both              [2]side
}

func newMaxTerm(y []float64, intercept bool) *maxTerm {
	t := &maxTerm{y: y, intercept: intercept}
	for _, v := range t.vectors() {
		*v = make([]float64, len(y))
	}
	t.both[0].weight, t.both[1].weight = t.wp, t.wm
	return t
}

func (t *maxTerm) vectors() []*[]float64 {
	return []*[]float64{&t.plus, &t.minus, &t.up, &t.down, &t.dplus, &t.dminus, &t.dup, &t.ddown, &t.goalPlus, &t.goalMin, &t.e, &t.r, &t.target, &t.wp, &t.wm}
}

func (t *maxTerm) clone() dataTerm {
	c := *t
	for _, v := range c.vectors() {
		*v = slices.Clone(*v)
	}
	c.both[0].weight, c.both[1].weight = c.wp, c.wm
	return &c
}

// start takes r = 0.
func (t *maxTerm) start(_, mu float64) {
	t.tau = 2 * mu
	for i := range t.r {
		t.up[i], t.down[i] = t.tau, t.tau
		t.plus[i], t.minus[i] = 0.5, 0.5
	}
}

func (t *maxTerm) update(f []float64) {
	for i, v := range f {
		t.e[i] = v + t.c - t.y[i]
	}
	floats.SubTo(t.r, t.plus, t.minus)
}

func (t *maxTerm) slope() []float64  { return t.r }
func (t *maxTerm) constant() float64 { return t.c }
func (t *maxTerm) base() []float64   { return t.target }
func (t *maxTerm) sides() []side     { return t.both[:] }

func (t *maxTerm) complementarity() (float64, int) {
	return floats.Dot(t.plus, t.up) + floats.Dot(t.minus, t.down), 2 * len(t.r)
}

func (t *maxTerm) weigh() {
	floats.DivTo(t.wp, t.plus, t.up)
	floats.DivTo(t.wm, t.minus, t.down)
}

func (t *maxTerm) aim(target float64, corrected bool) {
	for i := range t.target {
		p, m := target, target
		if corrected {
			p -= t.dplus[i] * t.dup[i]
			m -= t.dminus[i] * t.ddown[i]
		}
		t.goalPlus[i] = p/t.up[i] - t.wp[i]*(t.tau-t.e[i]-t.up[i])
		t.goalMin[i] = m/t.down[i] - t.wm[i]*(t.tau+t.e[i]-t.down[i])
		t.target[i] = t.goalPlus[i] - t.goalMin[i]
	}
}

func (t *maxTerm) offsets(fdu []float64) {
	n := float64(len(t.r))
	gp, gm := floats.Sum(t.goalPlus), floats.Sum(t.goalMin)
	wp, wm := floats.Sum(t.wp), floats.Sum(t.wm)
	fp, fm := floats.Dot(t.wp, fdu), floats.Dot(t.wm, fdu)
	if t.intercept {
		t.both[0].offset = (n/2 - gp - fp) / wp
		t.both[1].offset = (gm - n/2 - fm) / wm
		return
	}
	dtau := (gp + gm - n + fp - fm) / (wp + wm)
	t.both[0].offset, t.both[1].offset = -dtau, dtau
}

func (t *maxTerm) direction(fdu []float64) {
	for i, v := range fdu {
		p, m := v+t.both[0].offset, v+t.both[1].offset
		t.dup[i] = t.tau - t.e[i] - t.up[i] - p
		t.ddown[i] = t.tau + t.e[i] - t.down[i] + m
		t.dplus[i] = t.goalPlus[i] - t.plus[i] + t.wp[i]*p
		t.dminus[i] = t.goalMin[i] - t.minus[i] - t.wm[i]*m
	}
}

func (t *maxTerm) stepLength() float64 {
	return min(min(orthantStep(t.up, t.dup), orthantStep(t.down, t.ddown)),
		min(orthantStep(t.plus, t.dplus), orthantStep(t.minus, t.dminus)))
}

func (t *maxTerm) advance(alpha float64) {
	floats.AddScaled(t.up, alpha, t.dup)
	floats.AddScaled(t.down, alpha, t.ddown)
	floats.AddScaled(t.plus, alpha, t.dplus)
	floats.AddScaled(t.minus, alpha, t.dminus)
	p, m := t.both[0].offset, t.both[1].offset
	t.c += alpha * (p + m) / 2
	t.tau += alpha * (m - p) / 2
}
