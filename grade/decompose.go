package grade

import (
	"context"
	"time"

	"multigrade/solver"
)

// With gated activation and several grades every gated optimum is decomposed into
// ReLU neurons, at most two for a gated unit (solver.Decompose), so that the
// model is a ReLU network. The gated program is a relaxation of the ReLU program
// over the same patterns: its lower bound is one for the decomposed network, too.

// Decomposed is what an output's network, decomposed from a gated one, reaches in
// the ReLU program.
type Decomposed struct {
	Objective float64 `json:"objective"` // at least loss + beta sum_j |alpha_j| |w_j|
}

// Decomposition is the account of a decomposed output.
type Decomposition struct {
	// Objective is an upper bound of the network's objective in the ReLU program,
	// RelGap its distance from the gated program's lower bound over the listed
	// patterns: how far it can at most be from the ReLU optimum over them.
	Objective, RelGap float64
	// Factor is the sum of the group norms over that of the gated network.
	Factor float64
	// Units of the gated network.
	Units int
}

// decomposes reports whether gated networks become ReLU networks.
func (o *Options) decomposes() bool { return o.Activation.Gated && o.Grades > 1 }

// unit is the activation of the model's neurons.
func (o *Options) unit() solver.Activation {
	if o.decomposes() {
		return solver.ReLU
	}
	return o.Activation
}

// decompose returns the output with the ReLU network of the program's gated one
// or, if that would raise the training loss, what replaces it.
func (t *trainer) decompose(ctx context.Context, p *program) (Output, error) {
	grace := solver.DefaultGlobalOptions().Grace / time.Duration(len(t.splits[0].e))
	d, err := solver.Decompose(ctx, grace, p.Problem, p.result.Network, p.result.Dual)
	if err != nil {
		return Output{}, err
	}
	out := newOutput(p.Beta, &d.Network)
	if t.raises(p, &out) {
		relu := *p.Problem
		relu.Activation = solver.ReLU
		r, err := t.replace(p, &relu, &solver.Result{Network: d.Network, Dual: d.Dual})
		if err != nil {
			return Output{}, err
		}
		out, d.Primal, d.RelGap = newOutput(p.Beta, &r.Network), r.Primal, r.RelGap
	}
	out.Decomposed = &Decomposed{Objective: d.Primal}
	p.account.Decomposition = &Decomposition{Objective: d.Primal, RelGap: d.RelGap, Factor: d.Factor, Units: len(p.result.Network.Neurons)}
	return out, nil
}

// plus is the account of two outputs together, without gap and factor; d may be
// nil.
func (d *Decomposition) plus(o *Decomposition) *Decomposition {
	switch {
	case o == nil:
		return d
	case d == nil:
		d = new(Decomposition)
	}
	return &Decomposition{Objective: d.Objective + o.Objective, Factor: max(d.Factor, o.Factor), Units: d.Units + o.Units}
}
