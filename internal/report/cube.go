package report

import (
	"fmt"
	"math"
	"slices"

	"multigrade/approx"
	"multigrade/internal/chart"
	"multigrade/proofs"
)

// Cube is a scheme of package approx, with bounds for the whole cube.
type Cube struct {
	Name    string         // of its directory
	Facts   [][]string     // names and values
	Checked *proofs.Report // what the checker said, nil if it was not asked
	// CutShort says that the end came before the checker had accepted the run.
	CutShort bool

	kind, status, stopped string
	text                  string // the target as it was given
	dim                   int
	trusted               string   // what is taken on trust, "" for nothing
	columns               []string // what the table says of a grade besides its norms
	initial               approx.ModelNorms
	grades                []cubeGrade
	target                func(x []float64) float64
	value                 func(x []float64, grades int) float64
}

// cubeGrade is one grade.
type cubeGrade struct {
	columns    []string
	nontrivial bool
	neurons    int
	sup        float64
	norms      approx.ModelNorms // of the residual after it
}

var _ Subject = (*Cube)(nil)

// NewCube is a constructive scheme.
func NewCube(s *approx.Scheme) (*Cube, error) {
	m, err := approx.Describe(s)
	if err != nil {
		return nil, err
	}
	c := &Cube{kind: "constructive scheme", status: m.Status, text: m.Target.Text, dim: m.Target.Dim, initial: m.Initial.ModelNorms,
		columns: []string{"N", "cells", "f below", "f above", "threshold", "width", "depth", "hats"}, target: targetOf(s.Target), value: s.Value}
	c.trust(m.Target)
	if c.text == "" {
		c.text = fmt.Sprintf("%s of %d values per coordinate", m.Target.Kind, m.Target.N+1)
	}
	for _, g := range m.Grades {
		c.grades = append(c.grades, cubeGrade{nontrivial: g.Nontrivial, neurons: g.Width * g.Depth, sup: g.SupBound, norms: g.ModelNorms,
			columns: []string{g.Resolution(), fmt.Sprint(g.CellCount(m.Target.Dim)), brief(g.EpsBelow), brief(g.EpsAbove), brief(g.Tau), fmt.Sprint(g.Width), fmt.Sprint(g.Depth), fmt.Sprint(g.Hats)}})
	}
	return c, nil
}

// NewTrainedCube is a scheme of networks, trained or composed, behind dead zones.
func NewTrainedCube(s *approx.TrainedScheme) (*Cube, error) {
	m, err := approx.DescribeTrained(s)
	if err != nil {
		return nil, err
	}
	c := &Cube{kind: "scheme of networks behind dead zones", status: m.Status, stopped: m.Stopped, text: m.Target.Text, dim: m.Target.Dim,
		initial: m.Initial.ModelNorms, columns: []string{"neurons", "dead zone", "width", "depth", "bisections"}, target: s.Target.Float, value: s.Value}
	c.trust(m.Target)
	for _, g := range m.Grades {
		c.grades = append(c.grades, cubeGrade{nontrivial: g.Nontrivial, neurons: g.Neurons, sup: g.SupBound, norms: g.ModelNorms,
			columns: []string{fmt.Sprint(g.Neurons), brief(g.Eps), fmt.Sprint(g.Width), fmt.Sprint(g.Depth), fmt.Sprint(g.Boxes)}})
	}
	return c, nil
}

// trust notes what was given with the target and not derived from it.
func (c *Cube) trust(t approx.ModelTarget) {
	if t.Lipschitz > 0 {
		c.trusted = fmt.Sprintf("the Lipschitz constant %g of the target", t.Lipschitz)
	}
}

// targetOf evaluates a target that can be written to a file.
func targetOf(t approx.Target) func(x []float64) float64 {
	switch t := t.(type) {
	case *approx.Expr:
		return t.Float
	case *approx.Table:
		return func(x []float64) float64 { return t.Grid.Interpolate(t.Values, x) }
	case *approx.Samples:
		return func(x []float64) float64 { return t.Grid.Interpolate(t.Values, x) }
	}
	panic(fmt.Sprintf("report: no values of a target of type %T", t))
}

func (c *Cube) section() (Section, error) {
	s := Section{Title: c.Name, Status: c.status, Lead: c.lead()}
	s.Parts = append(s.Parts, c.norms())
	if look := c.look(); len(look.Figures) > 0 {
		s.Parts = append(s.Parts, look)
	}
	s.Parts = append(s.Parts, c.claims(), Part{Title: "The run", Tables: []Table{{Facts: true, Rows: c.Facts}}})
	return s, nil
}

func (c *Cube) lead() []string {
	n := len(c.grades)
	lead := []string{fmt.Sprintf("The %s for %s on [0,1]^%d with %d grade%s.", c.kind, c.text, c.dim, n, plural(n))}
	if n > 0 {
		lead[0] += fmt.Sprintf(" Nowhere on the cube is more left than %.4g; the target goes up to %.4g.", c.grades[n-1].sup, c.initial.Linf[1])
	}
	if c.stopped != "" {
		lead = append(lead, "Less than asked for: "+c.stopped+".")
	}
	return lead
}

// after are the enclosures of the residual after k grades.
func (c *Cube) after(k int) approx.ModelNorms {
	if k == 0 {
		return c.initial
	}
	return c.grades[k-1].norms
}

// norms is the table of grades, and the enclosures over them.
func (c *Cube) norms() Part {
	p := Part{Title: "What each grade left", Tables: []Table{c.table()}}
	for _, n := range []struct {
		name, label string
		of          func(approx.ModelNorms) [2]float64
	}{
		{"l1", "L1 norm of e", func(m approx.ModelNorms) [2]float64 { return m.L1 }},
		{"l2", "L2 norm of e", func(m approx.ModelNorms) [2]float64 { return m.L2 }},
		{"linf", "largest |e|", func(m approx.ModelNorms) [2]float64 { return m.Linf }},
	} {
		plot := chart.New(chart.Third, "grade", n.label).LogY().WholeX().Across(0, float64(len(c.grades)))
		var below, above []chart.XY
		for k := 0; k <= len(c.grades); k++ {
			v := n.of(c.after(k))
			below, above = append(below, chart.XY{X: float64(k), Y: v[0]}), append(above, chart.XY{X: float64(k), Y: v[1]})
		}
		plot.Line("at most", chart.Train, above)
		plot.Dashed("at least", chart.Test, below)
		p.Figures = append(p.Figures, Figure{Name: "decay-" + n.name, Chart: plot})
	}
	p.After = []string{"Both bounds of every norm are for the whole cube, " + StandingOf(c.Checked).String() + ". Logarithmic scale; a bound of 0 is not drawn."}
	return p
}

func (c *Cube) table() Table {
	t := Table{Caption: "The grades, and enclosures of what is left.", Head: append([]string{"grade", "L1", "L2", "max |e|", ""}, c.columns...)}
	t.Rows = append(t.Rows, slices.Concat([]string{"0"}, spans(c.initial), []string{"target"}, make([]string, len(c.columns))))
	for k, g := range c.grades {
		kind := "nontrivial"
		if !g.nontrivial {
			kind = "trivial"
		}
		t.Rows = append(t.Rows, slices.Concat([]string{fmt.Sprint(k + 1)}, spans(g.norms), []string{kind}, g.columns))
	}
	return t
}

func spans(m approx.ModelNorms) []string {
	var s []string
	for _, v := range [][2]float64{m.L1, m.L2, m.Linf} {
		s = append(s, fmt.Sprintf("[%.4g, %.4g]", v[0], v[1]))
	}
	return s
}

// look draws target, scheme and residual, of one or two variables.
func (c *Cube) look() Part {
	p := Part{Title: "What it looks like"}
	switch c.dim {
	case 1:
		p.Figures = c.curves()
		p.After = []string{"The residuals e are each on a scale of their own, at evenly spaced points; what is left between them the table bounds."}
	case 2:
		p.Figures = c.maps()
	}
	return p
}

// shown are at most so many of the grades, the last among them, those without a
// correction left out.
func (c *Cube) shown(most int) []int {
	var k []int
	for j, g := range c.grades {
		if g.nontrivial {
			k = append(k, j+1)
		}
	}
	return spread(k, most)
}

func (c *Cube) curves() []Figure {
	fit := chart.New(chart.Whole, "x", "target and grades so far")
	figures := []Figure{{Name: "fit", Chart: fit}}
	target := make([]chart.XY, curvePoints)
	for i := range target {
		x := float64(i) / (curvePoints - 1)
		target[i] = chart.XY{X: x, Y: c.target([]float64{x})}
	}
	fit.Curve("target", chart.Target, target)
	shown := c.shown(mostOfGrades)
	for j, k := range shown {
		so, e := make([]chart.XY, curvePoints), make([]chart.XY, curvePoints)
		for i, p := range target {
			so[i] = chart.XY{X: p.X, Y: c.value([]float64{p.X}, k)}
			e[i] = chart.XY{X: p.X, Y: p.Y - so[i].Y}
		}
		fit.Curve(afterGrade(k), chart.Ordered(j, len(shown)), so)
		left := chart.New(chart.Third, "x", "e "+afterGrade(k)) // on a scale of its own: beside the first grade's the last one's is flat
		left.Curve("", chart.Ordered(j, len(shown)), e)
		figures = append(figures, Figure{Name: fmt.Sprintf("residual-grade-%d", k), Chart: left})
	}
	return figures
}

// maps colours the square by the target, by what the grades make of it, and by what
// is left.
func (c *Cube) maps() []Figure {
	const side = 96
	at := func(f func(x []float64) float64) []float64 {
		v := make([]float64, side*side)
		for i := range v { // the second variable goes up
			v[i] = f([]float64{float64(i%side) / (side - 1), 1 - float64(i/side)/(side-1)})
		}
		return v
	}
	target := at(c.target)
	top := c.initial.Linf[1]
	figures := []Figure{{Name: "map-target", Caption: fmt.Sprintf("target: vermilion positive, blue negative, full colour %.3g", top), Picture: signedPicture(target, top, side)}}
	shown := c.shown(mostOfGrades)
	for _, k := range shown {
		figures = append(figures, Figure{Name: fmt.Sprintf("map-grade-%d", k), Caption: afterGrade(k),
			Picture: signedPicture(at(func(x []float64) float64 { return c.value(x, k) }), top, side)})
	}
	if n := len(shown); n > 0 {
		last := shown[n-1]
		e, bound := at(func(x []float64) float64 { return c.target(x) - c.value(x, last) }), c.grades[last-1].sup
		figures = append(figures, Figure{Name: "map-residual", Caption: fmt.Sprintf("what is left %s, full colour %.2g", afterGrade(last), bound), Picture: signedPicture(e, bound, side)})
	}
	return figures
}

func (c *Cube) claims() Part {
	title, opening := certified(StandingOf(c.Checked))
	text := []string{opening + ", on the whole cube and not only at points: the enclosures in the table; that the residual grows nowhere from grade to grade; " +
		"that at every nontrivial grade it falls in every L^p norm, 1 <= p < infinity."}
	if c.trusted != "" {
		text = append(text, "Taken on trust: "+c.trusted+".")
	}
	return Part{Title: title, Text: append(text, verdict(c.Checked, c.CutShort)...)}
}

func (c *Cube) series() (series, bool) {
	s := series{name: c.Name, data: c.text, about: fmt.Sprintf("%s, %d grade%s", c.kind, len(c.grades), plural(len(c.grades))), status: c.status, same: "cube " + c.text}
	p := seriesPoint{seconds: math.NaN(), test: math.NaN()}
	for k := 0; k <= len(c.grades); k++ {
		if k > 0 {
			p.neurons += float64(c.grades[k-1].neurons)
		}
		p.train = c.after(k).L2[1]
		s.points = append(s.points, p)
	}
	return s, true
}
