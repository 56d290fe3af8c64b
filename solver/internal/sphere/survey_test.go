package sphere

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/solver/internal/operator"
)

// hinges are rows that are hinges of one number, one of their columns zeros, and the places of the rows on
// that line.
func hinges(n, kinks int) (x *mat.Dense, places []float64) {
	x = mat.NewDense(n, kinks+2, nil)
	for i := range n {
		places = append(places, float64(i)/float64(n))
		x.Set(i, 0, 1)
		for j := range kinks {
			x.Set(i, j+2, math.Max(0, places[i]-float64(j)/float64(kinks)))
		}
	}
	return x, places
}

// TestSurvey: a survey of a stack, whatever the slope, lists neurons of all columns above the target, the largest
// first and none larger than the largest met, which the bound encloses; rows without pieces have none.
func TestSurvey(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 7))
	x, places := hinges(120, 8)
	nu := make([]float64, len(places))
	for i := range nu {
		nu[i] = rng.NormFloat64()
	}
	design, err := operator.NewDesign(x)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []operator.Activation{operator.ReLU, operator.Leaky(0.2)} {
		s := NewStack(x, design, a, places)
		o := DefaultBoundOptions()
		b, err := s.MaxNeuron(context.Background(), nu, o)
		if err != nil {
			t.Fatal(err)
		}
		o.Target, o.Seeds = 0.7*b.Lower, [][]float64{b.W}
		found, lower, err := s.Survey(context.Background(), nu, nil, false, 256, 1, o)
		if err != nil || len(found) < 2 || lower < b.Lower*(1-1e-9) || lower > b.Upper {
			t.Fatalf("%v: %d neurons, the largest %v of [%v, %v], %v", a, len(found), lower, b.Lower, b.Upper, err)
		}
		last := lower
		for k, w := range found {
			v := neuronAt(x, nu, w, a)
			if math.Abs(floats.Norm(w, 2)-1) > 1e-9 || v <= o.Target || v > last*(1+1e-9) || k == 0 && v < lower*(1-1e-9) {
				t.Errorf("%v: neuron %d, %v, has %v, above %v, behind %v", a, k, w, v, o.Target, last)
			}
			last = v
		}
	}
	cloud := mat.NewDense(len(nu), 5, nil)
	cloud.Apply(func(_, _ int, _ float64) float64 { return rng.NormFloat64() }, cloud)
	if design, err = operator.NewDesign(cloud); err != nil {
		t.Fatal(err)
	}
	o := DefaultBoundOptions()
	if found, lower, err := NewStack(cloud, design, operator.ReLU, places).Survey(context.Background(), nu, nil, false, 256, 1, o); found != nil || lower != 0 || err != nil {
		t.Errorf("rows without pieces: %v, %v, %v", found, lower, err)
	}
}
