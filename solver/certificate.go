package solver

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"multigrade/hyperplane"
)

// certify turns the residual direction nu, priced by pr, into a feasible dual
// point and the bound it proves: t nu with the t that maximises D(t nu) among
// those for which t m(nu) <= n beta, the multipliers scaled alike. The result
// is feasible in exact arithmetic: every rounding error is paid for by a
// slightly smaller t. cutoff is that of the pricing call.
//
// Without a positive feasible t the bound is D(0) = 0.
func certify(p *Problem, pr *pricer, nu []float64) (Certificate, float64) {
	if p.loss() != Squared {
		return certifyLoss(p, pr, nu)
	}
	const room = 1 + 0x1p-49 // rounding of n beta, of t nu and of t mu
	lambda := float64(len(nu)) * p.Beta / room
	t, _ := bestScale(nu, p.Y, lambda, pr.largest())
	if !(t > 0) {
		return Certificate{Nu: make([]float64, len(nu))}, 0
	}
	cert := Certificate{Nu: make([]float64, len(nu))}
	floats.ScaleTo(cert.Nu, t, nu)
	if p.Intercept {
		sumToZero(cert.Nu)
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
	return cert, dualLowerBound(cert.Nu, p.Y)
}

// dualLowerBound is D(nu) less a bound of its rounding error.
func dualLowerBound(nu, y []float64) float64 {
	value, size := 0.0, 0.0
	for i, v := range nu {
		value += v * (y[i] - v/2)
		size += math.Abs(v) * (math.Abs(y[i]) + math.Abs(v)/2)
	}
	n := float64(len(nu))
	return (value - roundoff(len(nu)+2)*size) / n
}

// sumToZero changes nu by about one unit in the last place of its largest entry
// so that its entries sum to zero exactly. They become multiples k_i q of a
// common q with |k_i| < 2^53; the sum of the k_i, a small integer when nu is
// centred, is then taken off one by one.
func sumToZero(nu []float64) {
	largest := floats.Norm(nu, math.Inf(1))
	if largest == 0 {
		return
	}
	_, e := math.Frexp(largest)
	q := math.Ldexp(1, e-52)
	var sum int64 // exact modulo 2^64, and small
	k := make([]int64, len(nu))
	for i, v := range nu {
		k[i] = int64(math.Round(v / q))
		sum += k[i]
	}
	for sum != 0 {
		step := sum / int64(len(k))
		if step == 0 {
			step = sign(sum)
		}
		for i := 0; i < len(k) && sum != 0; i++ {
			k[i] -= step
			sum -= step
		}
	}
	for i, v := range k {
		nu[i] = float64(v) * q
	}
}

func sign(v int64) int64 {
	if v < 0 {
		return -1
	}
	return 1
}
