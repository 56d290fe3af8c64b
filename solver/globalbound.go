package solver

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// GlobalBound is a lower bound of the optimum of the training problem over all
// activation patterns, not only the listed ones, from the certificate's nu
// alone. For ReLU it scales nu by the closed-form bound of
// m(nu) = max_{|w| <= 1} |nu'relu(Xw)| (see Quadratic). For gated units
// |X'D nu| <= sqrt(lambda_max(X'X)) |nu| is used. It always holds and is loose:
// gaps of tens of percent are common.
func GlobalBound(p *Problem, nu []float64) (float64, error) {
	x, err := newDesign(p.X)
	if err != nil {
		return 0, err
	}
	n := len(nu)
	var m float64
	if p.Activation == ReLU {
		m = newClosedForm(x, nu).bound
	} else {
		ones := make([]float64, n)
		for i := range ones {
			ones[i] = 1
		}
		m = math.Sqrt(largestEigenvalue(x, ones)) * floats.Norm(nu, 2)
	}
	limit := largestScale(p.Beta*float64(n)/(1+0x1p-40), m)
	_, bound := scaledDual(p, nu, bestMultiple(p.loss(), nu, p.Y, limit).t)
	return math.Max(0, bound), nil
}
