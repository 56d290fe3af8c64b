package train

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/solver/internal/program"
)

// MinimaxOptions are the settings of Minimax.
type MinimaxOptions struct {
	// Neurons is the budget and Surplus how many times it a training starts with, as in
	// WidthOptions, whose other settings are the default.
	Neurons int
	Surplus float64
	// Rounds >= 0 of reweighting.
	Rounds int
	// Seed of the candidates.
	Seed uint64
	// Start, if not nil, is trained on instead of a network of its own.
	Start *program.Network
}

const (
	// minimaxBeta keeps neurons that undo each other apart; targets are of size 1.
	minimaxBeta = 1e-8
	// lawsonSteps of training go with each reweighting.
	lawsonSteps = 10
)

// Minimax looks for a ReLU network of few neurons with a small largest error,
//
//	min  max_i |y_i - c - relu(x_i W')a|     over m <= Neurons rows w_j,
//
// for x (n x d) with a bias among its columns and targets of size about 1. Least squares
// within the budget come first; then, since what counts is the largest error, the method
// of Lawson (1961): least squares again and again with weights that grow where the error is
// large. A row and its target times sqrt(weight) is a row of the same kind, for
// relu(c z) = c relu(z); the constant, which is not, stays. The best network met is
// returned, the first one if ctx ends; it is good, not proved best.
func Minimax(ctx context.Context, x *mat.Dense, y []float64, o MinimaxOptions) (*program.Network, error) {
	w := DefaultWidthOptions(o.Neurons)
	w.Seed, w.Surplus = o.Seed, o.Surplus
	t, err := NewFixedWidth(&program.Problem{X: x, Y: y, Beta: minimaxBeta, Intercept: true}, w)
	if err != nil {
		return nil, fmt.Errorf("%d neurons at %d samples: %w", o.Neurons, len(y), err)
	}
	start := o.Start
	if start == nil {
		wide := t.Wide(ctx)
		start = &wide
	}
	m := &lawson{x: x, y: y, neurons: o.Neurons}
	best := t.Shrink(ctx, *start)
	e := m.errors(&best)
	least, now := floats.Norm(e, math.Inf(1)), best
	weight := make([]float64, len(y))
	floats.AddConst(1, weight)
	for k := 0; k < o.Rounds && ctx.Err() == nil && reweight(weight, e); k++ {
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

// lawson is what the rounds of reweighting have in common.
type lawson struct {
	x       *mat.Dense
	y       []float64
	neurons int
}

// reweight multiplies the weights by the absolute errors and brings their mean to 1;
// false if nothing is left.
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
func (m *lawson) weighted(ctx context.Context, net program.Network, weight []float64) (program.Network, error) {
	rows, cols := m.x.Dims()
	x, y := mat.NewDense(rows, cols, nil), make([]float64, rows)
	for i, w := range weight {
		c := math.Sqrt(w)
		floats.ScaleTo(x.RawRowView(i), c, m.x.RawRowView(i))
		y[i] = c * (m.y[i] - net.Constant)
	}
	o := DefaultWidthOptions(m.neurons)
	o.FinalSteps = lawsonSteps
	t, err := NewFixedWidth(&program.Problem{X: x, Y: y, Beta: minimaxBeta}, o)
	if err != nil {
		return net, err
	}
	next := t.Shrink(ctx, program.Network{Activation: net.Activation, Neurons: net.Neurons})
	next.Constant = net.Constant
	return next, nil
}

// errors are y less the network's values.
func (m *lawson) errors(net *program.Network) []float64 {
	e := make([]float64, len(m.y))
	for i, v := range m.y {
		e[i] = v - net.Constant
		for _, u := range net.Neurons {
			e[i] -= u.Alpha * math.Max(0, floats.Dot(u.W, m.x.RawRowView(i)))
		}
	}
	return e
}
