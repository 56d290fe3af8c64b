package solver

import (
	"testing"

	"gonum.org/v1/gonum/mat"
)

// The zero network takes the place of another, and the claims are its own.
func TestWithoutNeurons(t *testing.T) {
	p := &Problem{X: mat.NewDense(2, 1, []float64{1, 1}), Y: []float64{3, 4}}
	r := &Result{Status: Optimal, Primal: 7, Dual: 6, RelGap: 1e-9, Network: Network{Constant: 1, Neurons: make([]Neuron, 2)}}
	z := r.WithoutNeurons(p, 1e-6)
	if z.Network.Constant != 0 || len(z.Network.Neurons) != 0 || z.Status != Stalled || z.Dual != 6 {
		t.Errorf("%+v", z)
	}
	if z.Primal < 6.25 || z.Primal > 6.25*(1+1e-14) || z.RelGap != RelGap(z.Primal, 6) || r.Primal != 7 {
		t.Errorf("primal %v, gap %v", z.Primal, z.RelGap)
	}
}
