package run

import (
	"errors"
	"fmt"
	"math"

	"multigrade/proofs/internal/certificate"
	"multigrade/proofs/internal/exact"
)

// ClaimWidth names the claim that an output keeps its budget of neurons and has
// at most the objective stated.
const ClaimWidth = "width"

// A modelWidth is the budget of an output. Its network is then not that of the
// certificate, which is about the convex program and its own network.
type modelWidth struct {
	Budget    int     `json:"budget"`
	Objective float64 `json:"objective"`
	Passed    int     `json:"passed"` // the last neurons, without output weight
}

// budgets: the outputs' budgets of every grade add up to the run's width, and
// there are none without one.
func (r *runChecker) budgets() {
	for k := range r.model.Grades {
		g, sum, with := &r.model.Grades[k], 0, 0
		for _, out := range g.Outputs {
			if out.Width != nil {
				sum, with = sum+out.Width.Budget, with+1
			}
		}
		width := r.manifest.number("width")
		if with == 0 && width == 0 {
			continue
		}
		var err error
		if float64(sum) != width || with != len(g.Outputs) {
			err = fmt.Errorf("budgets of %d neurons for %d of %d outputs, manifest.json: width %v", sum, with, len(g.Outputs), width)
		}
		r.judge(ClaimWidth, fmt.Sprintf("grade %d", g.Grade), fmt.Sprintf("budget of %d neurons", sum), err)
	}
}

// width: output t keeps at most its budget of neurons, and their objective
// loss + beta sum_j |alpha_j| |w_j| on X_k and e_{k-1} is at most the one stated.
func (r *runChecker) width(g *modelGrade, t int, x exact.Matrix) {
	out := &g.Outputs[t]
	if out.Width == nil {
		return
	}
	detail := fmt.Sprintf("%d neurons of at most %d, objective <= %v", len(out.Neurons), out.Width.Budget, out.Width.Objective)
	r.judge(ClaimWidth, g.scope(t), detail, errors.Join(out.withinBudget(), r.objectiveAtMost(g, t, r.program(g, t, x), out.Width.Objective)))
}

func (out *modelOutput) withinBudget() error {
	if n := len(out.Neurons); n > out.Width.Budget {
		return fmt.Errorf("%d neurons, budget %d", n, out.Width.Budget)
	}
	first := len(out.Neurons) - out.Width.Passed
	if first < 0 || out.Width.Passed < 0 {
		return fmt.Errorf("%d of %d neurons pass inputs on", out.Width.Passed, len(out.Neurons))
	}
	for j, u := range out.Neurons[first:] {
		if u.Alpha != 0 {
			return fmt.Errorf("neuron %d: alpha %v, expected 0 of one that passes an input on", first+j, u.Alpha)
		}
	}
	return nil
}

// objectiveAtMost decides loss + beta sum_j |alpha_j| |w_j| <= objective for the
// network of output t on the program's data.
func (r *runChecker) objectiveAtMost(g *modelGrade, t int, s *certificate.StreamCheck, objective float64) error {
	out := &g.Outputs[t]
	if !r.model.Intercept && out.Constant != 0 {
		return fmt.Errorf("constant: %v in a program without intercept", out.Constant)
	}
	rows, cols := s.X.Dims()
	c := &certificate.Certificate{Program: certificate.Program{Rows: rows, Cols: cols, Activation: g.Activation, Loss: g.Loss, Threshold: r.model.parameter(t), Shifted: s.O != nil, Offset: s.O, Weighted: s.W != nil, Weights: s.W, Beta: out.Beta},
		Network: certificate.Network{Constant: out.Constant}, Patterns: []certificate.Pattern{{Words: make([]uint64, (rows+63)/64)}}} // the pattern is not used
	for _, u := range out.Neurons {
		c.Network.Neurons = append(c.Network.Neurons, certificate.Neuron{Alpha: u.Alpha, W: u.W, Gate: u.Gate})
	}
	if err := certificate.Shapes(c, s.X, s.Y); err != nil {
		return err
	}
	k := &certificate.Checker{C: c, X: s.X, Y: s.Y}
	k.Evaluate()
	value := k.LossBall(func(r certificate.RowResult) exact.Ball { return r.Network }).Add(k.GroupNormBall())
	switch value.Compare(exact.Point(objective)) {
	case exact.LessOrEqual:
		return nil
	case exact.Undecided:
		if k.Kind().Exact != nil && k.GroupNormAtMost(k.ExactLoss(true), objective) {
			return nil
		}
	}
	return fmt.Errorf("objective: %v claimed, the network has %v, %s", objective, value.Mid, certificate.Excess(value.Mid-objective))
}

// The ledger's columns of a run with a budget, after the others.
var widthColumns = []string{"objective", "convex_neurons", "convex_l2"}

// A convexNetwork is what the ledger says about the convex program's network of
// an output with a budget.
type convexNetwork struct {
	objective float64 // of the network kept
	neurons   int
	mse       float64
}

// convex measures the certificate's network for output t on a part that holds
// h_{k-1} = x and e_{k-1}; nil without a budget or a certificate.
func (p *part) convex(m *model, g *modelGrade, t int, x exact.Matrix, c *certificate.Certificate) *convexNetwork {
	out := &g.Outputs[t]
	if out.Width == nil || c == nil {
		return nil
	}
	network := modelOutput{Constant: c.Network.Constant}
	for _, u := range c.Network.Neurons {
		network.Neurons = append(network.Neurons, modelNeuron{W: u.W, Gate: u.Gate, Alpha: u.Alpha})
	}
	hidden := (&modelGrade{Activation: g.Activation, Outputs: []modelOutput{network}}).hidden(x)
	sum := 0.0
	for i := range p.e[t] {
		row, _ := hidden.Row(i)
		f := network.network(row)
		r := float64(m.Output.Scale[t] * (p.e[t][i] - f))
		if m.Output.Scale[t] == 0 {
			r = p.y[t][i] - m.Output.Shift[t] - (p.total[t][i] + f)
		}
		sum += float64(r * r)
	}
	return &convexNetwork{out.Width.Objective, len(network.Neurons), sum / float64(len(p.e[t]))}
}

// plus adds up outputs; the mean square stays a sum.
func (n *convexNetwork) plus(o *convexNetwork) *convexNetwork {
	if n == nil || o == nil {
		return nil
	}
	return &convexNetwork{n.objective + o.objective, n.neurons + o.neurons, n.mse + o.mse}
}

// checkConvex compares the columns of a row with the network.
func (r ledgerRow) checkConvex(n *convexNetwork) error {
	return errors.Join(r.number("objective", n.objective), r.text("convex_neurons", fmt.Sprint(n.neurons)), r.number("convex_l2", math.Sqrt(n.mse)))
}
