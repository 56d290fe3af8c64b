package program

import (
	"multigrade/solver/internal/loss"
)

// NullDual is a dual point that goes with the best network without neurons, a
// constant or nothing: an element of -n dL there (n values), y less its mean for
// squares. The network is optimal from beta = m(nu)/n on.
func NullDual(p *Problem) []float64 {
	_, nu := loss.NullModel(p.LossOrSquared(), p.Y, p.Intercept)
	return nu
}
