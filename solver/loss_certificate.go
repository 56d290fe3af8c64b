package solver

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// multiple is a dual point t nu and the dual function there.
type multiple struct{ t, value float64 }

// largestScale is the largest t with t m <= lambda.
func largestScale(lambda, m float64) float64 {
	if m > 0 {
		return lambda / m
	}
	return math.Inf(1)
}

// bestSquares maximises t nu'y/n - t^2 |nu|^2/(2n) over t in [0, limit].
func bestSquares(nu, y []float64, limit float64) multiple {
	a, b, n := floats.Dot(nu, y), floats.Dot(nu, nu), float64(len(nu))
	if b == 0 {
		return multiple{1, 0}
	}
	t := math.Min(math.Max(a/b, 0), limit)
	return multiple{t, (t*a - t*t*b/2) / n}
}

// bestMultiple maximises the concave D(t nu) over t in [0, limit], other than
// for squares by golden section, t nu staying a relative 2^-40 inside the domain
// of D.
func bestMultiple(l Loss, nu, y []float64, limit float64) multiple {
	if l == Squared {
		return bestSquares(nu, y, limit)
	}
	scaled := make([]float64, len(nu))
	at := func(t float64) multiple {
		floats.ScaleTo(scaled, t, nu)
		return multiple{t, l.Dual(scaled, y)}
	}
	best := multiple{0, 0}
	keep := func(m multiple) {
		if m.value > best.value {
			best = m
		}
	}
	end := min(limit, l.extent(nu, y)*(1-0x1p-40))
	if math.IsInf(end, 1) || !(end > 0) {
		return best
	}
	keep(at(end))
	keep(at(min(1, end)))
	const ratio = 0.6180339887498949
	lo, hi := 0.0, end
	a, b := at(hi-ratio*(hi-lo)), at(lo+ratio*(hi-lo))
	for range 40 {
		if a.value < b.value {
			lo, a = a.t, b
			b = at(lo + ratio*(hi-lo))
		} else {
			hi, b = b.t, a
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

// idlePoint is the constant of the best network without neurons, 0 without an
// intercept, and a dual point that goes with it.
func idlePoint(l Loss, y []float64, intercept bool) (c float64, nu []float64) {
	nu = make([]float64, len(y))
	if intercept {
		c = l.Constant(nu, y)
	}
	l.idle(nu, y, c, intercept)
	return c, nu
}
