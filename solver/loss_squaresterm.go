package solver

import "gonum.org/v1/gonum/floats"

// squaresTerm is squares in the interior-point method: r = z - y with c the mean
// of y - F u, and nothing else to keep. The weights are 1.
type squaresTerm struct {
	y         []float64
	intercept bool

	r, ones []float64
	c       float64
	one     [1]side
}

func newSquaresTerm(y []float64, intercept bool) *squaresTerm {
	t := &squaresTerm{y: y, intercept: intercept, r: make([]float64, len(y)), ones: make([]float64, len(y))}
	floats.AddConst(1, t.ones)
	t.one[0].weight = t.ones
	return t
}

func (t *squaresTerm) update(f []float64) {
	floats.SubTo(t.r, f, t.y)
	if t.intercept {
		t.c = -floats.Sum(t.r) / float64(len(t.r))
		floats.AddConst(t.c, t.r)
	}
}

func (t *squaresTerm) offsets(fdu []float64) {
	if t.intercept {
		t.one[0].offset = -floats.Sum(fdu) / float64(len(fdu))
	}
}

// clone shares r, which update writes before it is read.
func (t *squaresTerm) clone() dataTerm {
	c := *t
	return &c
}

func (t *squaresTerm) start(_, _ float64)              {}
func (t *squaresTerm) slope() []float64                { return t.r }
func (t *squaresTerm) constant() float64               { return t.c }
func (t *squaresTerm) complementarity() (float64, int) { return 0, 0 }
func (t *squaresTerm) weigh()                          {}
func (t *squaresTerm) sides() []side                   { return t.one[:] }
func (t *squaresTerm) aim(float64, bool)               {}
func (t *squaresTerm) base() []float64                 { return t.r }
func (t *squaresTerm) direction([]float64)             {}
func (t *squaresTerm) stepLength() float64             { return 1 }
func (t *squaresTerm) advance(float64)                 {}
