package grade

import "fmt"

// Flat is a model, or its first grades, as one plain network from raw inputs to
// predictions in the targets' units, for use elsewhere. For a row x of d numbers
//
//	h_j    = (x_j - Input.Shift_j) / Input.Scale_j, 0 where the scale is 0
//	c_j    = relu(h_j + Carry_j)                        with Carry
//	z_m    = sum_j W_mj h_j + B_m                       for each layer in turn
//	a_m    = phi(z_m), of gated units z_m where sum_j G_mj h_j + GB_m > 0, else 0
//	f_t    = Constant_t + sum_m Out_tm a_m
//	s_t    = s_t + f_t                                  s_t = 0 before the first layer
//	h      = [Scale_m a_m] and, with Carry, c after it  the next layer's h
//	y_t    = Output.Shift_t + Output.Scale_t s_t        after the last
//
// With Dead f_t is replaced by f_t - Dead_t where f_t > Dead_t, f_t + Dead_t where
// f_t < -Dead_t, and 0 elsewhere, before it is added. In float64, with every sum from
// its first term to its last (from 0 in z_m, from the constant in f_t), every product rounded before it is added, and
// phi(z) = z where z > 0 and Slope z elsewhere, 0 for slope 0, y is Model.Predict to the bit.
type Flat struct {
	Data    Source // trained on; Data.Columns names the d inputs
	Task    string
	Classes []string        // of a task with classes, see Labels
	Outputs []string        // names of the outputs
	Input   Standardisation // of d columns
	Carry   []float64       // d shifts, nil where inputs are not carried
	Layers  []FlatLayer     // one per grade
	Output  Standardisation // of one column per output
	// Of classes the scaling of the scores, one per output, and whether it is by rows held
	// out; nil where the scores have no probabilities. See Probabilities.
	Platt      []Platt
	Calibrated bool
	// Rising says that the outputs are quantiles: y is sorted at the end, from the least on.
	Rising bool
	// Intervals, of a regression, has the residuals of rows held out; nil without any, and
	// for some of the grades. See Calibration.HalfWidths.
	Intervals *Calibration
}

// FlatLayer is one grade: m units on its d_k inputs, its share of the outputs, and
// the scales of the features that the next layer sees.
type FlatLayer struct {
	W        [][]float64 // m x d_k
	B        []float64   // m, nil without bias
	Slope    float64     // of phi for negative numbers: 0 for relu and gated units, -1 for the absolute value
	G        [][]float64 // m x d_k gates of gated units, nil for others
	GB       []float64   // m, nil without bias or gates
	Out      [][]float64 // outputs x m, 0 where a unit feeds another output
	Constant []float64   // one per output
	Dead     []float64   // dead zones, one per output, nil without; 0 is none
	Scale    []float64   // m; nil in the last layer
}

// Flatten returns the network of the first k grades, 0 <= k <= len(Grades).
func (m *Model) Flatten(k int) (*Flat, error) {
	if k < 0 || k > len(m.Grades) {
		return nil, fmt.Errorf("grade: asked for %d grades, the model has %d", k, len(m.Grades))
	}
	f := &Flat{Data: m.Data, Task: m.Task, Classes: m.Classes, Outputs: m.OutputNames(), Input: m.Input, Output: m.Output, Rising: m.Quantiles != nil}
	if k > 1 {
		f.Carry = m.CarryShift
	}
	if platt, calibrated, err := m.Platt(k); err == nil {
		f.Platt, f.Calibrated = platt, calibrated
	}
	if k == len(m.Grades) && m.Task == Regression.String() && m.Quantiles == nil {
		f.Intervals = m.Calibration
	}
	for j := range m.Grades[:k] {
		l := m.Grades[j].flatten(m.Bias)
		if j < k-1 {
			l.Scale = m.Grades[j].FeatureScale
		}
		f.Layers = append(f.Layers, l)
	}
	return f, nil
}

// flatten lists the units output by output, as FeatureScale does.
func (g *Grade) flatten(bias bool) FlatLayer {
	l := FlatLayer{Slope: g.phi().Slope}
	for t := range g.Outputs {
		o := &g.Outputs[t]
		out := make([]float64, g.Neurons())
		for _, u := range o.Neurons {
			out[len(l.W)] = u.Alpha
			l.add(&u, bias)
		}
		l.Out, l.Constant = append(l.Out, out), append(l.Constant, o.Constant)
		if o.DeadZone != nil {
			l.setDead(t, *o.DeadZone, len(g.Outputs))
		}
	}
	return l
}

// setDead gives output t of so many a dead zone.
func (l *FlatLayer) setDead(t int, eps float64, outputs int) {
	if l.Dead == nil {
		l.Dead = make([]float64, outputs)
	}
	l.Dead[t] = eps
}

// add appends a unit, its bias weight apart from the others.
func (l *FlatLayer) add(u *Neuron, bias bool) {
	weights, gate := u.W, u.Gate
	if bias {
		d := len(weights) - 1
		weights, l.B = u.W[:d], append(l.B, u.W[d])
		if gate != nil {
			gate, l.GB = u.Gate[:d], append(l.GB, u.Gate[d])
		}
	}
	l.W = append(l.W, weights)
	if gate != nil {
		l.G = append(l.G, gate)
	}
}
