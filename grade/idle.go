package grade

import (
	"math"

	"multigrade/solver"
)

// Below roundingGain times sum_i |nu_i| ||x_i|| / n, nu the dual point of the zero
// network, a beta_max promises nothing: what a neuron takes off the objective is about
// the square of that, relative to it, and float64 does not show 2^-53.
const roundingGain = 0x1p-26

// idleBeta is the least beta that shows the zero network to be optimal in spite of
// rounding, for a program in which nothing can be gained. Where there is no residual
// left any beta does.
func (p *program) idleBeta() float64 {
	sum := 0.0
	for i, v := range solver.IdleDual(p.Problem) {
		values, _ := rowOf(p.X, i)
		square := 0.0
		for _, x := range values {
			square += float64(x * x)
		}
		sum += float64(math.Abs(v) * math.Sqrt(square))
	}
	if n := float64(len(p.Y)); sum > 0 {
		return roundingGain * sum / n
	}
	return roundingGain
}
