package run

import (
	"fmt"

	"multigrade/proofs/internal/certificate"
	"multigrade/proofs/internal/exact"
)

// ClaimDecomposed names the claim that an output's ReLU network, made from a gated
// one, has at most the objective stated, and how far that is from the bound.
const ClaimDecomposed = "decomposed"

// modelDecomposed marks an output whose certificate is about the gated program.
// Its network is then not the certificate's.
type modelDecomposed struct {
	Objective float64 `json:"objective"`
}

// activation of the program that output out of the grade has a certificate for.
func (g *modelGrade) activation(out *modelOutput) string {
	if out.Decomposed != nil {
		return certificate.Gated
	}
	return g.Activation
}

// formDecomposed: what is decomposed is a ReLU network, without a budget.
func (g *modelGrade) formDecomposed() error {
	for t := range g.Outputs {
		if o := &g.Outputs[t]; o.Decomposed != nil && (g.Activation != certificate.ReLU || o.Width != nil) {
			return fmt.Errorf("output %d: decomposed, with activation %s, width %v", t+1, g.Activation, o.Width != nil)
		}
	}
	return nil
}

// decomposed: the loss of output t and beta sum_j |alpha_j| |w_j| on X_k are at
// most the objective stated. The certificate's bound is one of the gated program,
// a relaxation of the ReLU program over the same patterns.
func (r *runChecker) decomposed(g *modelGrade, t int, x exact.Matrix, c *certificate.Certificate) {
	out := &g.Outputs[t]
	if out.Decomposed == nil {
		return
	}
	v := out.Decomposed.Objective
	detail := fmt.Sprintf("%d ReLU neurons, objective <= %v", len(out.Neurons), v)
	if c != nil {
		detail += fmt.Sprintf(", at most %.3g above that of any over the listed patterns", certificate.RelGap(v, c.Dual.Bound))
	}
	r.judge(ClaimDecomposed, g.scope(t), detail, r.objectiveAtMost(g, t, r.program(g, t, x), v))
}
