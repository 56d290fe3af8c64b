package interior

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/blas/blas64"

	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// reached is the iterate of an interior point with the least gap. Near the end,
// where rounding spoils the steps, the last iterate is often not the best.
type reached struct {
	Gap       float64
	Mu        float64 // complementarity
	C         float64
	T, MinusR []float64
	U         blas64.General
}

func newReached(ip *Interior) *reached {
	return &reached{Gap: math.Inf(1), T: slices.Clone(ip.T), MinusR: slices.Clone(ip.minusR), U: operator.CloneGeneral(ip.u)}
}

// note keeps the iterate if its gap is the least so far.
func (r *reached) note(ip *Interior) {
	gap := program.RelGap(ip.Primal, ip.Dual)
	if !(gap < r.Gap) {
		return
	}
	r.Gap, r.Mu, r.C = gap, ip.complementarity(), ip.c
	copy(r.T, ip.T)
	copy(r.MinusR, ip.minusR)
	copy(r.U.Data, ip.u.Data)
}
