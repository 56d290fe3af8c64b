package solver

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"multigrade/hyperplane"
)

// multiple is a dual point t nu and the dual function there.
type multiple struct{ t, value float64 }

// bestMultiple maximises the concave D(t nu) over t in [0, limit] by golden
// section, t nu staying a relative 2^-40 inside the domain of D.
func bestMultiple(l Loss, nu, y []float64, limit float64) multiple {
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

// certifyLoss is certify for the losses other than squares.
func certifyLoss(p *Problem, pr *pricer, nu []float64) (Certificate, float64) {
	const room = 1 + 0x1p-49 // rounding of n beta, of t nu and of t mu
	lambda := float64(len(nu)) * p.Beta / room
	limit := math.Inf(1)
	if m := pr.largest(); m > 0 {
		limit = lambda / m
	}
	t := bestMultiple(p.loss(), nu, p.Y, limit).t
	cert := Certificate{Nu: make([]float64, len(nu))}
	floats.ScaleTo(cert.Nu, t, nu)
	if p.Intercept {
		sumToZeroWithin(cert.Nu)
	}
	bound := p.loss().Dual(cert.Nu, p.Y) - p.loss().dualError(cert.Nu, p.Y)
	if !(bound > 0) {
		return Certificate{Nu: make([]float64, len(nu))}, 0
	}
	for j, mu := range pr.mu {
		if len(mu) == 0 {
			continue
		}
		b := pr.blocks[j]
		scaled := make([]hyperplane.Multiplier, len(mu))
		for k, m := range mu {
			scaled[k] = hyperplane.Multiplier{Row: m.Row, Value: t * m.Value}
		}
		cert.Multipliers = append(cert.Multipliers, CellMultipliers{Cell: b.cell, Sign: int(b.sign), Mu: scaled})
	}
	return cert, bound
}

// sumToZeroWithin is sumToZero that leaves zeros and the small entries alone, so
// that no entry crosses 0: what is missing goes to the entries of at least a
// thousandth of the largest, which keep their distance to the ends of the
// domain.
func sumToZeroWithin(nu []float64) {
	largest := floats.Norm(nu, math.Inf(1))
	if largest == 0 {
		return
	}
	_, e := math.Frexp(largest)
	q := math.Ldexp(1, e-52)
	var sum int64 // exact modulo 2^64, and small
	k := make([]int64, len(nu))
	var big []int
	for i, v := range nu {
		k[i] = int64(math.Round(v / q))
		sum += k[i]
		if math.Abs(v) > 1e-3*largest {
			big = append(big, i)
		}
	}
	for sum != 0 {
		step := sum / int64(len(big))
		if step == 0 {
			step = sign(sum)
		}
		for _, i := range big {
			if sum == 0 {
				break
			}
			k[i] -= step
			sum -= step
		}
	}
	for i, v := range k {
		nu[i] = float64(v) * q
	}
}

// IdleDual is a dual point that goes with the best network without neurons, a
// constant or nothing: an element of -n dL there (n values), y less its mean for
// squares. The network is optimal from beta = m(nu)/n on.
func IdleDual(p *Problem) []float64 {
	_, nu := idleDual(p)
	return nu
}

// idleDual is the constant of the best network without neurons and a dual point
// that goes with it.
func idleDual(p *Problem) (c float64, nu []float64) {
	nu = make([]float64, len(p.Y))
	if p.Intercept {
		c = p.loss().Constant(nu, p.Y)
	}
	p.loss().idle(nu, p.Y, c, p.Intercept)
	return c, nu
}
