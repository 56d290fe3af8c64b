package solver

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
	if t := bestMultiple(p.loss(), nu, p.Y, largestScale(lambda, b.Upper)).t; t > 0 {
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
