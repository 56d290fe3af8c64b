package program

import "gonum.org/v1/gonum/floats"

// Network is a network with one hidden layer,
//
//	f(x) = Constant + sum_j Alpha_j phi(x.W_j)                (ReLU, leaky, abs)
//	f(x) = Constant + sum_j Alpha_j 1[x.Gate_j > 0] (x.W_j)   (Gated, Alpha_j = 1)
type Network struct {
	Activation Activation
	Constant   float64
	Neurons    []Neuron
}

// Mapped is the network with to(W) in the place of every neuron's W.
func (net *Network) Mapped(to func(w []float64) []float64) *Network {
	out := *net
	out.Neurons = make([]Neuron, len(net.Neurons))
	for k, nr := range net.Neurons {
		out.Neurons[k] = nr
		out.Neurons[k].W = to(nr.W)
	}
	return &out
}

// Quarter is a quarter of the network, of units that are not gated: W and Alpha are halved,
// which is exact, so that every neuron stays in its cell.
func (net *Network) Quarter() *Network {
	out := net.Mapped(func(w []float64) []float64 { return floats.ScaleTo(make([]float64, len(w)), 0.5, w) })
	out.Constant /= 4
	for k := range out.Neurons {
		out.Neurons[k].Alpha /= 2
	}
	return out
}

// Neuron is one hidden unit. But for gated units |W| = |Alpha|, and W lies in the closed
// cone of the cell, exactly.
type Neuron struct {
	// Cell is the index of the unit's pattern in Problem.Cells.
	Cell int
	// Gate is the gate of a gated unit (d values), nil for others.
	Gate []float64
	// W has d values.
	W     []float64
	Alpha float64
}
