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
	constant float64
	square   []float64 // |value|^2 of each unit
	residual []float64 // y - prediction
}

// NewMasses begins at the masses that the units have, which it changes.
func NewMasses(p *program.Problem, units []Unit, constant float64) *Masses {
	f := &Masses{p: p, units: units, constant: constant, residual: slices.Clone(p.Y)}
	floats.AddConst(-constant, f.residual)
	for _, u := range units {
		f.square = append(f.square, floats.Dot(u.Value, u.Value))
		floats.AddScaled(f.residual, -u.Sign*u.Mass, u.Value)
	}
	return f
}

// Run sweeps until the objective stands still or ctx has ended, at least once.
func (f *Masses) Run(ctx context.Context) {
	const sweeps, still = 400, 1e-11
	last := math.Inf(1)
	for range sweeps {
		f.sweep()
		now := f.Objective()
		if last-now <= still*now || ctx.Err() != nil {
			return
		}
		last = now
	}
}

// sweep minimises over one mass after the other, then over the constant.
func (f *Masses) sweep() {
	threshold := f.p.Beta * float64(len(f.p.Y))
	f.p.Account.Book(2 * operator.PassWork * float64(len(f.units)) * float64(len(f.p.Y)))
	for k := range f.units {
		u := &f.units[k]
		if f.square[k] == 0 {
			u.Mass = 0
			continue
		}
		mass := math.Max(0, u.Mass+(u.Sign*floats.Dot(u.Value, f.residual)-threshold)/f.square[k])
		floats.AddScaled(f.residual, u.Sign*(u.Mass-mass), u.Value)
		u.Mass = mass
	}
	if f.p.Intercept {
		mean := floats.Sum(f.residual) / float64(len(f.residual))
		f.constant += mean
		floats.AddConst(-mean, f.residual)
	}
}

// Objective is that of the masses and the constant, rounded.
func (f *Masses) Objective() float64 {
	sum := 0.0
	for _, u := range f.units {
		sum += u.Mass
	}
	return floats.Dot(f.residual, f.residual)/(2*float64(len(f.residual))) + f.p.Beta*sum
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
	net := program.Network{Activation: a, Constant: f.constant}
	for k := range f.units {
		if u := &f.units[k]; u.Mass > 0 {
			net.Neurons = append(net.Neurons, u.neuron(f.p))
		}
	}
	return net
}
