package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"multigrade/grade"
	"multigrade/internal/chart"
)

// series is what a run has in common with others.
type series struct {
	name, data, about, status string
	options                   []string // that are not at their zero, each with its value
	// same is equal for runs whose residuals are in the same units.
	same   string
	points []seriesPoint // after 0, 1, ... grades
}

// seriesPoint is the state after a grade; what is not known is NaN.
type seriesPoint struct {
	neurons, seconds float64 // so far
	train, test      float64 // r.m.s. residual
}

func (r *Run) series() (series, bool) {
	d := r.Model.Data
	s := series{name: r.Name, data: d.Name, about: fmt.Sprintf("%s, %d grade%s", r.Model.Loss, r.last(), plural(r.last())), status: r.Status.String(),
		same: d.SHA256 + strings.Join(d.Target, ","), options: r.Options}
	seconds := secondsOf(r.Points)
	p := seriesPoint{}
	for k := 0; k <= r.last(); k++ {
		if k > 0 {
			took, ok := seconds[k]
			if !ok {
				took = math.NaN()
			}
			p.seconds += took
			p.neurons += float64(r.Model.Grades[k-1].Neurons())
		}
		p.train, p.test = r.rms(k, grade.OnTrain), r.rms(k, grade.OnTest)
		s.points = append(s.points, p)
	}
	return s, true
}

func (r *Run) rms(k int, split string) float64 {
	if e := r.Ledger.Find(k, split); e != nil {
		return e.L2
	}
	return math.NaN()
}

// compare sets the runs side by side. Where their targets differ, residuals are
// relative to what there was to fit.
func compare(all []series) Section {
	relative := false
	for _, s := range all {
		relative = relative || s.same != all[0].same
	}
	unit := "r.m.s. of e"
	part := Part{Title: "Residual against effort", Tables: []Table{compareTable(all)}}
	if relative {
		unit = "r.m.s. of e relative to the target's"
		part.Text = []string{"The runs have different data, so their residuals are relative to what there was to fit."}
	}
	for _, axis := range []struct {
		name, label string
		of          func(k int, p seriesPoint) float64
		log         bool
	}{
		{"grade", "grade", func(k int, _ seriesPoint) float64 { return float64(k) }, false},
		{"neurons", "neurons in all", func(_ int, p seriesPoint) float64 { return p.neurons }, true},
		{"seconds", "seconds", func(_ int, p seriesPoint) float64 { return p.seconds }, true},
	} {
		c := chart.New(chart.Third, axis.label, unit).LogY()
		if axis.log {
			c.LogX()
		} else {
			c.WholeX()
		}
		for k, s := range all {
			c.Line(s.name, chart.Several(k), s.over(relative, axis.of, func(p seriesPoint) float64 { return p.train }))
			c.Dashed("", chart.Several(k), s.over(relative, axis.of, func(p seriesPoint) float64 { return p.test }))
		}
		if !c.Empty() {
			part.Figures = append(part.Figures, Figure{Name: "compare-" + axis.name, Chart: c})
		}
	}
	part.After = []string{"Solid: training rows, or of a scheme on the cube the bound for all of it. Dashed: test rows. On logarithmic axes the start, without neurons, is not drawn."}
	section := Section{Title: fmt.Sprintf("%d runs compared", len(all)), Parts: []Part{part}}
	if t := differing(all); len(t.Rows) > 0 {
		section.Parts = append(section.Parts, Part{Title: "Options that differ", Tables: []Table{t}})
	}
	return section
}

// differing are the options that not all runs share.
func differing(all []series) Table {
	t := Table{Facts: true}
	for _, s := range all {
		var own []string
		for _, o := range s.options {
			if slices.ContainsFunc(all, func(other series) bool { return !slices.Contains(other.options, o) }) {
				own = append(own, o)
			}
		}
		if len(own) > 0 {
			t.Rows = append(t.Rows, []string{s.name, strings.Join(own, ", ")})
		}
	}
	return t
}

// over is a residual over something.
func (s *series) over(relative bool, x func(int, seriesPoint) float64, y func(seriesPoint) float64) []chart.XY {
	var xy []chart.XY
	for k, p := range s.points {
		v := y(p)
		if relative {
			v /= y(s.points[0])
		}
		xy = append(xy, chart.XY{X: x(k, p), Y: v})
	}
	return xy
}

func compareTable(all []series) Table {
	t := Table{Head: []string{"run", "data", "model", "status", "neurons", "training r.m.s.", "test r.m.s.", "seconds"}}
	for _, s := range all {
		p := s.points[len(s.points)-1]
		t.Rows = append(t.Rows, []string{s.name, s.data, s.about, s.status, orNone(p.neurons, "%g"), orNone(p.train, "%.4g"), orNone(p.test, "%.4g"), orNone(p.seconds, "%.1f")})
	}
	t.best = map[[2]int]bool{}
	for column, of := range map[int]func(p seriesPoint) float64{4: func(p seriesPoint) float64 { return p.neurons }, 5: func(p seriesPoint) float64 { return p.train },
		6: func(p seriesPoint) float64 { return p.test }, 7: func(p seriesPoint) float64 { return p.seconds }} {
		markLeast(&t, column, all, of)
	}
	return t
}

// markLeast marks the cells of a column that are least, where the runs fit the same
// target and not all are.
func markLeast(t *Table, column int, all []series, of func(p seriesPoint) float64) {
	least, most := math.Inf(1), math.Inf(-1)
	for _, s := range all {
		v := of(s.points[len(s.points)-1])
		if s.same != all[0].same || math.IsNaN(v) {
			return
		}
		least, most = math.Min(least, v), math.Max(most, v)
	}
	for k, s := range all {
		if least < most && of(s.points[len(s.points)-1]) == least {
			t.best[[2]int{k, column}] = true
		}
	}
}
