package loss

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// multiple is a dual point t nu and the dual function there.
type multiple struct{ T, Value float64 }

// LargestScale is the largest t with t m <= lambda.
func LargestScale(lambda, m float64) float64 {
	if m > 0 {
		return lambda / m
	}
	return math.Inf(1)
}

// BestSquares maximises t nu'y/n - t^2 |nu|^2/(2n) over t in [0, limit].
func BestSquares(nu, y []float64, limit float64) multiple {
	a, b, n := floats.Dot(nu, y), floats.Dot(nu, nu), float64(len(nu))
	if b == 0 {
		return multiple{1, 0}
	}
	t := math.Min(math.Max(a/b, 0), limit)
	return multiple{t, (t*a - t*t*b/2) / n}
}

// BestMultiple maximises the concave D(t nu) over t in [0, limit], other than
// for squares by golden section, t nu staying a relative 2^-40 inside the domain
// of D.
func BestMultiple(l Loss, nu, y []float64, limit float64) multiple {
	if l == Squared {
		return BestSquares(nu, y, limit)
	}
	scaled := make([]float64, len(nu))
	at := func(t float64) multiple {
		floats.ScaleTo(scaled, t, nu)
		return multiple{t, l.Dual(scaled, y)}
	}
	best := multiple{0, 0}
	keep := func(m multiple) {
		if m.Value > best.Value {
			best = m
		}
	}
	end := min(limit, l.Extent(nu, y)*(1-0x1p-40))
	if math.IsInf(end, 1) { // nothing limits squares with weights where no block has a row
		keep(at(1))
		return best
	}
	if !(end > 0) {
		return best
	}
	keep(at(end))
	if best.T == end && at(end*(1-0x1p-20)).Value < best.Value {
		return best // it rises all the way
	}
	keep(at(min(1, end)))
	const ratio = 0.6180339887498949
	lo, hi := 0.0, end
	a, b := at(hi-ratio*(hi-lo)), at(lo+ratio*(hi-lo))
	for range 40 {
		if a.Value < b.Value {
			lo, a = a.T, b
			b = at(lo + ratio*(hi-lo))
		} else {
			hi, b = b.T, a
			a = at(hi - ratio*(hi-lo))
		}
		if hi-lo <= 1e-9*end {
			break
		}
	}
	keep(a)
	keep(b)
	return best
}

// NullModel is the constant of the best network without neurons, 0 without an
// intercept, and a dual point that goes with it.
func NullModel(l Loss, y []float64, intercept bool) (c float64, nu []float64) {
	nu = make([]float64, len(y))
	if intercept {
		c = l.Constant(nu, y)
	}
	l.NullDual(nu, y, c, intercept)
	return c, nu
}
