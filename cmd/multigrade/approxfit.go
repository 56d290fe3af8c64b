package main

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/approx"
	"multigrade/solver"
)

// trainedFit trains the networks of approx --trained: neurons in the first grade, growth times as many from grade
// to grade. What it finds enters no claim: the dead zone behind it is proved whatever it is.
type trainedFit struct {
	neurons int
	growth  float64
	seed    uint64

	grade int // of the network trained last, for values of size scale
	last  *solver.Network
	scale float64
}

// budget is the number of neurons of a grade, from 1.
func (f *trainedFit) budget(grade int) int {
	return int(math.Round(math.Min(float64(f.neurons)*math.Pow(f.growth, float64(grade-1)), math.MaxInt32)))
}

// fit is approx.Fit; called again for a grade it trains on from the network of the last time. Least squares within the budget come first; then, since what counts is the largest error, the
// method of Lawson: least squares again and again with weights that grow where the error is large. A row and its
// target times sqrt(weight) is a row of the same kind, for relu(c z) = c relu(z); the constant, which is not, stays.
func (f *trainedFit) fit(ctx context.Context, grade int, points [][]float64, values []float64) (*approx.Shallow, error) {
	scale := floats.Norm(values, math.Inf(1))
	dim := len(points[0])
	if scale == 0 {
		return approx.NewShallow(dim, 0, nil)
	}
	m := &minimax{x: centred(points), y: floats.ScaleTo(make([]float64, len(values)), 1/scale, values), neurons: f.budget(grade), seed: f.seed + uint64(grade)}
	if grade == f.grade {
		m.start = scaled(f.last, f.scale/scale)
	}
	net, err := m.run(ctx)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f.grade, f.last, f.scale = grade, net, scale
	return onCube(net, dim, scale)
}

// scaled is the network times c.
func scaled(net *solver.Network, c float64) *solver.Network {
	out := solver.Network{Activation: net.Activation, Constant: c * net.Constant}
	for _, u := range net.Neurons {
		u.Alpha *= c
		out.Neurons = append(out.Neurons, u)
	}
	return &out
}

// centred are the points with coordinates in [-1, 1] and a column of ones.
func centred(points [][]float64) *mat.Dense {
	dim := len(points[0])
	x := mat.NewDense(len(points), dim+1, nil)
	for i, p := range points {
		for j, v := range p {
			x.Set(i, j, 2*v-1)
		}
		x.Set(i, dim, 1)
	}
	return x
}

// onCube is the network for points of the cube and values times scale.
func onCube(net *solver.Network, dim int, scale float64) (*approx.Shallow, error) {
	var units []approx.Unit
	for _, u := range net.Neurons {
		v := approx.Unit{W: make([]float64, dim), B: u.W[dim], Alpha: u.Alpha * scale}
		for j := range v.W {
			v.W[j] = 2 * u.W[j]
			v.B -= u.W[j]
		}
		units = append(units, v)
	}
	return approx.NewShallow(dim, net.Constant*scale, units)
}

// minimax looks for a network of few neurons with a small largest error.
type minimax struct {
	x       *mat.Dense
	y       []float64
	neurons int
	seed    uint64
	start   *solver.Network // trained on if there is one
}

const (
	// minimaxBeta keeps neurons that undo each other apart; targets are of size 1.
	minimaxBeta = 1e-8
	// lawsonRounds of reweighting, each with lawsonSteps of training.
	lawsonRounds, lawsonSteps = 40, 10
)

// run returns the best network met.
func (m *minimax) run(ctx context.Context) (*solver.Network, error) {
	o := solver.DefaultWidthOptions(m.neurons)
	o.Seed = m.seed
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
	for k := 0; k < lawsonRounds && ctx.Err() == nil && reweight(weight, e); k++ {
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
