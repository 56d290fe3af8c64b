package run

import (
	"fmt"

	"multigrade/proofs/internal/certificate"
)

// ClaimMonotone is the claim of a run whose loss is Monotone.
const ClaimMonotone = "monotone" // |e_k| <= |e_{k-1}| at every training row, as float64 numbers

// monotone: no training residual of the grade is larger than before.
func (r *runChecker) monotone(g *modelGrade, before [][]float64) {
	if r.model.Loss != certificate.Monotone {
		return
	}
	for t, e := range r.parts[0].e {
		var err error
		for i, v := range e {
			if !(certificate.Abs(v) <= certificate.Abs(before[t][i])) {
				err = fmt.Errorf("training row %d: |e| rises from %v to %v", i, certificate.Abs(before[t][i]), certificate.Abs(v))
				break
			}
		}
		r.judge(ClaimMonotone, g.scope(t)+" train", fmt.Sprintf("|e| rises at none of %d samples", len(e)), err)
	}
}
