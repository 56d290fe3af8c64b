package report

import (
	"fmt"
	"math"

	"multigrade/grade"
	"multigrade/internal/chart"
	"multigrade/internal/trace"
	"multigrade/solver"
)

// colourOf is the colour of a part of the data.
var colourOf = map[string]chart.Colour{grade.OnTrain: chart.Train, grade.OnValidation: chart.Validation, grade.OnTest: chart.Test}

// ledger is the table of grades and how the residual fell.
func (r *Run) ledger() Part {
	p := Part{Title: "What each grade left", Tables: []Table{r.gradeTable(), r.normTable()}}
	for _, n := range []struct {
		name, what string
		of         func(e *grade.Entry) float64
	}{
		{"l1", "mean |e|", func(e *grade.Entry) float64 { return e.L1 }},
		{"l2", "r.m.s. of e", func(e *grade.Entry) float64 { return e.L2 }},
		{"linf", "max |e|", func(e *grade.Entry) float64 { return e.Linf }},
	} {
		p.Figures = append(p.Figures, Figure{Name: "decay-" + n.name, Chart: r.decay(n.what+" ("+r.unit()+")", n.of)})
	}
	if r.lossOfItsOwn() {
		p.Figures = append(p.Figures, Figure{Name: "loss", Chart: r.decay(r.Model.Loss+" loss", func(e *grade.Entry) float64 { return e.Loss })})
	}
	if r.classes() {
		p.Figures = append(p.Figures, Figure{Name: "accuracy", Chart: r.accuracy()})
	}
	p.After = r.notes()
	return p
}

// lossOfItsOwn says that the grades lower another loss than the r.m.s. of e, which may rise:
// that of labels, of quantiles, of absolute values.
func (r *Run) lossOfItsOwn() bool {
	return r.classes() || r.Model.Loss != solver.Squared.Name() && r.Model.Loss != solver.Monotone.Name()
}

// decay draws a measure of every split over the grades.
func (r *Run) decay(label string, of func(e *grade.Entry) float64) *chart.Chart {
	c := chart.New(chart.Third, "grade", label).LogY().WholeX().Across(0, float64(r.last()))
	for _, split := range r.splits() {
		c.Line(rowsOf(split), colourOf[split], r.overGrades(split, of))
	}
	return c
}

func (r *Run) accuracy() *chart.Chart {
	c := chart.New(chart.Third, "grade", "share in the right class").WholeX().Across(0, float64(r.last()))
	for _, split := range r.splits() {
		c.Line(rowsOf(split), colourOf[split], r.overGrades(split, func(e *grade.Entry) float64 { return e.Accuracy }))
	}
	return c
}

// overGrades is a measure after 0, 1, ... grades.
func (r *Run) overGrades(split string, of func(e *grade.Entry) float64) []chart.XY {
	var xy []chart.XY
	for k := 0; k <= r.last(); k++ {
		if e := r.Ledger.Find(k, split); e != nil {
			xy = append(xy, chart.XY{X: float64(k), Y: of(e)})
		}
	}
	return xy
}

// gradeTable is how every grade was solved.
func (r *Run) gradeTable() Table {
	t := Table{Caption: "How the grades were solved. \"of listed\" bounds the relative distance of a grade's objective from the best over the patterns listed, \"of all\" from the best over all activation patterns, \"no search\" where branch and bound was not attempted.",
		Head: []string{"grade", "neurons", "beta", "objective", "bound, listed", "of listed", "bound, all", "of all", "patterns", "status", "seconds"}}
	if len(r.Model.OutputNames()) > 1 {
		t.Caption += " Of several outputs these are sums, the worst status, and the outputs one by one."
	}
	seconds := secondsOf(r.Points)
	for _, g := range r.Grades {
		k := g.Grade.Number
		t.Rows = append(t.Rows, append(accountRow(fmt.Sprint(k), r.Ledger.Find(k, grade.OnTrain), g.Sum()), orNone(seconds[k], "%.1f")))
		for j, name := range r.Model.OutputNames() {
			if n := len(g.Outputs); n > 1 && n <= mostRowsOfOutputs {
				t.Rows = append(t.Rows, append(accountRow(fmt.Sprintf("%d, %s", k, name), r.Ledger.Output(k, grade.OnTrain, j), g.Outputs[j].Account), ""))
			}
		}
	}
	return t
}

// mostRowsOfOutputs is the most outputs that have rows of their own.
const mostRowsOfOutputs = 10

// accountRow is the row of a grade, or of one of its outputs, without the time.
func accountRow(name string, e *grade.Entry, a grade.Account) []string {
	return []string{name, fmt.Sprint(e.Neurons), brief(e.Beta), fmt.Sprintf("%.6g", a.Primal), fmt.Sprintf("%.6g", a.Dual), gap(a.RelGap),
		orNone(a.GlobalBound, "%.6g"), OfAll(a), fmt.Sprint(a.Patterns), a.Status.String()}
}

// OfAll is the bound of a grade's gap over all patterns, and "no search" where none was
// attempted because it could not have ended.
func OfAll(a grade.Account) string {
	if a.NotAttempted != "" {
		return gap(a.GlobalRelGap) + ", no search"
	}
	return gap(a.GlobalRelGap)
}

func gap(v float64) string { return orNone(v, "<= %.1e") }

func brief(v float64) string { return fmt.Sprintf("%.4g", v) }

// orNone writes a number that may be missing; a bound at infinity says as little.
func orNone(v float64, format string) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "-"
	}
	return fmt.Sprintf(format, v)
}

// secondsOf is how long each grade took, NaN where the trace does not say.
func secondsOf(points []trace.Point) map[int]float64 {
	ended, seconds := map[int]float64{}, map[int]float64{}
	for _, p := range points {
		if p.Phase == trace.Solved {
			ended[p.Grade] = math.Max(ended[p.Grade], p.Seconds)
		}
	}
	for k, at := range ended {
		before, ok := ended[k-1]
		if seconds[k] = at - before; !ok && k > 1 {
			seconds[k] = math.NaN()
		}
	}
	return seconds
}

// normTable is the ledger: a row per grade and split.
func (r *Run) normTable() Table {
	t := Table{Caption: "The residual in units of the target: " + r.unit() + ". \"not larger\" is the share of rows where it is not larger than after the grade before.",
		Head: []string{"grade", "part", "rows", "mean |e|", "r.m.s.", "max |e|", "not larger"}}
	if r.lossOfItsOwn() {
		t.Caption += " The loss is in the units of the programs."
		t.Head = append(t.Head, "loss")
	}
	if r.classes() {
		t.Head = append(t.Head, "accuracy")
	}
	for k := 0; k <= r.last(); k++ {
		for _, split := range r.splits() {
			e := r.Ledger.Find(k, split)
			row := []string{fmt.Sprint(k), rowsOf(split), fmt.Sprint(e.Rows), brief(e.L1), brief(e.L2), brief(e.Linf), percent(e.Nonincreasing)}
			if r.lossOfItsOwn() {
				row = append(row, brief(e.Loss))
			}
			if r.classes() {
				row = append(row, percent(e.Accuracy))
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}
