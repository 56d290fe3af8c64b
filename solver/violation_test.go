package solver

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
)

// The network of a solve lies in its cones exactly; turned by an angle beyond the
// wall of a row, a neuron violates it by the sine of that.
func TestConeViolation(t *testing.T) {
	p := smallProblem(1)
	p.Beta = 0.01
	all, err := hyperplane.FromGates(p.X, mat.DenseCopyOf(p.X))
	if err != nil {
		t.Fatal(err)
	}
	p.Cells = all.Cells
	r, err := Solve(context.Background(), p, DefaultOptions())
	if err != nil || len(r.Network.Neurons) == 0 {
		t.Fatal(err, r)
	}
	if v, err := ConeViolation(p, &r.Network); err != nil || v != 0 {
		t.Errorf("a solution violates its cones by %v, %v", v, err)
	}

	for _, angle := range []float64{1e-3, 1e-12, 0.5} {
		net := r.Network
		net.Neurons = net.Neurons[:1]
		w := net.Neurons[0].W
		row, beyond := mat.Row(nil, 0, p.X), make([]float64, len(w))
		side := -1.0 // where the cell is not
		if !p.Cells[net.Neurons[0].Cell].Pattern.Active(0) {
			side = 1
		}
		norm, along, size := 0.0, 0.0, 0.0
		for k, v := range row {
			norm += v * v
			along += v * w[k]
		}
		for k, v := range row { // on the wall, then beyond it
			beyond[k] = w[k] - along/norm*v
			size += beyond[k] * beyond[k]
		}
		for k, v := range row {
			beyond[k] = math.Cos(angle)*beyond[k] + side*math.Sin(angle)*math.Sqrt(size/norm)*v
		}
		net.Neurons = []Neuron{{Cell: net.Neurons[0].Cell, W: beyond, Alpha: 1}}
		v, err := ConeViolation(p, &net)
		if err != nil || !(v >= math.Sin(angle)*(1-1e-3)) || v > 1 {
			t.Errorf("turned by %v beyond a wall: %v, %v", angle, v, err)
		}
		net.Neurons[0].Cell = NoCell
		if v, _ := ConeViolation(p, &net); v != 0 {
			t.Errorf("without a cell: %v", v)
		}
	}
}

// A violation that float64 does not see in x.w is one all the same.
func TestConeViolationBelowRounding(t *testing.T) {
	p := smallProblem(1)
	all, err := hyperplane.FromGates(p.X, mat.DenseCopyOf(p.X))
	if err != nil {
		t.Fatal(err)
	}
	p.Cells = all.Cells
	opposite := make([]float64, len(p.Cells[0].Gate))
	for k, v := range p.Cells[0].Gate {
		opposite[k] = -v * 0x1p-1060
	}
	v, err := ConeViolation(p, &Network{Neurons: []Neuron{{W: opposite, Alpha: 1}}})
	if err != nil || !(v > 0) {
		t.Errorf("%v, %v", v, err)
	}
}
