package refit

import (
	"testing"

	"multigrade/solver/internal/program"
	"multigrade/solver/internal/train"
)

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
