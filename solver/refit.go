package solver

import (
	"context"
	"fmt"

	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/program"
	"multigrade/solver/internal/refit"
)

// Refit returns a network of the ReLU program p of squares whose output weights and
// constant are the best for the directions of net, and an upper bound of its objective
// in p, with all rounding errors. p.Cells may be empty if no neuron has a cell. Where
// coordinate descent from the weights of net does not end below the zero network,
// because they cancel each other as they do in a network whose training was cut short,
// they are fitted from nothing. When ctx has
// ended they are fitted for a moment still.
func Refit(ctx context.Context, p *Problem, net *Network) (Network, float64, error) {
	if p.Activation.Gated || p.LossOrSquared() != loss.Squared {
		return Network{}, 0, fmt.Errorf("solver: output weights of a %v program with loss %s, want no gates and squared", p.Activation, p.LossOrSquared().Name())
	}
	x, err := p.Design()
	if err != nil {
		return Network{}, 0, err
	}
	units := refit.Units(net)
	products := refit.NewProducts(p, x, units)
	fit := refit.NewMasses(p, units, products, net.Constant)
	ctx, cancel := graced(ctx, grace)
	defer cancel()
	if fit.Run(ctx); !(fit.Objective() < ZeroObjective(p)) {
		for k := range units {
			units[k].Mass = 0
		}
		fit = refit.NewMasses(p, units, products, 0)
		fit.Run(ctx)
	}
	out := fit.Network(p.Activation)
	objective, _ := program.ObjectivesAbove(p, x, &out)
	return out, objective, nil
}
