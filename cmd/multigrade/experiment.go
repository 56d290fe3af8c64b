package main

import (
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/mat"

	"multigrade/grade"
)

// experiment is a published or customary comparison that reproduce runs.
type experiment struct {
	name, title string
	source      string // where the published numbers are from
	needs       string // what the second argument is, "" for none
	measure     measure
	table       bool // measured data, one of reproduce tables
	classes     bool // the target is classes
	// prepare makes the data, given the second argument.
	prepare func(argument string) (*trial, error)
	// full and quick set the options of the two variants.
	full, quick func(*grade.Options)
	// published numbers of others, the best multigrade network first; perGrade
	// are that network's after each grade, nil where they are not known.
	published []published
	perGrade  []float64
}

// published is what others report on an experiment.
type published struct {
	Name    string  `json:"name"`
	Value   float64 `json:"value"`
	Seconds float64 `json:"seconds,omitempty"` // 0 where it is not reported
}

// trial is the data of an experiment.
type trial struct {
	columns []string   // of a table made here, the target last
	src     *source    // the file the data are from, nil for a table made here
	x       *mat.Dense // all rows, those for the test among them where there are
	y       []float64
	testX   *mat.Dense
	testY   []float64
	holdout float64 // share of the rows that is the test
	// imageWidth is the length of an image's lines, 0 for a table.
	imageWidth int
	// baseline is the prediction at testX without any training, nil for none.
	baseline     []float64
	baselineName string
}

// measure is the error that an experiment reports of predictions.
type measure struct {
	name   string
	of     func(y, predicted []float64) float64
	higher bool // better
}

var (
	halfMSE = measure{name: "half-MSE", of: func(y, p []float64) float64 { return squares(y, p) / float64(2*len(y)) }}
	rmse    = measure{name: "RMSE", of: func(y, p []float64) float64 { return math.Sqrt(squares(y, p) / float64(len(y))) }}
	// rse is sum (y - yhat)^2 / sum y^2.
	rse = measure{name: "RSE", of: func(y, p []float64) float64 { return squares(y, p) / squares(y, make([]float64, len(y))) }}
	// accuracy is the share of classes that are right.
	accuracy = measure{name: "accuracy", of: shareEqual, higher: true}
	psnr     = measure{name: "PSNR", of: func(y, p []float64) float64 { return -10 * math.Log10(squares(y, p)/float64(len(y))) }, higher: true}
)

func shareEqual(a, b []float64) float64 {
	equal := 0
	for i, v := range a {
		if v == b[i] {
			equal++
		}
	}
	return float64(equal) / float64(len(a))
}

// squares is sum (a_i - b_i)^2.
func squares(a, b []float64) float64 {
	sum := 0.0
	for i, v := range a {
		sum += (v - b[i]) * (v - b[i])
	}
	return sum
}

// better reports whether a is a better value than b.
func (m measure) better(a, b float64) bool { return a < b != m.higher }

// experiments in the order they are listed.
func experiments() []experiment {
	all := []experiment{synthetic1(), synthetic2()}
	for setting := 1; setting <= 4; setting++ {
		all = append(all, spectral(setting))
	}
	all = append(all, manifold(), cameraman(), butterfly())
	return append(all, tables()...)
}

func findExperiment(name string) (*experiment, error) {
	var names []string
	for _, e := range experiments() {
		if e.name == name {
			return &e, nil
		}
		names = append(names, e.name)
	}
	return nil, bad(fmt.Errorf("experiment %q: want one of %s", name, strings.Join(names, ", ")))
}

// source is the file of the data, or the table made here, which the run
// directory keeps.
func (t *trial) source(name string) *source {
	if t.src != nil {
		return t.src
	}
	return &source{path: stdin, name: name, raw: t.csv()}
}

// csv is the training table.
func (t *trial) csv() []byte {
	var b strings.Builder
	fmt.Fprintln(&b, strings.Join(t.columns, ","))
	for i, y := range t.y {
		for _, v := range t.x.RawRowView(i) {
			fmt.Fprintf(&b, "%v,", v)
		}
		fmt.Fprintf(&b, "%v\n", y)
	}
	return []byte(b.String())
}

// training is the rows that the model was trained on.
func (t *trial) training(m *grade.Model) (*mat.Dense, []float64) {
	return rowsOf(t.x, t.y, m.Split.SplitRows(len(t.y), t.imageWidth).Train)
}

func rowsOf(x *mat.Dense, y []float64, rows []int) (*mat.Dense, []float64) {
	_, d := x.Dims()
	some, target := mat.NewDense(len(rows), d, nil), make([]float64, len(rows))
	for k, i := range rows {
		some.SetRow(k, x.RawRowView(i))
		target[k] = y[i]
	}
	return some, target
}
