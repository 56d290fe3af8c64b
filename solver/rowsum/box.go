package rowsum

import (
	"math"

	"multigrade/solver/internal/loss"
)

// Box is what the interior-point method keeps for the rows of a boxed loss, one with kinks, the
// barrier of its dual variables: the slopes r = -nu of n L strictly inside their boxes, and
// multipliers low, high > 0 of the bounds,
//
//	e = z - y - q r = high - low,   low (r - a) = high (b - r) = mu     on the central path.
//
// It stays with the rows: the one state of passes there is.
type Box struct {
	Loss         loss.Loss
	Boxed        loss.Boxed // of Loss
	R, Low, High Column     // n
}

// NewBox keeps n rows in the store; nil for losses that are not boxed.
func NewBox(l loss.Loss, store Store, n int) *Box {
	boxed, ok := loss.NewBoxed(l)
	if !ok {
		return nil
	}
	return &Box{l, boxed, store.Column(n), store.Column(n), store.Column(n)}
}

func (x *Box) kept() []Column { return []Column{x.R, x.Low, x.High} }

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

// start takes slopes inside, at complementarity mu.
func (x *Box) start(kept [][]float64, y []float64, mu float64) {
	for i, y := range y {
		a, b := x.Boxed.Box(y)
		r := x.Boxed.Inside(y)
		kept[0][i], kept[1][i], kept[2][i] = r, mu/(r-a), mu/(b-r)
	}
}

// newton sets the step of every row.
func (x *Box) newton(of []newtonRow, kept [][]float64, z, y []float64) {
	for i := range of {
		r := x.row(kept, i, z[i], y[i])
		of[i] = newtonRow{r: r.r, g: r.r + r.w*r.e, h: r.w * (1/r.above - 1/r.below), w: r.w, complementarity: r.low*r.above + r.high*r.below}
	}
}

// pairs sets the numbers that stay positive, and their steps, for a step of row i.
func (x *Box) pairs(of *[4][2]float64, kept [][]float64, i int, z, y float64, s rowStep) {
	r := x.row(kept, i, z, y)
	dr, dlow, dhigh := r.step(s)
	*of = [4][2]float64{{r.low, dlow}, {r.high, dhigh}, {r.above, dr}, {r.below, -dr}}
}

// advance goes the length of a step.
func (x *Box) advance(kept [][]float64, i int, z, y float64, s rowStep, length float64) {
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
