package loss

import "gonum.org/v1/gonum/floats"

// SquaresTerm is squares in the interior-point method: r = z - y with c the mean
// of y - F u, and nothing else to keep. The weights are 1.
type SquaresTerm struct {
	y         []float64
	intercept bool

	r, ones []float64
	c       float64
	one     [1]side
}

func newSquaresTerm(y []float64, intercept bool) *SquaresTerm {
	t := &SquaresTerm{y: y, intercept: intercept, r: make([]float64, len(y)), ones: make([]float64, len(y))}
	floats.AddConst(1, t.ones)
	t.one[0].Weight = t.ones
	return t
}

func (t *SquaresTerm) Update(f []float64) {
	floats.SubTo(t.r, f, t.y)
	if t.intercept {
		t.c = -floats.Sum(t.r) / float64(len(t.r))
		floats.AddConst(t.c, t.r)
	}
}

func (t *SquaresTerm) offsets(fdu []float64) {
	if t.intercept {
		t.one[0].offset = -floats.Sum(fdu) / float64(len(fdu))
	}
}

// Clone shares r, which update writes before it is read.
func (t *SquaresTerm) Clone() DataTerm {
	c := *t
	return &c
}

func (t *SquaresTerm) Start(_, _ float64)              {}
func (t *SquaresTerm) Slope() []float64                { return t.r }
func (t *SquaresTerm) Constant() float64               { return t.c }
func (t *SquaresTerm) Complementarity() (float64, int) { return 0, 0 }
func (t *SquaresTerm) Weigh()                          {}
func (t *SquaresTerm) Sides() []side                   { return t.one[:] }
func (t *SquaresTerm) aim(float64, bool)               {}
func (t *SquaresTerm) base() []float64                 { return t.r }
func (t *SquaresTerm) direction([]float64)             {}
func (t *SquaresTerm) StepLength() float64             { return 1 }
func (t *SquaresTerm) Advance(float64)                 {}
