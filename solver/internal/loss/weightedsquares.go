package loss

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// square is the sample of squares with weights, phi(z) = (z - y)^2/2. Without weights
// squares are a loss of their own, of which more is known.
//
// D(nu) = (1/n) sum_i nu_i y_i - nu_i^2/(2 w_i).
type square struct{}

func (square) name() string { return Squared.Name() }

func (square) curvature(float64, float64) float64 { return 1 }

func (square) labels() bool { return false }

func (square) validate([]float64) error { return nil }

func (square) value(z, y float64) float64 { return float64((z-y)*(z-y)) / 2 }

func (square) dual(nu, y float64) float64 { return nu * (y - nu/2) }

func (square) prox(v, y, rho, _ float64) float64 { return (y + rho*v) / (1 + rho) }

func (square) proxSlope(_, _, _, rho float64) float64 { return rho / (1 + rho) }

func (square) residuals(z, y float64) (lo, hi float64) { return y - z, y - z }

func (square) interval(float64) (lo, hi float64) { return math.Inf(-1), math.Inf(1) }

func (square) constant(z, y []float64) float64 { return Squared.Constant(z, y) }

func (square) slope() float64 { return math.Inf(1) }

func (square) dualSize(nu, y float64) float64 { return math.Abs(nu) * (math.Abs(y) + math.Abs(nu)/2) }

func (square) rounded(float64, func() float64) Smooth { return nil }

func (square) term(l average, y []float64, intercept bool) DataTerm {
	return &weightedSquaresTerm{newSquaresState(y, l.weight, intercept)}
}

// weightedSquaresTerm is r = w (z - y) with c the weighted mean of y - F u. The weights
// of its side are w.
type weightedSquaresTerm struct{ squaresState }

func (t *weightedSquaresTerm) weight() []float64 { return t.one[0].Weight }

func (t *weightedSquaresTerm) Update(f []float64) {
	floats.SubTo(t.r, f, t.y)
	if t.intercept {
		t.c = -floats.Dot(t.weight(), t.r) / floats.Sum(t.weight())
		floats.AddConst(t.c, t.r)
	}
	floats.Mul(t.r, t.weight())
}

func (t *weightedSquaresTerm) offsets(fdu []float64) {
	if t.intercept {
		t.one[0].offset = -floats.Dot(t.weight(), fdu) / floats.Sum(t.weight())
	}
}

// Clone shares r, which Update writes before it is read.
func (t *weightedSquaresTerm) Clone() DataTerm {
	c := *t
	return &c
}
