package loss

import (
	"slices"

	"gonum.org/v1/gonum/floats"

	"multigrade/internal/elementary"
)

// smoothTerm is the logistic loss, with r = -y s, 0 < s < 1, and
//
//	y z = log((1-s)/s);
//
// with a weight w of the sample 0 < s < w and y z = log((w-s)/s).
type smoothTerm struct {
	y         []float64
	intercept bool
	rows      *rows
	share     func(label float64) float64
	s, rest   []float64 // s, w - s
	r, w      []float64
	e         []float64 // z - y log(rest/s)
	dr        []float64
	target    []float64
	c         float64
	one       [1]side
}

func newSmoothTerm(l average, y []float64, intercept bool) *smoothTerm {
	t := &smoothTerm{y: y, rows: l.rows, share: labelShare(y, l.rows), intercept: intercept}
	for _, v := range t.vectors() {
		*v = make([]float64, len(y))
	}
	t.one[0].Weight = t.w
	return t
}

func (t *smoothTerm) vectors() []*[]float64 {
	return []*[]float64{&t.s, &t.rest, &t.r, &t.w, &t.e, &t.dr, &t.target}
}

func (t *smoothTerm) Clone() DataTerm {
	c := *t
	for _, v := range c.vectors() {
		*v = slices.Clone(*v)
	}
	c.one[0].Weight = c.w
	return &c
}

func (t *smoothTerm) Start(scale, _ float64) {
	for i, y := range t.y {
		w := t.rows.weightOf(i)
		t.s[i] = w * scale * t.share(y)
		t.rest[i] = w - t.s[i]
		t.r[i] = -y * t.s[i]
	}
}

func (t *smoothTerm) Update(f []float64) {
	for i, v := range f {
		t.e[i] = v + t.c - t.y[i]*elementary.Log(t.rest[i]/t.s[i])
	}
}

func (t *smoothTerm) Weigh() {
	for i, s := range t.s {
		t.w[i] = s * t.rest[i] / t.rows.weightOf(i)
	}
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

func (t *smoothTerm) StepLength() float64 {
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

func (t *smoothTerm) Advance(alpha float64) {
	for i, dr := range t.dr {
		ds := -t.y[i] * alpha * dr
		t.s[i] += ds
		t.rest[i] -= ds
		t.r[i] = -t.y[i] * t.s[i]
	}
	t.c += alpha * t.one[0].offset
}

func (t *smoothTerm) Slope() []float64                { return t.r }
func (t *smoothTerm) Constant() float64               { return t.c }
func (t *smoothTerm) base() []float64                 { return t.target }
func (t *smoothTerm) Sides() []side                   { return t.one[:] }
func (t *smoothTerm) Complementarity() (float64, int) { return 0, 0 }
