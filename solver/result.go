package solver

import (
	"multigrade/solver/internal/program"
)

// Result is what Solve found, with the proof of how good it is.
type Result struct {
	Status Status
	// Method names the inner method and the linear system it chose.
	Method string
	// Iterations of the inner method, summed over the rounds.
	Iterations int
	// Primal is an upper bound, proved with all rounding errors, of the
	// objective of Network in the program; Dual a proved lower bound of the
	// program's optimum; RelGap as the function of that name.
	Primal, Dual, RelGap float64
	// OwnObjective is the objective of Network as a network: its loss with
	// relu(Xw) evaluated from scratch and weight decay
	// beta/2 sum |w_j|^2 + alpha_j^2 (gated: beta sum |u_j|).
	OwnObjective float64
	// Network is the recovered two-layer network.
	Network program.Network
	// Certificate proves Dual.
	Certificate program.Certificate
}

// ZeroObjective is the objective of the zero network in p, rounded up.
func ZeroObjective(p *Problem) float64 {
	n := len(p.Y)
	return zeroObjective(p.LossOrSquared().Value(make([]float64, n), p.Y), n)
}

// zeroObjective is the loss of n targets by themselves, rounded up.
func zeroObjective(loss float64, n int) float64 { return loss * (1 + float64(n+16)*0x1p-52) }

// WithoutNeurons is r with its lower bound and, in the place of the network, the zero
// network of p. An Optimal that this leaves with a gap of more than tol is Stalled.
func (r *Result) WithoutNeurons(p *Problem, tol float64) *Result {
	return r.withZero(ZeroObjective(p), tol)
}

// WithoutNeuronsOf is WithoutNeurons for a program whose n targets have that loss by
// themselves.
func (r *Result) WithoutNeuronsOf(loss float64, n int, tol float64) *Result {
	return r.withZero(zeroObjective(loss, n), tol)
}

func (r *Result) withZero(objective, tol float64) *Result {
	return r.with(&program.Network{Activation: r.Network.Activation}, objective, objective, tol)
}

// WithNetwork is r with its lower bound and, in the place of the network, another one of
// units that are not gated, in cells of p. An Optimal that this leaves with a gap of more
// than tol is Stalled.
func (r *Result) WithNetwork(p *Problem, net *Network, tol float64) (*Result, error) {
	x, err := p.Design()
	if err != nil {
		return nil, err
	}
	primal, own := program.ObjectivesAbove(p, x, net)
	return r.with(net, primal, own, tol), nil
}

func (r *Result) with(net *program.Network, primal, own, tol float64) *Result {
	out := *r
	out.Network, out.Primal, out.OwnObjective = *net, primal, own
	out.RelGap = RelGap(primal, out.Dual)
	if out.Status == Optimal && out.RelGap > tol {
		out.Status = Stalled
	}
	return &out
}
