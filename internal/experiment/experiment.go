package experiment

import (
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/mat"

	"multigrade/grade"
	"multigrade/internal/exit"
	"multigrade/internal/run"
)

// Experiment is a published or customary comparison that reproduce runs.
type Experiment struct {
	Name, Title string
	Source      string // where the published numbers are from
	Needs       string // what the second argument is, "" for none
	Measure     measure
	Table       bool // measured data, one of reproduce tables
	classes     bool // the target is classes
	// prepare makes the data, given the second argument.
	prepare func(argument string) (*trial, error)
	// full and quick set the options of the two variants.
	full, quick func(*grade.Options)
	// Published numbers of others, the best multigrade network first; perGrade
	// are that network's after each grade, nil where they are not known.
	Published []Published
	perGrade  []float64
}

// Published is what others report on an experiment.
type Published struct {
	Name    string  `json:"name"`
	Value   float64 `json:"value"`
	Seconds float64 `json:"seconds,omitempty"` // 0 where it is not reported
}

// trial is the data of an experiment.
type trial struct {
	columns []string    // of a table made here, the target last
	src     *run.Source // the file the data are from, nil for a table made here
	x       *mat.Dense  // all rows, those for the test among them where there are
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
	Name   string
	of     func(y, predicted []float64) float64
	higher bool // better
}

var (
	halfMSE = measure{Name: "half-MSE", of: func(y, p []float64) float64 { return squares(y, p) / float64(2*len(y)) }}
	rmse    = measure{Name: "RMSE", of: func(y, p []float64) float64 { return math.Sqrt(squares(y, p) / float64(len(y))) }}
	// rse is sum (y - yhat)^2 / sum y^2.
	rse = measure{Name: "RSE", of: func(y, p []float64) float64 { return squares(y, p) / squares(y, make([]float64, len(y))) }}
	// accuracy is the share of classes that are right.
	accuracy = measure{Name: "accuracy", of: shareEqual, higher: true}
	psnr     = measure{Name: "PSNR", of: func(y, p []float64) float64 { return -10 * math.Log10(squares(y, p)/float64(len(y))) }, higher: true}
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

// All in the order they are listed.
func All() []Experiment {
	all := []Experiment{synthetic1(), synthetic2()}
	for setting := 1; setting <= 4; setting++ {
		all = append(all, spectral(setting))
	}
	all = append(all, manifold(), cameraman(), butterfly())
	return append(all, tables()...)
}

func Find(name string) (*Experiment, error) {
	var names []string
	for _, e := range All() {
		if e.Name == name {
			return &e, nil
		}
		names = append(names, e.Name)
	}
	return nil, exit.Bad(fmt.Errorf("experiment %q: want one of %s", name, strings.Join(names, ", ")))
}

// source is the file of the data, or the table made here, which the run
// directory keeps.
func (t *trial) source(name string) *run.Source {
	if t.src != nil {
		return t.src
	}
	return &run.Source{Path: run.Stdin, Name: name, Raw: t.csv()}
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
	return rowsOf(t.x, t.y, m.Split.SplitRows(grade.Rows{N: len(t.y), Width: t.imageWidth}).Train)
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
