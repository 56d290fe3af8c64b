package report

import (
	"fmt"

	"multigrade/internal/chart"
	"multigrade/internal/trace"
	"multigrade/solver"
)

// searches draws how the searches over all patterns went over the nodes of their trees and
// says where there was none.
func (r *Run) searches(p *Part) {
	drawn := false
	var notes []string
	for _, g := range r.Grades {
		k := g.Grade.Number
		for t, o := range g.Outputs[:min(len(g.Outputs), mostOutputs)] {
			named, file := afterGradeNumber(k), fmt.Sprintf("nodes-%d", k)
			if len(g.Outputs) > 1 {
				named, file = named+", "+r.Model.OutputNames()[t], fmt.Sprintf("%s-%d", file, t+1)
			}
			search := trace.SearchOf(r.Points, k, t+1)
			if len(search) == 0 {
				if o.NotAttempted != "" {
					notes = append(notes, fmt.Sprintf("No search over all patterns in %s: %s.", named, o.NotAttempted))
				}
				continue
			}
			drawn = true
			if o.NotAttempted != "" {
				notes = append(notes, fmt.Sprintf("The search over all patterns in %s: %s.", named, o.NotAttempted))
			}
			end := search[len(search)-1]
			p.Figures = append(p.Figures, Figure{Name: file, Chart: r.overNodes(search),
				Caption: fmt.Sprintf("%s: after %d nodes the bound is %.8g, the best value found %.8g; gap over all patterns %s", named, end.Nodes, end.Upper, end.Lower, gap(o.GlobalRelGap))})
		}
	}
	if drawn {
		p.Text = append(p.Text, "Bound and best value over nodes: branch and bound over all patterns encloses the largest |nu'phi(Xw)| of a unit vector w, in units of n beta, "+
			"between the best value that it found and its bound, which falls as the trees have more nodes. A bound of 1 makes nu feasible for all patterns, and the objective of nu a bound of the grade's optimum; "+
			"a bound above 1 makes a smaller multiple of nu feasible, a value above 1 is a neuron that violates it. Of the searches of a grade the one is drawn that came to the best bound; "+
			"the table may have a better one from elsewhere.")
	}
	p.Text = append(p.Text, notes...)
}

// overNodes draws a search.
func (r *Run) overNodes(search []solver.SearchPoint) *chart.Chart {
	c := chart.New(chart.Third, "nodes", "largest |nu'phi(Xw)| / (n beta)").LogX().LogY()
	var bound, value []chart.XY
	for _, p := range search {
		bound = append(bound, chart.XY{X: float64(p.Nodes), Y: p.Upper})
		value = append(value, chart.XY{X: float64(p.Nodes), Y: p.Lower})
	}
	c.Line("bound", chart.Train, bound)
	c.Line("best value", chart.Validation, value)
	c.Level("feasible", chart.Target, 1, bound[0].X, bound[len(bound)-1].X)
	return c
}
