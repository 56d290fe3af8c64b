package loss

import (
	"slices"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/operator"
)

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
	keptPlus, keptMin []float64 // what recentre found
	e                 []float64 // z - y
	r, target, wp, wm []float64
	both              [2]side
}

func newMaxTerm(y []float64, intercept bool) *maxTerm {
	t := &maxTerm{y: y, intercept: intercept}
	for _, v := range t.vectors() {
		*v = make([]float64, len(y))
	}
	t.both[0].Weight, t.both[1].Weight = t.wp, t.wm
	return t
}

func (t *maxTerm) vectors() []*[]float64 {
	return []*[]float64{&t.plus, &t.minus, &t.up, &t.down, &t.dplus, &t.dminus, &t.dup, &t.ddown, &t.goalPlus, &t.goalMin, &t.e, &t.r, &t.target, &t.wp, &t.wm, &t.keptPlus, &t.keptMin}
}

func (t *maxTerm) Clone() DataTerm {
	c := *t
	for _, v := range c.vectors() {
		*v = slices.Clone(*v)
	}
	c.both[0].Weight, c.both[1].Weight = c.wp, c.wm
	return &c
}

// Start takes r = 0.
func (t *maxTerm) Start(_, mu float64) {
	t.tau = 2 * mu
	for i := range t.r {
		t.up[i], t.down[i] = t.tau, t.tau
		t.plus[i], t.minus[i] = 0.5, 0.5
	}
}

func (t *maxTerm) Update(f []float64) {
	for i, v := range f {
		t.e[i] = v + t.c - t.y[i]
	}
	floats.SubTo(t.r, t.plus, t.minus)
}

func (t *maxTerm) Slope() []float64  { return t.r }
func (t *maxTerm) Constant() float64 { return t.c }
func (t *maxTerm) base() []float64   { return t.target }
func (t *maxTerm) Sides() []side     { return t.both[:] }

func (t *maxTerm) Complementarity() (float64, int) {
	return floats.Dot(t.plus, t.up) + floats.Dot(t.minus, t.down), 2 * len(t.r)
}

func (t *maxTerm) Weigh() {
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

func (t *maxTerm) recentre(alpha, low, high float64) {
	copy(t.keptPlus, t.goalPlus)
	copy(t.keptMin, t.goalMin)
	for i := range t.target {
		t.goalPlus[i] += Recentring((t.plus[i]+alpha*t.dplus[i])*(t.up[i]+alpha*t.dup[i]), low, high) / t.up[i]
		t.goalMin[i] += Recentring((t.minus[i]+alpha*t.dminus[i])*(t.down[i]+alpha*t.ddown[i]), low, high) / t.down[i]
		t.target[i] = t.goalPlus[i] - t.goalMin[i]
	}
}

func (t *maxTerm) revert() {
	copy(t.goalPlus, t.keptPlus)
	copy(t.goalMin, t.keptMin)
	floats.SubTo(t.target, t.goalPlus, t.goalMin)
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

func (t *maxTerm) StepLength() float64 {
	return min(min(operator.OrthantStep(t.up, t.dup), operator.OrthantStep(t.down, t.ddown)),
		min(operator.OrthantStep(t.plus, t.dplus), operator.OrthantStep(t.minus, t.dminus)))
}

func (t *maxTerm) Advance(alpha float64) {
	floats.AddScaled(t.up, alpha, t.dup)
	floats.AddScaled(t.down, alpha, t.ddown)
	floats.AddScaled(t.plus, alpha, t.dplus)
	floats.AddScaled(t.minus, alpha, t.dminus)
	p, m := t.both[0].offset, t.both[1].offset
	t.c += alpha * (p + m) / 2
	t.tau += alpha * (m - p) / 2
}
