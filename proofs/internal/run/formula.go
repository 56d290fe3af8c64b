package run

import (
	"context"
	"errors"
	"fmt"
	"math"

	"multigrade/proofs/internal/certificate"
	"multigrade/proofs/internal/cube"
	"multigrade/proofs/internal/table"
	"multigrade/proofs/internal/verdict"
)

// ClaimSamples names the claim that the rows are samples of a formula.
const ClaimSamples = "samples"

// formula finds out what holds on the box of the rows if they are samples of a formula of the features x1, x2, ...
func (r *runChecker) formula(ctx context.Context, text string) error {
	err := cube.Formula(text, r.table.X.Cols)
	if err != nil {
		return fmt.Errorf("target %q: %w", text, err)
	}
	s, err := r.sampled(text)
	if err != nil {
		return fmt.Errorf("target %q: %w", text, err)
	}
	x, y := r.table.X, r.table.Y[0]
	row := func(i int) ([]float64, float64) { values, _ := x.Row(i); return values, y[i] }
	detail, err := cube.Samples(text, x.Cols, row, x.Rows)
	r.judge(ClaimSamples, "rows, "+text, detail, err)
	if err != nil {
		return nil
	}
	claims, err := s.Check(ctx)
	r.report.Claims = append(r.report.Claims, claims.Claims...)
	if err != nil && ctx.Err() == nil {
		r.report.Add(ClaimSamples, "box, "+text, verdict.Invalid, err.Error())
		return nil
	}
	return err
}

// sampled is the model on the box of the rows; the error says why nothing can be said there.
func (r *runChecker) sampled(text string) (*cube.Sampled, error) {
	m := r.model
	switch {
	case m.Task != table.TaskRegression || m.outputs() != 1:
		return nil, errors.New("the run is not a regression with one target")
	case r.table.X.Sparse():
		return nil, errors.New("the rows are sparse")
	}
	s := &cube.Sampled{Target: text, Shift: m.Input.Shift, Scale: m.Input.Scale, OutShift: m.Output.Shift[0], OutScale: m.Output.Scale[0], Carry: m.CarryShift}
	for j := range r.table.X.Cols {
		lo, hi := math.Inf(1), math.Inf(-1)
		for i := range r.table.X.Rows {
			v := r.table.X.Values[i*r.table.X.Cols+j]
			lo, hi = min(lo, v), max(hi, v)
		}
		s.Lo, s.Hi = append(s.Lo, lo), append(s.Hi, hi)
	}
	for k := range m.Grades {
		if a := m.Grades[k].Activation; a != certificate.ReLU && a != certificate.Gated {
			return nil, fmt.Errorf("grade %d has the activation %s: between the rows something is said of relu", k+1, a)
		}
		o := &m.Grades[k].Outputs[0]
		g := cube.SampledGrade{Constant: o.Constant, DeadZone: -1, FeatureScale: m.Grades[k].FeatureScale}
		if o.DeadZone != nil {
			g.DeadZone = *o.DeadZone
		}
		for _, u := range o.Neurons {
			if u.Gate != nil {
				return nil, fmt.Errorf("grade %d has gated units, which jump: nothing can be said between the rows", k+1)
			}
			v := cube.SampledUnit{W: u.W, Alpha: u.Alpha}
			if m.Bias {
				last := len(u.W) - 1
				v.W, v.Bias = u.W[:last], u.W[last]
			}
			g.Units = append(g.Units, v)
		}
		s.Grades = append(s.Grades, g)
	}
	return s, nil
}
