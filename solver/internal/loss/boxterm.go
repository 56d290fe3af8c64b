package loss

import (
	"slices"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/operator"
)

// boxTerm is a loss phi(z) = max { r (z - y) - q r^2/2 : a <= r <= b }, q >= 0:
// huber (q = 1), l1 and hinge (q = 0). With a weight w of the sample a, b are w times
// as large and q a w-th. With multipliers low, high >= 0 of the bounds,
//
//	z - y - q r = high - low,   low (r - a) = high (b - r) = mu.
type boxTerm struct {
	y         []float64
	share     func(label float64) float64 // of the width to start with
	intercept bool

	q, a, b           []float64
	r, low, high      []float64
	above, below      []float64 // r - a, b - r
	e                 []float64 // z - y - q r
	dr, dlow, dhigh   []float64
	goalLow, goalHigh []float64
	w, target         []float64
	keptLow, keptHigh []float64 // what recentre found
	kept              []float64 // in target
	c                 float64
	one               [1]side
}

func newBoxTerm(l average, y []float64, q float64, intercept bool) *boxTerm {
	t := &boxTerm{y: y, share: labelShare(y, l.rows), intercept: intercept}
	for _, v := range t.vectors() {
		*v = make([]float64, len(y))
	}
	for i, v := range y {
		lo, hi := l.intervalOf(i, v)
		t.q[i], t.a[i], t.b[i] = q/l.weightOf(i), -hi, -lo
	}
	t.one[0].Weight = t.w
	return t
}

func (t *boxTerm) vectors() []*[]float64 {
	return []*[]float64{&t.q, &t.a, &t.b, &t.r, &t.low, &t.high, &t.above, &t.below, &t.e, &t.dr, &t.dlow, &t.dhigh, &t.goalLow, &t.goalHigh, &t.w, &t.target, &t.keptLow, &t.keptHigh, &t.kept}
}

func (t *boxTerm) Clone() DataTerm {
	c := *t
	for _, v := range c.vectors() {
		*v = slices.Clone(*v)
	}
	c.one[0].Weight = c.w
	return &c
}

// Start takes r = 0 where it is inside the bounds; otherwise (hinge) a point
// near it, the sum being 0.
func (t *boxTerm) Start(scale, mu float64) {
	for i := range t.r {
		width := t.b[i] - t.a[i]
		switch {
		case t.a[i] == 0:
			t.above[i] = scale * t.share(t.y[i]) * width
			t.below[i] = width - t.above[i]
		case t.b[i] == 0:
			t.below[i] = scale * t.share(t.y[i]) * width
			t.above[i] = width - t.below[i]
		default:
			t.above[i], t.below[i] = -t.a[i], t.b[i]
		}
		t.join(i)
		t.low[i], t.high[i] = mu/t.above[i], mu/t.below[i]
	}
}

// labelShare weighs the labels so that both signs weigh the same, at most 1.
func labelShare(y []float64, r *rows) func(float64) float64 {
	plus, minus := 0.0, 0.0
	for i, v := range y {
		if v > 0 {
			plus += r.weightOf(i)
		} else {
			minus += r.weightOf(i)
		}
	}
	least := min(plus, minus)
	if least == 0 {
		least = min(1, max(plus, minus))
	}
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

func (t *boxTerm) Update(f []float64) {
	for i, v := range f {
		t.e[i] = v + t.c - t.y[i] - t.q[i]*t.r[i]
	}
}

func (t *boxTerm) Slope() []float64  { return t.r }
func (t *boxTerm) Constant() float64 { return t.c }
func (t *boxTerm) base() []float64   { return t.target }
func (t *boxTerm) Sides() []side     { return t.one[:] }

func (t *boxTerm) Complementarity() (float64, int) {
	return floats.Dot(t.low, t.above) + floats.Dot(t.high, t.below), 2 * len(t.r)
}

func (t *boxTerm) Weigh() {
	for i := range t.w {
		t.w[i] = 1 / (t.q[i] + t.low[i]/t.above[i] + t.high[i]/t.below[i])
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

func (t *boxTerm) recentre(alpha, low, high float64) {
	copy(t.keptLow, t.goalLow)
	copy(t.keptHigh, t.goalHigh)
	copy(t.kept, t.target)
	for i, dr := range t.dr {
		below := Recentring((t.low[i]+alpha*t.dlow[i])*(t.above[i]+alpha*dr), low, high) / t.above[i]
		above := Recentring((t.high[i]+alpha*t.dhigh[i])*(t.below[i]-alpha*dr), low, high) / t.below[i]
		t.goalLow[i] += below
		t.goalHigh[i] += above
		t.target[i] -= t.w[i] * (above - below)
	}
}

func (t *boxTerm) revert() {
	copy(t.goalLow, t.keptLow)
	copy(t.goalHigh, t.keptHigh)
	copy(t.target, t.kept)
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

func (t *boxTerm) StepLength() float64 {
	alpha := min(operator.OrthantStep(t.low, t.dlow), operator.OrthantStep(t.high, t.dhigh))
	alpha = min(alpha, operator.OrthantStep(t.above, t.dr))
	for i, dr := range t.dr {
		if alpha*dr > t.below[i] {
			alpha = t.below[i] / dr
		}
	}
	return alpha
}

func (t *boxTerm) Advance(alpha float64) {
	floats.AddScaled(t.low, alpha, t.dlow)
	floats.AddScaled(t.high, alpha, t.dhigh)
	floats.AddScaled(t.above, alpha, t.dr)
	floats.AddScaled(t.below, -alpha, t.dr)
	for i := range t.r {
		t.join(i)
	}
	t.c += alpha * t.one[0].offset
}
