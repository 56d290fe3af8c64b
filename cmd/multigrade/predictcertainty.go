package main

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"
	"gonum.org/v1/gonum/mat"

	"multigrade/grade"
)

// heldOutRemedy says what a model without calibration lacks.
const heldOutRemedy = "no rows were held out from the model; train it with fit, or with solve --validation"

// uncalibrated says why the probabilities are not calibrated.
func uncalibrated(m *grade.Model) string {
	if m.Calibration != nil {
		return fmt.Sprintf("The probabilities are not calibrated: rows were held out from the whole model, whose grades are %d.", len(m.Grades))
	}
	return "The probabilities are not calibrated: " + heldOutRemedy + "."
}

// certaintyAsked checks that the model can tell what --interval and --proba ask for.
func certaintyAsked(c *cli.Context, m *grade.Model, k int) error {
	q, interval, proba := c.Float64("interval"), c.IsSet("interval"), c.Bool("proba")
	classes := m.Classes != nil
	switch {
	case !interval && !proba:
		return nil
	case interval && proba:
		return errors.New("--interval is for a regression, --proba for classes; want one of them")
	case c.Bool("features") || c.IsSet("image"):
		return errors.New("--interval and --proba are for predictions, and go with neither --features nor --image")
	case interval && !(q > 0 && q < 1):
		return fmt.Errorf("--interval %v: want a share between 0 and 1, such as 0.9", q)
	case interval && m.Quantiles != nil:
		return errors.New("--interval: the model predicts quantiles, which are what it is for")
	case interval && classes:
		return errors.New("--interval: the target is classes, want --proba")
	case proba && !classes:
		return errors.New("--proba: the target is numbers, want --interval 0.9")
	case interval && k != len(m.Grades):
		return fmt.Errorf("--interval: rows were held out from the whole model of %d grades, not from %d of them", len(m.Grades), k)
	}
	return nil
}

// intervals puts lower and upper after every prediction.
func (p *prediction) intervals(m *grade.Model, q float64, names []string, y *mat.Dense) ([]string, *mat.Dense, error) {
	half, err := m.Calibration.HalfWidths(q)
	switch {
	case m.Calibration == nil:
		return nil, nil, errors.New("--interval: " + heldOutRemedy)
	case err != nil:
		return nil, nil, fmt.Errorf("--interval: %w", err)
	}
	p.Interval = &q
	n, outputs := y.Dims()
	with := mat.NewDense(n, 3*outputs, nil)
	var columns []string
	for t, h := range half {
		lower, upper := "lower", "upper"
		if outputs > 1 {
			lower, upper = names[t]+" lower", names[t]+" upper"
		}
		columns = append(columns, names[t], lower, upper)
		for i := range n {
			v := y.At(i, t)
			with.Set(i, 3*t, v)
			with.Set(i, 3*t+1, v-h)
			with.Set(i, 3*t+2, v+h)
		}
	}
	return columns, with, nil
}

// probabilities are those of the classes, a column each.
func (p *prediction) probabilities(m *grade.Model, k int, scores *mat.Dense) ([]string, *mat.Dense, error) {
	platt, calibrated, err := m.Platt(k)
	if err != nil {
		return nil, nil, fmt.Errorf("--proba: %w", err)
	}
	p.Calibrated = &calibrated
	n, _ := scores.Dims()
	all := mat.NewDense(n, len(m.Classes), nil)
	for i := range n {
		grade.Probabilities(platt, scores.RawRowView(i), all.RawRowView(i))
	}
	return m.Classes, all, nil
}
