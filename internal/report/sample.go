package report

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"multigrade/grade"
)

// What drawing may cost: floating-point operations for the predictions of one
// part of the data, and rows.
const (
	predictionWork = 4e8
	inputPasses    = 16 // operations for making an input of a grade
	leastRows      = 300
	mostRows       = 20_000
)

// sample is a part of the data, or evenly spaced rows of it, with the predictions
// after 0, 1, ... grades.
type sample struct {
	split string
	all   int        // rows the part has
	x     mat.Matrix // raw inputs
	y     [][]float64
	after []*mat.Dense
}

// affordable is for how many rows predictions may be computed.
func affordable(m *grade.Model, least, most int) int {
	work := 1.0
	for k := range m.Grades {
		work += float64((2*m.Grades[k].Neurons() + inputPasses) * m.Grades[k].InputDim)
	}
	return int(math.Min(math.Max(predictionWork/work, float64(least)), float64(most)))
}

// look computes the predictions for every part of the data.
func (r *Run) look() ([]sample, error) {
	if r.Data == nil {
		return nil, nil
	}
	split := r.Model.Split.Split(r.Data)
	var samples []sample
	for _, p := range []struct {
		name string
		data *grade.Data
		rows []int
	}{{grade.OnTrain, r.Data, split.Train}, {grade.OnValidation, r.Data, split.Validation}, {grade.OnTest, r.Data, split.Test}} {
		if p.name == grade.OnTest && r.Data.Test != nil {
			p.data, p.rows = r.Data.Test, every(r.Data.Test.Rows)
		}
		if len(p.rows) == 0 {
			continue
		}
		s := newSample(p.name, r.Model, p.data, p.rows, affordable(r.Model, leastRows, mostRows))
		var err error
		if s.after, err = r.Model.PredictStages(s.x); err != nil {
			return nil, err
		}
		samples = append(samples, s)
	}
	return samples, nil
}

func every(n int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	return rows
}

// newSample takes at most so many of the rows, for outputs of the model.
func newSample(split string, of *grade.Model, data *grade.Data, rows []int, most int) sample {
	s := sample{split: split, all: len(rows)}
	rows = spaced(rows, most)
	as := grade.Identity(data.Features)
	s.x = as.Apply(data.X, rows)
	for _, y := range of.Targets(data.Y) {
		taken := make([]float64, len(rows))
		for k, i := range rows {
			taken[k] = y[i]
		}
		s.y = append(s.y, taken)
	}
	return s
}

// spaced takes at most so many elements, evenly.
func spaced[T any](v []T, most int) []T {
	if len(v) <= most {
		return v
	}
	taken := make([]T, most)
	for k := range taken {
		taken[k] = v[k*len(v)/most]
	}
	return taken
}

// rows is how many rows the sample has.
func (s *sample) rows() int { return len(s.y[0]) }

// residual is what is left of output t after k grades.
func (s *sample) residual(t, k int) []float64 {
	e := make([]float64, s.rows())
	for i := range e {
		e[i] = s.y[t][i] - s.after[k].At(i, t)
	}
	return e
}

// length is the root mean square over the outputs of what is left of every row.
func (s *sample) length(k int) []float64 {
	sum := make([]float64, s.rows())
	for t := range s.y {
		for i, e := range s.residual(t, k) {
			sum[i] += e * e / float64(len(s.y))
		}
	}
	for i := range sum {
		sum[i] = math.Sqrt(sum[i])
	}
	return sum
}
