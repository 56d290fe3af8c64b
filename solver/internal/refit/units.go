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

	"multigrade/hyperplane"
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

// neuron balances |w| = |alpha| where that leaves w in its closed cone exactly, and
// otherwise up to a power of two, which changes no sign.
func (u *Unit) neuron(p *program.Problem) program.Neuron {
	want := math.Sqrt(u.Mass) / u.Norm
	w := scaled(want, u.W)
	if u.Cell != train.NoCell && !inCone(p.X, w, p.Cells[u.Cell].Pattern) {
		w = scaled(math.Exp2(math.Round(math.Log2(want))), u.W)
	}
	return program.Neuron{Cell: u.Cell, W: w, Alpha: u.Sign * u.Mass / floats.Norm(w, 2)}
}

func scaled(factor float64, w []float64) []float64 {
	return floats.ScaleTo(make([]float64, len(w)), factor, w)
}

// inCone reports, exactly, whether s_i x_i.w >= 0 for all rows.
func inCone(x mat.Matrix, w []float64, cell hyperplane.Pattern) bool {
	plus, minus := hyperplane.PatternOf(x, w), hyperplane.PatternOf(x, scaled(-1, w))
	for k, word := range cell.Words() {
		if plus.Words()[k]&^word != 0 || minus.Words()[k]&word != 0 {
			return false
		}
	}
	return true
}
