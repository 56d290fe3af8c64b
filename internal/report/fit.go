package report

import (
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/grade"
	"multigrade/internal/chart"
)

// How much is drawn.
const (
	mostDots     = 700  // of one part of the data
	panelDots    = 300  // in each of several panels
	curvePoints  = 1200 // of a function of one input, or
	leastPoints  = 300  // where predictions cost much
	mostOutputs  = 3    // outputs that are drawn
	mostOfGrades = 5    // grades that are drawn
)

// fit shows the predictions beside the targets, and what is left.
func (r *Run) fit(seen []sample) ([]Part, error) {
	maps, err := r.maps(seen)
	if err != nil {
		return nil, err
	}
	switch {
	case r.classes():
		p := r.confusion(seen)
		p.Figures = append(p.Figures, maps...)
		return []Part{p}, nil
	case r.Model.Data.Width > 0:
		pictures, err := r.pictures()
		return []Part{pictures, r.residuals(seen)}, err
	case r.Model.Data.Features == 1:
		p, err := r.curves(seen)
		return []Part{p, r.residuals(seen)}, err
	}
	p := r.predictedOverActual(seen)
	p.Figures = append(p.Figures, maps...)
	effects, err := r.effects(seen)
	if len(effects.Figures) == 0 {
		return []Part{p, r.residuals(seen)}, err
	}
	return []Part{p, effects, r.residuals(seen)}, err
}

// outputs are the outputs that are drawn.
func (r *Run) outputs() []string {
	names := r.Model.OutputNames()
	return names[:min(len(names), mostOutputs)]
}

// grades are at most so many of the numbers 1, ..., last, the last among them.
func (r *Run) grades(most int) []int {
	var k []int
	for g := 1; g <= r.last(); g++ {
		k = append(k, g)
	}
	return spread(k, most)
}

// spread takes at most so many, at least two, elements, evenly, the first and the
// last among them.
func spread(v []int, most int) []int {
	if len(v) <= most {
		return v
	}
	taken := make([]int, most)
	for j := range taken {
		taken[j] = v[int(math.Round(float64(j*(len(v)-1))/float64(most-1)))]
	}
	return taken
}

func afterGrade(k int) string { return fmt.Sprintf("after grade %d", k) }

// curves draws a function of one input over its data.
func (r *Run) curves(seen []sample) (Part, error) {
	p := Part{Title: "The fit", Text: r.explained(seen)}
	x := line(seen, affordable(r.Model, leastPoints, curvePoints))
	after, err := r.Model.PredictStages(x)
	if err != nil {
		return p, err
	}
	for t, name := range r.outputs() {
		c := chart.New(chart.Whole, r.Model.Data.Columns[0], name)
		for _, s := range seen {
			colour := chart.Colour(chart.Target)
			if s.split != grade.OnTrain {
				colour = colourOf[s.split]
			}
			c.Points(rowsOf(s.split)+" rows", colour, spaced(pairs(mat.Col(nil, 0, s.x), s.y[t]), mostDots), 1.2)
		}
		for _, k := range r.grades(mostOfGrades) {
			c.Curve(afterGrade(k), chart.Ordered(k-1, r.last()), pairs(mat.Col(nil, 0, x), mat.Col(nil, t, after[k])))
		}
		p.Figures = append(p.Figures, Figure{Name: fileName("fit", t, r), Chart: c})
	}
	return p, nil
}

// line are so many inputs from the least to the largest that the samples have.
func line(seen []sample, points int) *mat.Dense {
	least, most := math.Inf(1), math.Inf(-1)
	for _, s := range seen {
		column := mat.Col(nil, 0, s.x)
		least, most = math.Min(least, floats.Min(column)), math.Max(most, floats.Max(column))
	}
	return mat.NewDense(points, 1, floats.Span(make([]float64, points), least, most))
}

func pairs(x, y []float64) []chart.XY {
	xy := make([]chart.XY, len(x))
	for i := range xy {
		xy[i] = chart.XY{X: x[i], Y: y[i]}
	}
	return xy
}

// fileName is the name of a figure of output t.
func fileName(what string, t int, r *Run) string {
	if r.Model.Outputs() == 1 {
		return what
	}
	return fmt.Sprintf("%s-output-%d", what, t+1)
}

// predictedOverActual draws predictions over targets after some of the grades.
func (r *Run) predictedOverActual(seen []sample) Part {
	p := Part{Title: "The fit", Text: append(r.explained(seen), "Predicted over actual values; on the dashed line they are equal.")}
	for t, name := range r.outputs() {
		for _, k := range r.grades(3) {
			c := chart.New(chart.Third, name, "predicted "+afterGrade(k))
			least, most := math.Inf(1), math.Inf(-1)
			for _, s := range seen {
				least, most = math.Min(least, floats.Min(s.y[t])), math.Max(most, floats.Max(s.y[t]))
				c.Points(rowsOf(s.split), colourOf[s.split], spaced(pairs(s.y[t], mat.Col(nil, t, s.after[k])), panelDots), 1.4)
			}
			c.Dashed("", chart.Ink, []chart.XY{{X: least, Y: least}, {X: most, Y: most}})
			p.Figures = append(p.Figures, Figure{Name: fmt.Sprintf("%s-grade-%d", fileName("fit", t, r), k), Chart: c})
		}
	}
	return p
}

// explained says which share of the variance the model explains, R2 = 1 - sum e^2 /
// sum (y - mean)^2, summed over the outputs; of several quantiles, which are no means, how many
// targets are at most each.
func (r *Run) explained(seen []sample) []string {
	if r.Model.Quantiles != nil {
		return atMost(r.Model.Quantiles, seen, r.last())
	}
	var shares []string
	for _, s := range seen {
		left, all := 0.0, 0.0
		for t, y := range s.y {
			e := s.residual(t, r.last())
			left += floats.Dot(e, e)
			mean := floats.Sum(y) / float64(len(y))
			for _, v := range y {
				all += (v - mean) * (v - mean)
			}
		}
		if all > 0 {
			shares = append(shares, fmt.Sprintf("%.4g on the %s", 1-left/all, s.rowsDrawn()))
		}
	}
	if len(shares) == 0 {
		return nil
	}
	return []string{"R2, the share of the variance that is explained: " + strings.Join(shares, ", ") + "."}
}

// atMost says what share of the targets is at most the quantile predicted after grade k, by level.
func atMost(levels []float64, seen []sample, k int) []string {
	var text []string
	for _, s := range seen {
		var shares []string
		for t, level := range levels {
			count := 0
			for i, v := range s.y[t] {
				if v <= s.after[k].At(i, t) {
					count++
				}
			}
			shares = append(shares, fmt.Sprintf("%s (%v)", percent(float64(count)/float64(s.rows())), level))
		}
		text = append(text, fmt.Sprintf("At most the quantile predicted are of the %s: %s.", s.rowsDrawn(), strings.Join(shares, ", ")))
	}
	return text
}

// rowsDrawn names the rows.
func (s *sample) rowsDrawn() string {
	rows := rowsOf(s.split) + " rows"
	if s.rows() < s.all {
		rows += " that are drawn"
	}
	return rows
}
