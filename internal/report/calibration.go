package report

import (
	"fmt"
	"math"
	"strings"

	"multigrade/grade"
)

// calibration says what rows held out tell of the errors to expect, and on the test
// rows what that is worth.
func (r *Run) calibration(seen []sample) Part {
	c := r.Model.Calibration
	rows := fmt.Sprintf("%d rows held out in cross-validation", c.Rows)
	if c.From == grade.OnValidation {
		rows = fmt.Sprintf("%d validation rows", c.Rows)
	}
	p := Part{Title: "How certain a prediction is"}
	if c.Platt != nil {
		p.Text = []string{fmt.Sprintf("Probabilities of the classes are Platt's scaling of the margins, by the %s; their log loss there is %.4g.", rows, c.LogLoss)}
		return p
	}
	half, err := c.HalfWidths(grade.ReportedInterval)
	if err != nil {
		p.Text = []string{fmt.Sprintf("The %s are too few for intervals that %s of new rows are in.", rows, percent(grade.ReportedInterval))}
		return p
	}
	var widths []string
	for t, name := range r.Model.OutputNames() {
		widths = append(widths, fmt.Sprintf("%s ± %.4g", name, half[t]))
	}
	p.Text = []string{fmt.Sprintf("By the residuals of the %s, about %s of new rows like them are within: %s.", rows, percent(grade.ReportedInterval), strings.Join(widths, ", "))}
	for i := range seen {
		if s := &seen[i]; s.split == grade.OnTest {
			p.Text = append(p.Text, fmt.Sprintf("Of the %d test rows %s are.", s.rows(), percent(r.within(s, half))))
		}
	}
	return p
}

// within is the share of the sample's targets within the half widths of their predictions.
func (r *Run) within(s *sample, half []float64) float64 {
	in, all := 0, 0
	for t, y := range s.y {
		for i, v := range y {
			if all++; math.Abs(v-s.after[r.last()].At(i, t)) <= half[t] {
				in++
			}
		}
	}
	return float64(in) / float64(all)
}
