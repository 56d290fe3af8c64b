package grade

import (
	"fmt"

	"multigrade/solver"
)

// Program is the convex program of one output of one grade, built again from a model
// and its data.
type Program struct {
	*solver.Problem           // without patterns
	Line            []float64 // the rows' one input, nil if there are more
	Offset, Weight  []float64 // as in Evidence
	Hash            string    // as Solved.Hash
}

// Reprogram builds the program of an output (from 1) of grade k (from 1) of the model
// from the data it was trained on.
func (m *Model) Reprogram(data *Data, k, output int) (*Program, error) {
	if k < 1 || k > len(m.Grades) {
		return nil, fmt.Errorf("grade %d, the model has %d", k, len(m.Grades))
	}
	g := &m.Grades[k-1]
	if output < 1 || output > len(g.Outputs) {
		return nil, fmt.Errorf("output %d, grade %d has %d", output, k, len(g.Outputs))
	}
	loss, err := solver.LossOf(g.Loss, parameterAt(m.Quantiles, m.Threshold, output-1))
	if err != nil {
		return nil, err
	}
	train := newSplitState(m, data, OnTrain, m.Split.Split(data).Train)
	for j := range m.Grades[:k-1] {
		train.pass(&m.Grades[j], m.Bias)
	}
	p := &program{grade: k, target: output - 1, line: train.line,
		Problem: &solver.Problem{X: train.input(m.Bias), Activation: g.phi(), Intercept: m.Intercept, Beta: g.Outputs[output-1].Beta}}
	if err := p.aim(loss, train); err != nil {
		return nil, err
	}
	return &Program{p.Problem, p.line, p.offset, p.weight, p.hash()}, nil
}
