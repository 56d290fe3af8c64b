// Package refit fits the output weights of given hidden units again: with the
// directions fixed the program is a lasso in their masses a_j >= 0,
//
//	min over a >= 0, c of (1/2n)||c + sum_j s_j a_j phi(X w_j/|w_j|) - y||^2 + beta sum_j a_j.
//
// It also joins units whose directions are nearly the same. The loss is squares.
package refit

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/solver/internal/direction"
	"multigrade/solver/internal/program"
	"multigrade/solver/internal/train"
)

// Unit is the direction of a neuron with its mass.
type Unit struct {
	Cell int       // of the problem, or train.NoCell
	Sign float64   // of alpha
	W    []float64 // as the network has it
	Norm float64   // |w|
	Mass float64   // |alpha| |w|

	place int // in the Products of the units
}

// Units lists the neurons of a network, not of gated units, by falling mass;
// those without any are left out.
func Units(net *program.Network) []Unit {
	var units []Unit
	for _, u := range net.Neurons {
		v := Unit{Cell: u.Cell, Sign: math.Copysign(1, u.Alpha), W: u.W, Norm: floats.Norm(u.W, 2)}
		if v.Norm == 0 || u.Alpha == 0 {
			continue
		}
		v.Mass = math.Abs(u.Alpha) * v.Norm
		units = append(units, v)
	}
	slices.SortStableFunc(units, func(a, b Unit) int { return cmp.Compare(b.Mass, a.Mass) })
	for k := range units {
		units[k].place = k
	}
	return units
}

// Join gives every unit's mass to the first kept unit of its sign within the angle,
// else keeps it.
func Join(units []Unit, cosine float64) []Unit {
	var kept []Unit
	var directions []direction.Signed // of kept
	for _, u := range units {
		at := direction.Signed{W: u.W, Norm: u.Norm, Sign: u.Sign}
		if k := at.First(directions, cosine); k >= 0 {
			kept[k].Mass += u.Mass
			continue
		}
		kept, directions = append(kept, u), append(directions, at)
	}
	return kept
}

// neuronsOf the units with a mass balance |w| = |alpha| where that leaves w in its closed cone exactly, and
// otherwise up to a power of two, which changes no sign.
func neuronsOf(units []Unit, p *program.Problem) []program.Neuron {
	var heavy []*Unit
	var balanced, coned [][]float64
	for k := range units {
		if u := &units[k]; u.Mass > 0 {
			w := scaled(u.balance(), u.W)
			if heavy, balanced = append(heavy, u), append(balanced, w); u.Cell != train.NoCell {
				coned = append(coned, w)
			}
		}
	}
	outside := outsideCones(p, heavy, coned)
	neurons := make([]program.Neuron, len(heavy))
	for k, u := range heavy {
		w := balanced[k]
		if outside[k] {
			w = scaled(math.Exp2(math.Round(math.Log2(u.balance()))), u.W)
		}
		neurons[k] = program.Neuron{Cell: u.Cell, W: w, Alpha: u.Sign * u.Mass / floats.Norm(w, 2)}
	}
	return neurons
}

// balance is the factor of w with which |w| = |alpha|.
func (u *Unit) balance() float64 { return math.Sqrt(u.Mass) / u.Norm }

// outsideCones says, exactly, of which units with a cell the vectors, which are one after the other, have a row with s_i x_i.w < 0.
func outsideCones(p *program.Problem, units []*Unit, w [][]float64) []bool {
	outside := make([]bool, len(units))
	if len(w) == 0 {
		return outside
	}
	gates := mat.NewDense(len(w), len(w[0]), nil)
	for k, v := range w {
		gates.SetRow(k, v)
	}
	above, below := p.Marker().Sides(gates)
	next := 0
	for k, u := range units {
		if u.Cell != train.NoCell {
			for range p.Cells[u.Cell].Pattern.Against(above[next], below[next]) {
				outside[k] = true
				break
			}
			next++
		}
	}
	return outside
}

func scaled(factor float64, w []float64) []float64 {
	return floats.ScaleTo(make([]float64, len(w)), factor, w)
}
