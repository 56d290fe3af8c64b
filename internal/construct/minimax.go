package construct

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/solver"
)

// minimax looks for a network of few neurons with a small largest error.
type minimax struct {
	x       *mat.Dense
	y       []float64
	neurons int
	seed    uint64
	start   *solver.Network // trained on if there is one
	effort  effort
}

// effort is how much a training takes: the surplus of neurons it begins with (solver.WidthOptions), and rounds of reweighting.
type effort struct {
	surplus float64
	rounds  int
}

// Few neurons on x are trained with much effort; on the hidden neurons of a grade, where there are as many weights as neurons squared and
// a step takes a second, with less: 32 neurons, sin(2 pi x) + |x - 1/3|/2, four grades leave 4.3e-5 in 93 s with the first.
var (
	onInputs   = effort{4, 40}
	onFeatures = effort{2, 12}
)

const (
	// minimaxBeta keeps neurons that undo each other apart; targets are of size 1.
	minimaxBeta = 1e-8
	// lawsonSteps of training go with each reweighting.
	lawsonSteps = 10
)

// run returns the best network met.
func (m *minimax) run(ctx context.Context) (*solver.Network, error) {
	o := solver.DefaultWidthOptions(m.neurons)
	o.Seed, o.Surplus = m.seed, m.effort.surplus
	t, err := solver.NewFixedWidth(&solver.Problem{X: m.x, Y: m.y, Beta: minimaxBeta, Intercept: true}, o)
	if err != nil {
		return nil, fmt.Errorf("%d neurons at %d samples: %w", m.neurons, len(m.y), err)
	}
	start := m.start
	if start == nil {
		wide := t.Wide(ctx)
		start = &wide
	}
	best := t.Shrink(ctx, *start)
	e := m.errors(&best)
	least, now := floats.Norm(e, math.Inf(1)), best
	weight := make([]float64, len(m.y))
	floats.AddConst(1, weight)
	for k := 0; k < m.effort.rounds && ctx.Err() == nil && reweight(weight, e); k++ {
		if now, err = m.weighted(ctx, now, weight); err != nil {
			return nil, err
		}
		e = m.errors(&now)
		if largest := floats.Norm(e, math.Inf(1)); largest < least {
			best, least = now, largest
		}
	}
	return &best, nil
}

// reweight multiplies the weights by the absolute errors and brings their mean to 1; false if nothing is left.
func reweight(weight, e []float64) bool {
	for i, v := range e {
		weight[i] *= math.Abs(v)
	}
	sum := floats.Sum(weight)
	if !(sum > 0) {
		return false
	}
	floats.Scale(float64(len(weight))/sum, weight)
	return true
}

// weighted trains on with the weights, holding the constant.
func (m *minimax) weighted(ctx context.Context, net solver.Network, weight []float64) (solver.Network, error) {
	rows, cols := m.x.Dims()
	x, y := mat.NewDense(rows, cols, nil), make([]float64, rows)
	for i, w := range weight {
		c := math.Sqrt(w)
		floats.ScaleTo(x.RawRowView(i), c, m.x.RawRowView(i))
		y[i] = c * (m.y[i] - net.Constant)
	}
	o := solver.DefaultWidthOptions(m.neurons)
	o.FinalSteps = lawsonSteps
	t, err := solver.NewFixedWidth(&solver.Problem{X: x, Y: y, Beta: minimaxBeta}, o)
	if err != nil {
		return net, err
	}
	next := t.Shrink(ctx, solver.Network{Activation: net.Activation, Neurons: net.Neurons})
	next.Constant = net.Constant
	return next, nil
}

// errors are y less the network's values.
func (m *minimax) errors(net *solver.Network) []float64 {
	e := make([]float64, len(m.y))
	for i, v := range m.y {
		e[i] = v - net.Constant
		for _, u := range net.Neurons {
			e[i] -= u.Alpha * math.Max(0, floats.Dot(u.W, m.x.RawRowView(i)))
		}
	}
	return e
}
