package admm

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/program"
)

// penaltySteps is the base-2 logarithm of the steps in which penalties are scaled: y of
// ordinary size leave the penalty with which the settings were measured.
const penaltySteps = 10

// penaltyUnit is the unit of rho, the size of a multiplier over that of a prediction:
// |nu| over |y - c| of the null model, to the nearest power of 2^penaltySteps. It is 1
// for squares and for labels, whose scale is given, and 1/s for l1 and linf with y of
// size s.
func penaltyUnit(p *program.Problem) float64 {
	l := p.LossOrSquared()
	if l.Labels() {
		return 1
	}
	c, nu := loss.NullModel(l, p.Y, p.Intercept)
	from := append([]float64(nil), p.Y...)
	floats.AddConst(-c, from)
	steps := math.Round(math.Log2(floats.Norm(nu, 2)/floats.Norm(from, 2)) / penaltySteps)
	if math.IsNaN(steps) || math.IsInf(steps, 0) {
		return 1 // the null model is exact, or y not in the range of float64
	}
	return math.Ldexp(1, penaltySteps*int(steps))
}
