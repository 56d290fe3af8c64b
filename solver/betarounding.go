package solver

import (
	"math"

	"multigrade/solver/internal/operator"
)

// roundingGain times sum_i |nu_i| |x_i| / n, nu the dual point of the zero network, is
// below what a beta_max can promise: what a neuron takes off the objective is about the
// square of that, relative to it, and float64 does not show 2^-53.
const roundingGain = 0x1p-26

// BetaRounding is the least beta that shows the zero network to be optimal in spite of
// rounding, for a program in which nothing can be gained: one whose beta_max is not
// larger. Where there is no residual left any beta does.
func BetaRounding(p *Problem) (float64, error) {
	x, err := p.Design()
	if err != nil {
		return 0, err
	}
	sum := 0.0
	norms := operator.RowNorms(x)
	for i, v := range NullDual(p) {
		sum += float64(math.Abs(v) * norms[i])
	}
	return betaRounding(sum, len(p.Y)), nil
}

// betaRounding goes with sum_i |nu_i| |x_i| over n rows.
func betaRounding(sum float64, n int) float64 {
	if sum > 0 {
		return roundingGain * sum / float64(n)
	}
	return roundingGain
}
