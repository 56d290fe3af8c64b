package grade

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The bias weights stand apart, units output by output, and only layers that are
// followed by another have feature scales.
func TestFlatten(t *testing.T) {
	m := handMade()
	f, err := m.Flatten(2)
	if err != nil {
		t.Fatal(err)
	}
	want := []FlatLayer{
		{W: [][]float64{{1}, {-1}}, B: []float64{-1, 0}, Out: [][]float64{{2, -1}}, Constant: []float64{0.5}, Scale: []float64{1, 0.5}},
		{W: [][]float64{{2, 0}}, B: []float64{-1}, Out: [][]float64{{1}}, Constant: []float64{0}},
	}
	if d := cmp.Diff(want, f.Layers); d != "" || f.Carry != nil {
		t.Errorf("layers differ (-want +got):\n%s", d)
	}
	for _, k := range []int{-1, 3} {
		if _, err := m.Flatten(k); err == nil {
			t.Errorf("%d grades: no error", k)
		}
	}
	m.Bias, m.CarryShift = false, []float64{3}
	m.Grades = []Grade{{Number: 1, Activation: Gated, InputDim: 1, Outputs: []Output{
		{Neurons: []Neuron{{W: []float64{5}, Gate: []float64{6}, Alpha: 1}}}, {Constant: 4},
		{Neurons: []Neuron{{W: []float64{7}, Gate: []float64{8}, Alpha: -1}}}}}}
	f, err = m.Flatten(1)
	if err != nil {
		t.Fatal(err)
	}
	want = []FlatLayer{{W: [][]float64{{5}, {7}}, G: [][]float64{{6}, {8}}, Out: [][]float64{{1, 0}, {0, 0}, {0, -1}}, Constant: []float64{0, 4, 0}}}
	if d := cmp.Diff(want, f.Layers); d != "" || f.Carry != nil {
		t.Errorf("layers differ (-want +got):\n%s", d)
	}
}

// Flatten knows of every field that a saved grade has: who adds one has to see to it
// that the flat network computes what the grade does.
func TestFlattenKnowsAllFields(t *testing.T) {
	for of, want := range map[reflect.Type][]string{
		reflect.TypeFor[Grade]():  {"Number", "Activation", "Loss", "Carry", "InputDim", "Outputs", "FeatureScale"},
		reflect.TypeFor[Output](): {"Beta", "Constant", "Neurons", "Width", "Decomposed", "DeadZone"},
		reflect.TypeFor[Neuron](): {"W", "Gate", "Alpha"},
	} {
		var got []string
		for k := range of.NumField() {
			got = append(got, of.Field(k).Name)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%v has other fields than Flatten was written for (-known +has):\n%s", of, d)
		}
	}
}
