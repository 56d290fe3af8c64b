package solver

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/blas/blas64"
)

// reached is the iterate of an interior point with the least gap. Near the end,
// where rounding spoils the steps, the last iterate is often not the best.
type reached struct {
	gap       float64
	mu        float64 // complementarity
	c         float64
	t, minusR []float64
	u         blas64.General
}

func newReached(ip *interior) *reached {
	return &reached{gap: math.Inf(1), t: slices.Clone(ip.t), minusR: slices.Clone(ip.minusR), u: cloneGeneral(ip.u)}
}

// note keeps the iterate if its gap is the least so far.
func (r *reached) note(ip *interior) {
	gap := RelGap(ip.primal, ip.dual)
	if !(gap < r.gap) {
		return
	}
	r.gap, r.mu, r.c = gap, ip.complementarity(), ip.c
	copy(r.t, ip.t)
	copy(r.minusR, ip.minusR)
	copy(r.u.Data, ip.u.Data)
}
