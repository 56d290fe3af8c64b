package grade

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"multigrade/internal/schema"
)

// Source says which data a model was trained on.
type Source struct {
	Name     string   `json:"source"` // file name without folders
	Kind     string   `json:"kind"`   // csv, libsvm, npy or image
	SHA256   string   `json:"sha256"` // of the file's bytes
	Rows     int      `json:"rows"`
	Features int      `json:"features"`
	Columns  []string `json:"columns"` // names of the features
	Target   []string `json:"target"`
	Width    int      `json:"width,omitempty"` // pixels in a line of an image
	// Reading says how the file becomes cells and numbers, nil for plain ones.
	Reading *schema.Reading `json:"reading,omitempty"`
	// Encoding says how its columns become the features, nil where every column but
	// the targets is one.
	Encoding schema.Encoding `json:"encoding,omitempty"`
}

// Shares are the shares of rows kept out of the training, each in [0, 1).
type Shares struct {
	Holdout    float64 `json:"holdout"`
	Validation float64 `json:"validation"`
	// Stride > 1, of an image, trains on every Stride-th pixel of every Stride-th
	// line and tests on all; 0 does not.
	Stride int `json:"stride,omitempty"`
	// Refit trains on the validation rows, too, after beta was chosen by them.
	Refit bool `json:"refit,omitempty"`
	// Last tests on the last rows, a share Holdout of all: they are in the order of
	// time.
	Last bool `json:"last,omitempty"`
	// Group, if not "", is the column of Data.Groups, none of which the hold-out cuts.
	Group string `json:"group,omitempty"`
	// Stratified gives the test rows their share of every class, or of every range of
	// the first target.
	Stratified bool `json:"stratified,omitempty"`
	// Fold, if not "", is "I/K": the test has every K-th row from row I on, counted from
	// 1. Holdout is then 1/K.
	Fold string `json:"fold,omitempty"`
}

// TestSource says which data of their own a model was tested on.
type TestSource struct {
	Name   string `json:"source"`
	SHA256 string `json:"sha256"`
	Rows   int    `json:"rows"`
	// Reading is that of the test file, which may differ from the first one's.
	Reading *schema.Reading `json:"reading,omitempty"`
}

// Model is a trained multigrade model; Save writes and Load reads it.
type Model struct {
	Format      string          `json:"format"`
	Version     int             `json:"version"`
	Data        Source          `json:"data"`
	Test        *TestSource     `json:"test,omitempty"`
	Task        string          `json:"task"`
	Classes     []string        `json:"classes,omitempty"` // of a task with classes, see Labels
	Split       Shares          `json:"split"`
	Loss        string          `json:"loss"`                // of every grade
	Threshold   float64         `json:"threshold,omitempty"` // of huber, in the program's units
	Quantiles   []float64       `json:"quantiles,omitempty"` // levels of several quantiles, one per output, rising
	Weights     *Weights        `json:"weights,omitempty"`   // of the training rows, nil without
	Standardize bool            `json:"standardize"`
	Bias        bool            `json:"bias"`
	Intercept   bool            `json:"intercept"`
	Input       Standardisation `json:"input"`
	Output      Standardisation `json:"output"`                // one column per target
	CarryShift  []float64       `json:"carry_shift,omitempty"` // of every feature, where grades carry
	Grades      []Grade         `json:"grades"`
	Calibration *Calibration    `json:"calibration,omitempty"` // nil where no rows were held out
}

// Outputs is the number of outputs: of targets, of the classes of a multiclass task, or
// of quantiles.
func (m *Model) Outputs() int {
	switch {
	case m.Task == Multiclass.String():
		return len(m.Classes)
	case m.Quantiles != nil:
		return len(m.Quantiles)
	}
	return len(m.Data.Target)
}

// OutputNames names the outputs: the targets, or TARGET=CLASS for +1 where the
// target is classes, TARGET LEVEL of several quantiles.
func (m *Model) OutputNames() []string {
	switch m.Task {
	case Binary.String():
		return []string{m.Data.Target[0] + "=" + m.Classes[1]}
	case Multiclass.String():
		var names []string
		for _, class := range m.Classes {
			names = append(names, m.Data.Target[0]+"="+class)
		}
		return names
	}
	if m.Quantiles != nil {
		return m.quantileNames()
	}
	return m.Data.Target
}

// Class returns the class that row i of the predictions stands for.
func (m *Model) Class(predictions *mat.Dense, i int) string {
	row := predictions.RawRowView(i)
	if m.Task == Binary.String() {
		if row[0] > 0 {
			return m.Classes[1]
		}
		return m.Classes[0]
	}
	best := 0
	for t, v := range row {
		if v > row[best] {
			best = t
		}
	}
	return m.Classes[best]
}

// Predict returns the predictions of the whole model for every row of x (raw
// features, n x d), in the targets' units: n rows, one column per output. The error is
// ErrData where x has no rows or other columns than the model, or a number that is not
// finite, which it names by row and column from 0.
func (m *Model) Predict(x mat.Matrix) (*mat.Dense, error) {
	return m.PredictGrades(x, len(m.Grades))
}

// PredictGrades predicts with the first k grades, 0 <= k <= len(Grades); with
// none the predictions are the constants Output.Shift.
func (m *Model) PredictGrades(x mat.Matrix, k int) (*mat.Dense, error) {
	if err := m.checkInput(x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	sum := mat.NewDense(n, m.Outputs(), nil)
	if _, err := m.walk(x, k, func(v *evaluation) { v.addTo(sum) }); err != nil {
		return nil, err
	}
	return m.inUnits(sum), nil
}

// PredictStages returns PredictGrades for k = 0, 1, ..., len(Grades).
func (m *Model) PredictStages(x mat.Matrix) ([]*mat.Dense, error) {
	if err := m.checkInput(x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	sum := mat.NewDense(n, m.Outputs(), nil)
	stages := []*mat.Dense{m.inUnits(sum)}
	_, err := m.walk(x, len(m.Grades), func(v *evaluation) {
		v.addTo(sum)
		stages = append(stages, m.inUnits(sum))
	})
	return stages, err
}

// addTo adds f_k to sum, a column per output.
func (v *evaluation) addTo(sum *mat.Dense) {
	for t, f := range v.f {
		for i, f := range f {
			sum.Set(i, t, sum.At(i, t)+f)
		}
	}
}

// inUnits are predictions in the targets' units, quantiles rising.
func (m *Model) inUnits(sum *mat.Dense) *mat.Dense { return m.rearrange(m.unsorted(sum)) }

// unsorted are the outputs in the targets' units, as they were trained.
func (m *Model) unsorted(sum *mat.Dense) *mat.Dense {
	y := new(mat.Dense)
	y.Apply(func(_, t int, v float64) float64 { return m.Output.Shift[t] + float64(m.Output.Scale[t]*v) }, sum)
	return y
}

// Features returns the hidden features h_k of grade k (1 <= k <= len(Grades))
// for every row of x: a column per neuron, then the carried inputs, if any.
func (m *Model) Features(x mat.Matrix, k int) (*mat.Dense, error) {
	if k < 1 {
		return nil, fmt.Errorf("grade: features of grade %d, want 1 to %d", k, len(m.Grades))
	}
	if err := m.checkInput(x); err != nil {
		return nil, err
	}
	h, err := m.walk(x, k, func(*evaluation) {})
	if err != nil {
		return nil, err
	}
	if h == nil {
		return nil, fmt.Errorf("grade: grade %d has no neurons, so no features", k)
	}
	return mat.DenseCopyOf(h), nil
}

// checkInput says what is wrong with rows that a prediction is asked for.
func (m *Model) checkInput(x mat.Matrix) error {
	if missing(x) {
		return fmt.Errorf("%w: no matrix", ErrData)
	}
	n, d := x.Dims()
	if n == 0 {
		return fmt.Errorf("%w: no rows", ErrData)
	}
	if d != m.Data.Features {
		return fmt.Errorf("%w: %d features, the model has %d", ErrData, d, m.Data.Features)
	}
	return checkFinite(x)
}

// walk visits what the first k grades make of their inputs h_{k-1} and returns h_k.
func (m *Model) walk(x mat.Matrix, k int, visit func(v *evaluation)) (mat.Matrix, error) {
	n, _ := x.Dims()
	if k < 0 || k > len(m.Grades) {
		return nil, fmt.Errorf("grade: asked for %d grades, the model has %d", k, len(m.Grades))
	}
	h := m.Input.Apply(x, upTo(n))
	var c mat.Matrix
	if m.CarryShift != nil {
		c = carried(h, m.CarryShift)
	}
	for j := range m.Grades[:k] {
		v := m.Grades[j].evaluate(h, m.Bias, true)
		visit(v)
		h = v.features(c)
	}
	return h, nil
}

func upTo(n int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	return rows
}
