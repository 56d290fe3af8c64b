package grade

import (
	"gonum.org/v1/gonum/mat"

	"multigrade/solver"
)

// Names of activations, as they stand in a saved model; others are those of
// solver.ParseActivation.
const (
	ReLU  = "relu"
	Gated = "gated"
)

// Neuron is one hidden unit on the grade's input, the bias weight last.
type Neuron struct {
	W     []float64 `json:"w"`              // d_k weights
	Gate  []float64 `json:"gate,omitempty"` // d_k, gated units only
	Alpha float64   `json:"alpha"`          // output weight; +-1 for gated units
}

// Output is the part of a grade that feeds one target.
type Output struct {
	Beta     float64  `json:"beta"`     // regularisation, absolute
	Constant float64  `json:"constant"` // free constant, 0 without one
	Neurons  []Neuron `json:"neurons"`
	Width    *Width   `json:"width,omitempty"` // nil without a budget
	// Decomposed is there where the network comes from a gated optimum.
	Decomposed *Decomposed `json:"decomposed,omitempty"`
	// DeadZone is eps of the two neurons behind the network, nil without them.
	DeadZone *float64 `json:"dead_zone,omitempty"`
}

// Width is the budget of neurons that an output keeps, and what its network
// comes to within it.
type Width struct {
	Budget int `json:"budget"`
	// Objective is an upper bound of loss + beta sum_j |alpha_j| |w_j|.
	Objective float64 `json:"objective"`
	// Identity is the number of identity channels, the last neurons: skip connections
	// from the inputs of the model to the next grade, without an output weight.
	Identity int `json:"passed"`
}

// Grade is one grade of a model: networks with one hidden layer on the hidden
// features of the grade before, one network per target.
type Grade struct {
	Number       int       `json:"grade"` // from 1
	Activation   string    `json:"activation"`
	Loss         string    `json:"loss"`
	Carry        bool      `json:"carry"`         // h_k also keeps the inputs (Model.CarryShift)
	InputDim     int       `json:"input_dim"`     // d_k, the bias included
	Outputs      []Output  `json:"outputs"`       // one per target
	FeatureScale []float64 `json:"feature_scale"` // one per neuron, output by output
}

// Neurons returns the number of hidden units.
func (g *Grade) Neurons() int {
	m := 0
	for _, o := range g.Outputs {
		m += len(o.Neurons)
	}
	return m
}

// dot is w . [row, 1], or w . row without bias, summed in column order.
func dot(w, values []float64, index []int, bias bool) float64 {
	z := 0.0
	if index == nil {
		for j, v := range values {
			z += float64(w[j] * v)
		}
	} else {
		for k, v := range values {
			z += float64(w[index[k]] * v)
		}
	}
	if bias {
		z += w[len(w)-1]
	}
	return z
}

// phi is the activation of the grade's units, whose name is known to be one.
func (g *Grade) phi() solver.Activation {
	phi, err := solver.ParseActivation(g.Activation)
	if err != nil {
		panic(err)
	}
	return phi
}

// valuesOf sets a to the activations of neurons at one row, dense ones four side by side.
func valuesOf(a []float64, neurons []Neuron, phi solver.Activation, values []float64, index []int, bias bool) {
	m := 0
	for ; m+4 <= len(neurons) && index == nil; m += 4 {
		u := neurons[m : m+4]
		if u[0].Gate != nil || u[1].Gate != nil || u[2].Gate != nil || u[3].Gate != nil {
			break
		}
		n := len(values)
		w0, w1, w2, w3 := u[0].W[:n], u[1].W[:n], u[2].W[:n], u[3].W[:n]
		z0, z1, z2, z3 := 0.0, 0.0, 0.0, 0.0
		for j, v := range values {
			z0 += float64(w0[j] * v)
			z1 += float64(w1[j] * v)
			z2 += float64(w2[j] * v)
			z3 += float64(w3[j] * v)
		}
		if bias {
			z0 += u[0].W[n]
			z1 += u[1].W[n]
			z2 += u[2].W[n]
			z3 += u[3].W[n]
		}
		a[m], a[m+1], a[m+2], a[m+3] = phi.Of(z0), phi.Of(z1), phi.Of(z2), phi.Of(z3)
	}
	for ; m < len(neurons); m++ {
		a[m] = neurons[m].activation(phi, values, index, bias)
	}
}

// activation is the unit's value at one row: phi(z) for z = w . [row, 1], or z
// where the gate is open and 0 elsewhere.
func (u *Neuron) activation(phi solver.Activation, values []float64, index []int, bias bool) float64 {
	z := dot(u.W, values, index, bias)
	if u.Gate == nil {
		return phi.Of(z)
	}
	if dot(u.Gate, values, index, bias) > 0 {
		return z
	}
	return 0
}

// values returns f_k at every row of h, the features h_{k-1} without bias, phi being
// the grade's activation.
func (o *Output) values(phi solver.Activation, h mat.Matrix, bias bool) []float64 {
	n, _ := h.Dims()
	f := make([]float64, n)
	overRows(n, func(lo, hi int) {
		a := make([]float64, len(o.Neurons))
		for i := lo; i < hi; i++ {
			row, index := rowOf(h, i)
			valuesOf(a, o.Neurons, phi, row, index, bias)
			f[i] = o.sum(a)
		}
	})
	return f
}
