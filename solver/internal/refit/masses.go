package refit

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// Masses is coordinate descent in the masses of units and the constant.
type Masses struct {
	p        *program.Problem
	units    []Unit
	products *Products
	constant float64
	slope    []float64 // of all units and the constant, the products of their columns with y - prediction
	square   float64   // |y - prediction|^2
}

// NewMasses begins at the masses that the units have, which it changes.
func NewMasses(p *program.Problem, units []Unit, products *Products, constant float64) *Masses {
	f := &Masses{p: p, units: units, products: products, square: products.target}
	f.slope = slices.Clone(products.targets)
	for k := range units {
		f.move(units[k].place, units[k].Sign*units[k].Mass)
	}
	f.moveConstant(constant)
	return f
}

// move adds by times the column to the prediction.
func (f *Masses) move(column int, by float64) {
	row := operator.RowOf(f.products.gram, column)
	f.square += by * (by*row[column] - 2*f.slope[column])
	floats.AddScaled(f.slope, -by, row)
}

func (f *Masses) moveConstant(by float64) {
	f.move(len(f.slope)-1, by)
	f.constant += by
}

// Run sweeps until the objective stands still, ctx ends or the account of the problem is used up.
func (f *Masses) Run(ctx context.Context) {
	const sweeps, still = 400, 1e-11
	last := math.Inf(1)
	for range sweeps {
		f.sweep()
		now := f.Objective()
		if last-now <= still*now || ctx.Err() != nil || !(f.p.Account.Left() > 0) {
			return
		}
		last = now
	}
}

// sweep minimises over one mass after the other, then over the constant.
func (f *Masses) sweep() {
	threshold := f.p.Beta * float64(len(f.p.Y))
	f.p.Account.Book(operator.PassWork * float64(len(f.units)) * float64(len(f.slope)))
	for k := range f.units {
		u := &f.units[k]
		square := operator.RowOf(f.products.gram, u.place)[u.place]
		if square == 0 {
			u.Mass = 0
			continue
		}
		mass := math.Max(0, u.Mass+(u.Sign*f.slope[u.place]-threshold)/square)
		f.move(u.place, u.Sign*(mass-u.Mass))
		u.Mass = mass
	}
	if last := len(f.slope) - 1; f.p.Intercept {
		f.moveConstant(f.slope[last] / float64(len(f.p.Y)))
	}
}

// Objective is that of the program, but for the rounding of its sums.
func (f *Masses) Objective() float64 {
	sum := 0.0
	for _, u := range f.units {
		sum += u.Mass
	}
	return math.Max(0, f.square)/(2*float64(len(f.p.Y))) + f.p.Beta*sum
}

// Used is how many units have a mass.
func (f *Masses) Used() (count int) {
	for k := range f.units {
		if f.units[k].Mass > 0 {
			count++
		}
	}
	return count
}

// Network has a neuron for every mass that is not 0.
func (f *Masses) Network(a program.Activation) program.Network {
	return program.Network{Activation: a, Constant: f.constant, Neurons: neuronsOf(f.units, f.p)}
}
