package refit

import (
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver/internal/program"
	"multigrade/solver/internal/train"
)

// The cone is closed: rows on its walls belong to it, whatever the pattern says.
func TestInCone(t *testing.T) {
	x := mat.NewDense(3, 2, []float64{1, 1, -1, 1, 0.5, 1})
	gate := []float64{2, 1}
	cell := hyperplane.PatternOf(x, gate)
	within := func(x *mat.Dense, w []float64) bool {
		above, below := hyperplane.NewMarker(x).Sides(mat.NewDense(1, 2, w))
		return inCone(above[0], below[0], cell)
	}
	if !within(x, gate) || within(x, scaled(-1, gate)) {
		t.Error("the gate of a cell lies in it, its opposite does not")
	}
	if walls := mat.NewDense(3, 2, []float64{1, 0, 1, 0, 1, 0}); !within(walls, []float64{0, 1}) {
		t.Error("a vector on all walls is not in the cone")
	}
}

// Units come by falling mass, those without any left out; joined ones keep the whole
// mass of their sign.
func TestJoin(t *testing.T) {
	neuron := func(a, b, alpha float64) program.Neuron {
		return program.Neuron{Cell: train.NoCell, W: []float64{a, b}, Alpha: alpha}
	}
	net := &program.Network{Neurons: []program.Neuron{neuron(1, 0, 1), neuron(2, 0.001, 3), neuron(1, 0, -2), neuron(0, 1, 1), neuron(0, 0, 5), neuron(1, 1, 0)}}
	units := Units(net)
	if len(units) != 4 || units[0].Sign*units[0].Mass < 6 || units[1].Sign*units[1].Mass != -2 {
		t.Fatalf("%+v", units)
	}
	before := units[0].Mass
	kept := Join(units, 0.99)
	if len(kept) != 3 || kept[0].Mass != before+1 {
		t.Errorf("%+v", kept)
	}
}
