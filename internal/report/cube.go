package report

import (
	"fmt"
	"math"

	"multigrade/approx"
	"multigrade/internal/chart"
	"multigrade/proofs"
)

// Cube is a scheme of package approx, with bounds for the whole cube.
type Cube struct {
	Name    string     // of its directory
	Facts   [][]string // names and values
	Model   *approx.Model
	Scheme  *approx.Scheme
	Checked *proofs.Report // what the checker said, nil if it was not asked
}

var _ Subject = (*Cube)(nil)

// text is the target as it was given.
func (c *Cube) text() string {
	if t := c.Model.Target; t.Text == "" {
		return fmt.Sprintf("%s of %d values per coordinate", t.Kind, t.N+1)
	}
	return c.Model.Target.Text
}

func (c *Cube) section() (Section, error) {
	s := Section{Title: c.Name, Status: c.Model.Status, Lead: []string{c.lead()}}
	s.Parts = append(s.Parts, c.norms())
	if look := c.look(); len(look.Figures) > 0 {
		s.Parts = append(s.Parts, look)
	}
	s.Parts = append(s.Parts, c.claims(), Part{Title: "The run", Tables: []Table{{Facts: true, Rows: c.Facts}}})
	return s, nil
}

func (c *Cube) lead() string {
	n := len(c.Model.Grades)
	lead := fmt.Sprintf("The constructive scheme for %s on [0,1]^%d with %d grade%s.", c.text(), c.Model.Target.Dim, n, plural(n))
	if n > 0 {
		lead += fmt.Sprintf(" Nowhere on the cube is more left than %.4g; the target goes up to %.4g.", c.Model.Grades[n-1].SupBound, c.Model.Initial.Linf[1])
	}
	return lead
}

// after are the enclosures of the residual after k grades.
func (c *Cube) after(k int) approx.ModelNorms {
	if k == 0 {
		return c.Model.Initial.ModelNorms
	}
	return c.Model.Grades[k-1].ModelNorms
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
		plot := chart.New(chart.Third, "grade", n.label).LogY().WholeX().Across(0, float64(len(c.Model.Grades)))
		var below, above []chart.XY
		for k := 0; k <= len(c.Model.Grades); k++ {
			v := n.of(c.after(k))
			below, above = append(below, chart.XY{X: float64(k), Y: v[0]}), append(above, chart.XY{X: float64(k), Y: v[1]})
		}
		plot.Line("at most", chart.Train, above)
		plot.Dashed("at least", chart.Test, below)
		p.Figures = append(p.Figures, Figure{Name: "decay-" + n.name, Chart: plot})
	}
	p.After = []string{"Both bounds of every norm are proved for the whole cube. Logarithmic scale; a bound of 0 is not drawn."}
	return p
}

func (c *Cube) table() Table {
	t := Table{Caption: "Grades with their grids of N cells per coordinate, thresholds, explicit networks, and what is left.",
		Head: []string{"grade", "N", "threshold", "width", "depth", "hats", "L1", "L2", "max |e|", "|e| <=", ""}}
	t.Rows = append(t.Rows, append([]string{"0", "", "", "", "", ""}, append(spans(c.after(0)), brief(c.Model.Initial.Linf[1]), "target")...))
	for _, g := range c.Model.Grades {
		kind := "nontrivial"
		if !g.Nontrivial {
			kind = "trivial"
		}
		row := []string{fmt.Sprint(g.Grade), fmt.Sprint(g.N), brief(g.Tau), fmt.Sprint(g.Width), fmt.Sprint(g.Depth), fmt.Sprint(g.Hats)}
		t.Rows = append(t.Rows, append(append(row, spans(g.ModelNorms)...), brief(g.SupBound), kind))
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

// value is the target at x.
func (c *Cube) value(x []float64) float64 {
	switch t := c.Scheme.Target.(type) {
	case *approx.Expr:
		return t.Float(x)
	case *approx.Table:
		return t.Grid.Interpolate(t.Values, x)
	case *approx.Samples:
		return t.Grid.Interpolate(t.Values, x)
	}
	return math.NaN()
}

// look draws target, scheme and residual, of one or two variables.
func (c *Cube) look() Part {
	p := Part{Title: "What it looks like"}
	switch c.Model.Target.Dim {
	case 1:
		p.Figures = c.curves()
	case 2:
		p.Figures = c.maps()
	}
	return p
}

// shown are at most so many of the grades, the last among them, those without a
// correction left out.
func (c *Cube) shown(most int) []int {
	var k []int
	for g, grade := range c.Model.Grades {
		if grade.Nontrivial {
			k = append(k, g+1)
		}
	}
	return spread(k, most)
}

func (c *Cube) curves() []Figure {
	fit := chart.New(chart.Whole, "x", "target and grades so far")
	left := chart.New(chart.Whole, "x", "e")
	target := make([]chart.XY, curvePoints)
	for i := range target {
		x := float64(i) / (curvePoints - 1)
		target[i] = chart.XY{X: x, Y: c.value([]float64{x})}
	}
	fit.Curve("target", chart.Target, target)
	shown := c.shown(mostOfGrades)
	for j, k := range shown {
		so, e := make([]chart.XY, curvePoints), make([]chart.XY, curvePoints)
		for i, p := range target {
			so[i] = chart.XY{X: p.X, Y: c.Scheme.Value([]float64{p.X}, k)}
			e[i] = chart.XY{X: p.X, Y: p.Y - so[i].Y}
		}
		fit.Curve(afterGrade(k), chart.Ordered(j, len(shown)), so)
		left.Curve(afterGrade(k), chart.Ordered(j, len(shown)), e)
	}
	return []Figure{{Name: "fit", Chart: fit}, {Name: "residual", Chart: left}}
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
	target := at(c.value)
	top := c.Model.Initial.Linf[1]
	figures := []Figure{{Name: "map-target", Caption: fmt.Sprintf("target: vermilion positive, blue negative, full colour %.3g", top), Picture: signedPicture(target, top, side)}}
	shown := c.shown(mostOfGrades)
	for _, k := range shown {
		figures = append(figures, Figure{Name: fmt.Sprintf("map-grade-%d", k), Caption: afterGrade(k),
			Picture: signedPicture(at(func(x []float64) float64 { return c.Scheme.Value(x, k) }), top, side)})
	}
	if n := len(shown); n > 0 {
		last := shown[n-1]
		e, bound := at(func(x []float64) float64 { return c.value(x) - c.Scheme.Value(x, last) }), c.Model.Grades[last-1].SupBound
		figures = append(figures, Figure{Name: "map-residual", Caption: fmt.Sprintf("what is left %s, full colour %.2g", afterGrade(last), bound), Picture: signedPicture(e, bound, side)})
	}
	return figures
}

func (c *Cube) claims() Part {
	text := []string{"Certified, on the whole cube and not only at points, and derived again by multigrade verify: the enclosures in the table; that the residual grows nowhere from grade to grade; " +
		"that at every nontrivial grade it falls in every L^p norm, 1 <= p < infinity."}
	if l := c.Model.Target.Lipschitz; l > 0 {
		text = append(text, fmt.Sprintf("Taken on trust: the Lipschitz constant %g of the target.", l))
	}
	return Part{Title: "What is certified, and what is not", Text: append(text, verdict(c.Checked)...)}
}

func (c *Cube) series() (series, bool) {
	s := series{name: c.Name, data: c.text(), about: fmt.Sprintf("constructive, %d grades", len(c.Model.Grades)), status: c.Model.Status, same: "cube " + c.text()}
	p := seriesPoint{seconds: math.NaN(), test: math.NaN()}
	for k := 0; k <= len(c.Model.Grades); k++ {
		if k > 0 {
			p.neurons += float64(c.Model.Grades[k-1].Width * c.Model.Grades[k-1].Depth)
		}
		p.train = c.after(k).L2[1]
		s.points = append(s.points, p)
	}
	return s, true
}
