package solver

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// globalMargin is the relative room between a scaled dual point and n beta: for
// the rounding errors of whoever checks the trees again.
const globalMargin = 1e-9

// GlobalDual scales nu into feasibility for all patterns, given a bound of
// m(nu): it returns t nu with t m(nu) <= n beta, summing to zero exactly where
// the problem has an intercept, the certificate of that, and the proved lower
// bound D(t nu) of the optimum over all patterns, at least 0.
func GlobalDual(p *Problem, nu []float64, b *NeuronBound) (scaled []float64, cert GlobalCertificate, bound float64) {
	scaled, cert = make([]float64, len(nu)), b.Certificate
	lambda := p.Beta * float64(len(nu)) / (1 + globalMargin)
	t, _ := bestScale(nu, p.Y, lambda, b.Upper)
	if !(t > 0) {
		cert.EigenPlus, cert.EigenMinus = 0, 0
		return scaled, cert, 0
	}
	floats.ScaleTo(scaled, t, nu)
	if p.Intercept {
		sumToZero(scaled)
	}
	up := t * (1 + globalMargin/4)
	cert.EigenPlus, cert.EigenMinus = up*cert.EigenPlus, up*cert.EigenMinus
	return scaled, cert, math.Max(0, dualLowerBound(scaled, p.Y))
}
