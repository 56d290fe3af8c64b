package construct

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/approx"
	"multigrade/solver"
)

// TrainedFit trains the networks of approx --trained: neurons in the first grade, growth times as many from grade
// to grade. What it finds enters no claim: the dead zone behind it is proved whatever it is.
type TrainedFit struct {
	Neurons  int
	Growth   float64
	Seed     uint64
	Composed bool // for approx.TrainComposed

	grade int // of the network trained last, for values of size scale
	last  *solver.Network
	scale float64
}

// Budget is the number of neurons of a grade, from 1.
func (f *TrainedFit) Budget(grade int) int {
	return int(math.Round(math.Min(float64(f.Neurons)*math.Pow(f.Growth, float64(grade-1)), math.MaxInt32)))
}

// fitted is how many of them are trained.
func (f *TrainedFit) fitted(grade int) int {
	if f.Composed {
		return approx.ComposedUnits(grade, f.Budget(grade))
	}
	return f.Budget(grade)
}

// effort is how much a training takes: the surplus of neurons it begins with, and rounds of reweighting
// (solver.MinimaxOptions).
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

// Fit is approx.Fit, by solver.Minimax; called again for a grade it trains on from the network of the last time.
func (f *TrainedFit) Fit(ctx context.Context, grade int, points [][]float64, values []float64) (*approx.Shallow, error) {
	scale := floats.Norm(values, math.Inf(1))
	dim := len(points[0])
	if scale == 0 {
		return approx.NewShallow(dim, 0, nil)
	}
	o := solver.MinimaxOptions{Neurons: f.fitted(grade), Surplus: onInputs.surplus, Rounds: onInputs.rounds, Seed: f.Seed + uint64(grade)}
	if f.Composed && grade > 1 {
		o.Surplus, o.Rounds = onFeatures.surplus, onFeatures.rounds
	}
	if grade == f.grade {
		o.Start = scaled(f.last, f.scale/scale)
	}
	y := floats.ScaleTo(make([]float64, len(values)), 1/scale, values)
	net, err := solver.Minimax(ctx, centred(points), y, o)
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
