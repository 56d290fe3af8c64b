package loss

import "gonum.org/v1/gonum/floats"

// squaresState is what squares keep in the interior-point method: r, the slope of the
// loss, c, and one side. A quadratic is its own model, so there is nothing else to aim
// at or to advance.
type squaresState struct {
	y         []float64
	intercept bool

	r   []float64
	c   float64
	one [1]side
}

func newSquaresState(y, weight []float64, intercept bool) squaresState {
	return squaresState{y: y, intercept: intercept, r: make([]float64, len(y)), one: [1]side{{Weight: weight}}}
}

func (t *squaresState) Start(_, _ float64)              {}
func (t *squaresState) Slope() []float64                { return t.r }
func (t *squaresState) Constant() float64               { return t.c }
func (t *squaresState) Complementarity() (float64, int) { return 0, 0 }
func (t *squaresState) Weigh()                          {}
func (t *squaresState) Sides() []side                   { return t.one[:] }
func (t *squaresState) aim(float64, bool)               {}
func (t *squaresState) base() []float64                 { return t.r }
func (t *squaresState) direction([]float64)             {}
func (t *squaresState) StepLength() float64             { return 1 }
func (t *squaresState) Advance(float64)                 {}

// SquaresTerm is squares without weights: r = z - y with c the mean of y - F u.
type SquaresTerm struct{ squaresState }

func newSquaresTerm(y []float64, intercept bool) *SquaresTerm {
	ones := make([]float64, len(y))
	floats.AddConst(1, ones)
	return &SquaresTerm{newSquaresState(y, ones, intercept)}
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

// Clone shares r, which Update writes before it is read.
func (t *SquaresTerm) Clone() DataTerm {
	c := *t
	return &c
}
