package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/internal/chart"
)

// How the effects of features are drawn.
const (
	mostEffects  = 6   // features drawn, of
	mostFeatures = 64  // the first so many
	effectPoints = 41  // of a curve
	effectRows   = 100 // rows averaged over, at most
	effectShare  = 4   // one part in so many of the work for the predictions of a part of the data
)

// effect is the mean prediction as one feature is set, per output.
type effect struct {
	name   string
	curves [][]chart.XY
	reach  float64 // from the least to the largest
}

// effects are how the predictions depend on one feature at a time: the mean over rows
// of what the network says when that feature alone is set (partial dependence,
// Friedman 2001), for the features that move it most, of a model with several.
func (r *Run) effects(seen []sample) (Part, error) {
	p := Part{Title: "What the features do", Text: []string{
		"The mean prediction when one feature is set and the others stay as they are in the training rows, for the features that move it most."}}
	if r.Model.Data.Features < 2 || r.Model.Data.Width > 0 || r.classes() || r.last() == 0 {
		return p, nil
	}
	var all []effect
	for j := range r.effectFeatures() {
		e, err := r.effect(seen[0].x, j)
		if err != nil {
			return p, err
		}
		if e.reach > 0 {
			all = append(all, e)
		}
	}
	slices.SortStableFunc(all, func(a, b effect) int { return cmp.Compare(b.reach, a.reach) })
	for k, e := range all[:min(len(all), mostEffects)] {
		for t, name := range r.outputs() {
			c := chart.New(chart.Third, e.name, "mean prediction of "+name)
			c.Curve("", chart.Train, e.curves[t])
			p.Figures = append(p.Figures, Figure{Name: fmt.Sprintf("%s-%d", fileName("effect", t, r), k+1), Chart: c})
		}
	}
	return p, nil
}

// effectFeatures is how many features are looked at: no more than predictions may be
// computed for.
func (r *Run) effectFeatures() int {
	return min(r.Model.Data.Features, mostFeatures, max(1, r.effectCurves()))
}

// effectCurves is for how many curves of one row predictions may be computed.
func (r *Run) effectCurves() int {
	return affordable(r.Model, 1, math.MaxInt32) / (effectShare * effectPoints)
}

// effect is that of feature j over some of the rows of x.
func (r *Run) effect(x mat.Matrix, j int) (effect, error) {
	e := effect{name: r.Model.Data.Columns[j], curves: make([][]chart.XY, len(r.outputs()))}
	n, features := x.Dims()
	rows := spaced(every(n), min(effectRows, max(1, r.effectCurves()/r.effectFeatures())))
	column := mat.Col(nil, j, x)
	values := floats.Span(make([]float64, effectPoints), floats.Min(column), floats.Max(column))
	set := mat.NewDense(effectPoints*len(rows), features, nil)
	for k, v := range values {
		for i, row := range rows {
			at := k*len(rows) + i
			mat.Row(set.RawRowView(at), row, x)
			set.Set(at, j, v)
		}
	}
	y, err := r.Model.Predict(set)
	if err != nil {
		return e, err
	}
	for t := range e.curves {
		prediction, means := mat.Col(nil, t, y), make([]float64, effectPoints)
		for k := range means {
			means[k] = floats.Sum(prediction[k*len(rows):(k+1)*len(rows)]) / float64(len(rows))
		}
		e.curves[t] = pairs(values, means)
		e.reach = max(e.reach, floats.Max(means)-floats.Min(means))
	}
	return e, nil
}
