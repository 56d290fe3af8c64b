package report

import (
	"math"
	"slices"

	"multigrade/grade"
	"multigrade/internal/chart"
)

// optimisation draws how the gaps fell over time, and how many neurons there are.
func (r *Run) optimisation() Part {
	p := Part{Title: "How it was found"}
	if len(r.Points) > 0 {
		p.Figures = append(p.Figures, Figure{Name: "gap", Chart: r.gaps()})
		p.Text = append(p.Text, "The relative gap between a grade's objective and the bound of its optimum: over the patterns listed at the time (lines, ending in a dot), "+
			"and at the end over all patterns (a dot, with a dashed line where it was found bit by bit). It starts anew with every grade; new patterns may widen it.")
	} else {
		p.Text = append(p.Text, "The run keeps no trace of how the gaps fell.")
	}
	r.searches(&p)
	if r.last() > 0 {
		p.Figures = append(p.Figures, Figure{Name: "neurons", Chart: r.neurons()})
	}
	return p
}

// gaps draws the trace.
func (r *Run) gaps() *chart.Chart {
	c := chart.New(chart.Half, "seconds", "relative gap").LogY()
	for k := 1; k <= r.last(); k++ {
		named := afterGradeNumber(k)
		for t := 1; t <= r.Model.Outputs(); t++ {
			colour := chart.Ordered(k-1, r.last())
			listed, all := r.gapsOf(k, t)
			c.Curve(named, colour, listed)
			c.DashedCurve("", colour, all)
			c.Points("", colour, append(end(listed), end(all)...), 2.2)
			named = ""
		}
	}
	if n := len(r.Points); n > 0 {
		c.Level("tolerance", chart.Target, r.Tol, 0, r.Points[n-1].Seconds)
	}
	return c
}

func afterGradeNumber(k int) string { return "grade " + chart.Number(float64(k)) }

// end is the last point, if there is one.
func end(xy []chart.XY) []chart.XY { return slices.Clone(xy[max(0, len(xy)-1):]) }

// gapsOf is the trace of an output, both numbers from 1: over the patterns listed,
// and over all, in the scope in which that is proved.
func (r *Run) gapsOf(k, t int) (listed, all []chart.XY) {
	for _, p := range r.Points {
		if p.Grade != k || p.Output != t || p.Search != nil {
			continue
		}
		listed = append(listed, chart.XY{X: p.Seconds, Y: math.Min(p.RelGap, 1)})
		if !math.IsNaN(p.GlobalRelGap) && r.scope() == grade.Global {
			all = append(all, chart.XY{X: p.Seconds, Y: math.Min(p.GlobalRelGap, 1)})
		}
	}
	return listed, all
}

// neurons draws the number of neurons per grade, with a budget also those of the
// convex program's network.
func (r *Run) neurons() *chart.Chart {
	c := chart.New(chart.Half, "grade", "neurons").WholeX().FromZero()
	var kept, convex []float64
	for _, g := range r.Grades {
		e := r.Ledger.Find(g.Grade.Number, "train")
		kept = append(kept, float64(e.Neurons))
		if e.Kept != nil {
			convex = append(convex, float64(e.Kept.ConvexNeurons))
		}
	}
	if len(convex) == 0 {
		c.Bars("", chart.Train, kept, 0, 1)
		return c
	}
	c.Bars("kept", chart.Train, kept, 0, 2)
	c.Bars("of the convex program's network", chart.Target, convex, 1, 2)
	return c
}
