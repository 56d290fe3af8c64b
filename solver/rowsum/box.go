package rowsum

import (
	"math"

	"multigrade/solver/internal/loss"
)

// Box is the barrier of a boxed loss: the slopes r strictly inside their boxes, and multipliers
// low, high > 0 of the bounds,
//
//	e = z - y - q r = high - low,   low (r - a) = high (b - r) = mu     on the central path.
type Box struct {
	Loss         loss.Loss
	Boxed        loss.Boxed // of Loss
	R, Low, High Column     // n
}

var _ Barrier = (*Box)(nil)

// Slopes is Barrier's.
func (x *Box) Slopes() Column    { return x.R }
func (x *Box) columns() []Column { return []Column{x.R, x.Low, x.High} }
func (x *Box) maximum() bool     { return false }

func (x *Box) value(z, y []float64) float64 { return float64(len(y)) * x.Loss.Value(z, y) }
func (x *Box) dual(nu, y []float64) float64 { return float64(len(y)) * x.Loss.Dual(nu, y) }

// boxRow is a row with h = 1/(r - a) and k = 1/(b - r):
//
//	w  = 1/(q + low h + high k)
//	r + dr = r + w (e + target (h - k) + dz)
type boxRow struct{ r, low, high, above, below, w, e float64 }

func (x *Box) row(kept [][]float64, i int, z, y float64) boxRow {
	a, b := x.Boxed.Box(y)
	r := boxRow{r: kept[0][i], low: kept[1][i], high: kept[2][i]}
	r.above, r.below, r.e = r.r-a, b-r.r, z-y-x.Boxed.Q*r.r
	r.w = 1 / (x.Boxed.Q + r.low/r.above + r.high/r.below)
	return r
}

// step is dr, dlow and dhigh.
func (r *boxRow) step(s rowStep) (dr, dlow, dhigh float64) {
	dr = r.w * (r.e + s.target*(1/r.above-1/r.below) + s.dz)
	dlow = s.target/r.above - r.low - r.low/r.above*dr
	dhigh = s.target/r.below - r.high + r.high/r.below*dr
	return dr, dlow, dhigh
}

// start takes slopes inside.
func (x *Box) start(kept [][]float64, _, y []float64, _, mu float64) {
	for i, y := range y {
		a, b := x.Boxed.Box(y)
		r := x.Boxed.Inside(y)
		kept[0][i], kept[1][i], kept[2][i] = r, mu/(r-a), mu/(b-r)
	}
}

func (x *Box) newton(of []newtonRow, kept [][]float64, z, y []float64, _ float64) {
	for i := range of {
		r := x.row(kept, i, z[i], y[i])
		of[i] = newtonRow{r: r.r, g: r.r + r.w*r.e, h: r.w * (1/r.above - 1/r.below), w: r.w, complementarity: r.low*r.above + r.high*r.below}
	}
}

func (x *Box) pairs(of *[4][2]float64, kept [][]float64, i int, z, y, _ float64, s rowStep) {
	r := x.row(kept, i, z, y)
	dr, dlow, dhigh := r.step(s)
	*of = [4][2]float64{{r.low, dlow}, {r.high, dhigh}, {r.above, dr}, {r.below, -dr}}
}

func (x *Box) advance(kept [][]float64, i int, z, y, _ float64, s rowStep, length float64) {
	r := x.row(kept, i, z, y)
	dr, dlow, dhigh := r.step(s)
	a, b := x.Boxed.Box(y)
	// r by the nearer bound, so that its distance from it keeps its digits
	next := b - (r.below - length*dr)
	if r.above < r.below {
		next = a + (r.above + length*dr)
	}
	kept[0][i] = min(max(next, math.Nextafter(a, b)), math.Nextafter(b, a))
	kept[1][i] = r.low + length*dlow
	kept[2][i] = r.high + length*dhigh
}
