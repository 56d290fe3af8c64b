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
	lambda := p.Beta * float64(len(nu)) / (1 + globalMargin)
	cert = b.Certificate
	if t := globalScale(p, nu, lambda, b.Upper); t > 0 {
		scaled, bound = scaledDual(p, nu, t)
		up := t * (1 + globalMargin/4)
		cert.QuadraticPlus, cert.QuadraticMinus = cert.QuadraticPlus.times(up), cert.QuadraticMinus.times(up)
	}
	if !(bound > 0) {
		cert.QuadraticPlus = Quadratic{Scale: 1, Mu: lambda / 4, Tau: lambda / 4} // enough for 0
		cert.QuadraticMinus = cert.QuadraticPlus
		return make([]float64, len(nu)), cert, 0
	}
	return scaled, cert, bound
}

// globalScale is the t with the largest D(t nu) among those with t m <= lambda.
func globalScale(p *Problem, nu []float64, lambda, m float64) float64 {
	if p.loss() == Squared {
		t, _ := bestScale(nu, p.Y, lambda, m)
		return t
	}
	limit := math.Inf(1)
	if m > 0 {
		limit = lambda / m
	}
	return bestMultiple(p.loss(), nu, p.Y, limit).t
}

// scaledDual is t nu, made to sum to zero where there is an intercept, and a
// proved lower bound of D there.
func scaledDual(p *Problem, nu []float64, t float64) (scaled []float64, bound float64) {
	scaled = make([]float64, len(nu))
	floats.ScaleTo(scaled, t, nu)
	if p.loss() == Squared {
		if p.Intercept {
			sumToZero(scaled)
		}
		return scaled, dualLowerBound(scaled, p.Y)
	}
	if p.Intercept {
		sumToZeroWithin(scaled)
	}
	return scaled, p.loss().Dual(scaled, p.Y) - p.loss().dualError(scaled, p.Y)
}
