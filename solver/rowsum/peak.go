package rowsum

import (
	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/loss"
)

// Peak is the barrier of the largest deviation: n tau over a level tau, with multipliers plus,
// minus > 0 of
//
//	up = tau - (z - y) > 0,   down = tau + (z - y) > 0,   r = plus - minus,
//	plus up = minus down = mu     on the central path, and sum (plus + minus) = n.
type Peak struct{ R, Plus, Minus Column }

var _ Barrier = (*Peak)(nil)

// Slopes is Barrier's.
func (x *Peak) Slopes() Column    { return x.R }
func (x *Peak) columns() []Column { return []Column{x.R, x.Plus, x.Minus} }
func (x *Peak) maximum() bool     { return true }

func (x *Peak) value(z, y []float64) float64 { return loss.LInf.Value(z, y) }
func (x *Peak) dual(nu, y []float64) float64 { return floats.Dot(nu, y) }

// peakRow is a row.
type peakRow struct{ plus, minus, up, down float64 }

func (x *Peak) row(kept [][]float64, i int, z, y, tau float64) peakRow {
	return peakRow{kept[1][i], kept[2][i], tau - (z - y), tau + (z - y)}
}

// step is that of plus, minus, up and down:
//
//	plus + dplus = (target - plus dup)/up,   minus + dminus = (target - minus ddown)/down.
func (r *peakRow) step(s rowStep) (dplus, dminus, dup, ddown float64) {
	dup, ddown = s.dtau-s.dz, s.dtau+s.dz
	return (s.target-r.plus*dup)/r.up - r.plus, (s.target-r.minus*ddown)/r.down - r.minus, dup, ddown
}

func (x *Peak) start(kept [][]float64, z, y []float64, tau, mu float64) {
	for i := range y {
		plus, minus := mu/(tau-(z[i]-y[i])), mu/(tau+(z[i]-y[i]))
		kept[0][i], kept[1][i], kept[2][i] = plus-minus, plus, minus
	}
}

func (x *Peak) newton(of []newtonRow, kept [][]float64, z, y []float64, tau float64) {
	for i := range of {
		r := x.row(kept, i, z[i], y[i], tau)
		p, m := r.plus/r.up, r.minus/r.down
		of[i] = newtonRow{r: kept[0][i], h: 1/r.up - 1/r.down, w: p + m, v: p - m, complementarity: r.plus*r.up + r.minus*r.down, inverse: 1/r.up + 1/r.down}
	}
}

func (x *Peak) pairs(of *[4][2]float64, kept [][]float64, i int, z, y, tau float64, s rowStep) {
	r := x.row(kept, i, z, y, tau)
	dplus, dminus, dup, ddown := r.step(s)
	*of = [4][2]float64{{r.plus, dplus}, {r.minus, dminus}, {r.up, dup}, {r.down, ddown}}
}

func (x *Peak) advance(kept [][]float64, i int, z, y, tau float64, s rowStep, length float64) {
	r := x.row(kept, i, z, y, tau)
	dplus, dminus, _, _ := r.step(s)
	kept[1][i], kept[2][i] = r.plus+length*dplus, r.minus+length*dminus
	kept[0][i] = kept[1][i] - kept[2][i]
}
