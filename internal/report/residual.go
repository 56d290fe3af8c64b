package report

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"multigrade/internal/chart"
)

// residuals draws what is left after each grade: over the input where there is one,
// and how it is distributed.
func (r *Run) residuals(seen []sample) Part {
	p := Part{Title: "What is left of it"}
	if r.Model.Data.Features == 1 {
		p.Text = append(p.Text, "The residual over the input, on one scale.")
		p.Figures = r.residualPanels(&seen[0])
	}
	for i := range seen {
		s := &seen[i]
		c := chart.New(chart.Half, "share of the "+rowsOf(s.split)+" rows", r.absolute()+" not larger than").LogY()
		for k := 0; k <= r.last(); k++ {
			if k > 0 && !slices.Contains(r.grades(mostOfGrades), k) {
				continue
			}
			name, colour := "target", chart.Colour(chart.Target)
			if k > 0 {
				name, colour = afterGrade(k), chart.Ordered(k-1, r.last())
			}
			c.Curve(name, colour, quantiles(s.length(k)))
		}
		p.Figures = append(p.Figures, Figure{Name: "quantiles-" + s.split, Chart: c})
		if s.rows() < s.all {
			p.After = append(p.After, fmt.Sprintf("Drawn for %d of the %d %s rows, evenly spaced.", s.rows(), s.all, rowsOf(s.split)))
		}
	}
	return p
}

// absolute is what |e| is called.
func (r *Run) absolute() string {
	if r.Model.Outputs() > 1 {
		return "r.m.s. over outputs of e"
	}
	return "|e| (" + r.unit() + ")"
}

// quantiles are the values that 1, 2, ..., 100 percent are not larger than.
func quantiles(v []float64) []chart.XY {
	sorted := slices.Sorted(slices.Values(v))
	const steps = 100
	xy := make([]chart.XY, 0, steps)
	for j := 1; j <= steps; j++ {
		xy = append(xy, chart.XY{X: float64(j) / steps, Y: sorted[(len(sorted)-1)*j/steps]})
	}
	return xy
}

// residualPanels has a panel per grade, of a model with one input.
func (r *Run) residualPanels(s *sample) []Figure {
	var figures []Figure
	x := mat.Col(nil, 0, s.x)
	grades := r.grades(mostOfGrades + 1)
	for t := range r.outputs() {
		largest := 0.0
		for _, k := range grades {
			for _, e := range s.residual(t, k) {
				largest = math.Max(largest, math.Abs(e))
			}
		}
		for _, k := range grades {
			c := chart.New(chart.Third, r.Model.Data.Columns[0], "e "+afterGrade(k)).From(-largest, largest)
			c.Points("", chart.Ordered(k-1, r.last()), spaced(pairs(x, s.residual(t, k)), panelDots), 1.2)
			figures = append(figures, Figure{Name: fmt.Sprintf("%s-grade-%d", fileName("residual", t, r), k), Chart: c})
		}
	}
	return figures
}
