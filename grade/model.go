package grade

import (
	"fmt"

	"gonum.org/v1/gonum/mat"
)

// Source says which data a model was trained on.
type Source struct {
	Name     string   `json:"source"` // file name without folders
	Kind     string   `json:"kind"`   // csv, libsvm or npy
	SHA256   string   `json:"sha256"` // of the file's bytes
	Rows     int      `json:"rows"`
	Features int      `json:"features"`
	Columns  []string `json:"columns"` // names of the features
	Target   []string `json:"target"`
}

// Shares are the shares of rows kept out of the training, each in [0, 1).
type Shares struct {
	Holdout    float64 `json:"holdout"`
	Validation float64 `json:"validation"`
}

// Model is a trained multigrade model; Save writes and Load reads it.
type Model struct {
	Format      string          `json:"format"`
	Version     int             `json:"version"`
	Data        Source          `json:"data"`
	Split       Shares          `json:"split"`
	Standardize bool            `json:"standardize"`
	Bias        bool            `json:"bias"`
	Intercept   bool            `json:"intercept"`
	Input       Standardisation `json:"input"`
	Output      Standardisation `json:"output"`
	Grades      []Grade         `json:"grades"`
}

// Predict returns the prediction of the whole model for every row of x (raw
// features, n x d), in the target's units.
func (m *Model) Predict(x mat.Matrix) ([]float64, error) {
	return m.PredictGrades(x, len(m.Grades))
}

// PredictGrades predicts with the first k grades, 0 <= k <= len(Grades); with
// none the prediction is the constant Output.Shift.
func (m *Model) PredictGrades(x mat.Matrix, k int) ([]float64, error) {
	n, _ := x.Dims()
	sum := make([]float64, n)
	_, err := m.walk(x, k, func(g *Grade, h mat.Matrix) {
		for i, f := range g.Outputs[0].values(h, m.Bias) {
			sum[i] += f
		}
	})
	if err != nil {
		return nil, err
	}
	for i := range sum {
		sum[i] = m.Output.Shift[0] + float64(m.Output.Scale[0]*sum[i])
	}
	return sum, nil
}

// Features returns the hidden features h_k of grade k (1 <= k <= len(Grades))
// for every row of x, one column per neuron.
func (m *Model) Features(x mat.Matrix, k int) (*mat.Dense, error) {
	if k < 1 {
		return nil, fmt.Errorf("grade: features of grade %d, want 1 to %d", k, len(m.Grades))
	}
	h, err := m.walk(x, k, func(*Grade, mat.Matrix) {})
	if err != nil {
		return nil, err
	}
	z, ok := h.(*mat.Dense)
	if !ok || z == nil {
		return nil, fmt.Errorf("grade: grade %d has no neurons, so no features", k)
	}
	return z, nil
}

// walk visits the first k grades with their inputs h_{k-1} and returns h_k.
func (m *Model) walk(x mat.Matrix, k int, visit func(g *Grade, h mat.Matrix)) (mat.Matrix, error) {
	n, d := x.Dims()
	if d != m.Data.Features {
		return nil, fmt.Errorf("grade: %d features, the model has %d", d, m.Data.Features)
	}
	if k < 0 || k > len(m.Grades) {
		return nil, fmt.Errorf("grade: asked for %d grades, the model has %d", k, len(m.Grades))
	}
	h := m.Input.Apply(x, upTo(n))
	for j := range m.Grades[:k] {
		g := &m.Grades[j]
		visit(g, h)
		h = g.features(h, m.Bias)
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
