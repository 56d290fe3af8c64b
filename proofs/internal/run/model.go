package run

import (
	"errors"
	"fmt"
	"multigrade/proofs/internal/certificate"
	"multigrade/proofs/internal/strict"
	"multigrade/proofs/internal/table"
	"multigrade/proofs/internal/verdict"
)

// A model is model.json.
type model struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
	Data    struct {
		Source   string   `json:"source"` // a name, which claims nothing
		Kind     string   `json:"kind"`
		SHA256   string   `json:"sha256"`
		Rows     int      `json:"rows"`
		Features int      `json:"features"`
		Columns  []string `json:"columns"`
		Target   []string `json:"target"`
		Width    int      `json:"width"` // pixels in a line of an image
		// Of a text table, where it is not columns of plain numbers between commas.
		Reading  *table.Reading `json:"reading"`
		Encoding []table.Column `json:"encoding"`
	} `json:"data"`
	Task    string        `json:"task"`    // version 1: regression
	Classes table.Classes `json:"classes"` // of a task with classes
	Split   struct {
		Holdout    float64 `json:"holdout"`
		Validation float64 `json:"validation"`
		Stride     int     `json:"stride"` // of an image, from 2 on
		Refit      bool    `json:"refit"`  // the validation rows are training rows
		Last       bool    `json:"last"`   // rows are the test's
		Group      string  `json:"group"`  // the column whose groups no cut parts, "" without
		Stratified bool    `json:"stratified"`
		Fold       string  `json:"fold"` // "i/k": row i of every k rows, "" without
	} `json:"split"`
	Test *struct { // data of their own to test on
		Source  string         `json:"source"` // likewise
		SHA256  string         `json:"sha256"`
		Rows    int            `json:"rows"`
		Reading *table.Reading `json:"reading"`
	} `json:"test"`
	Loss        string       `json:"loss"`      // of every grade; version 1: only there
	Threshold   float64      `json:"threshold"` // the number of the loss
	Quantiles   []float64    `json:"quantiles"` // the number of each output's loss, rising; empty without
	Weights     *weights     `json:"weights"`   // of the training rows, nil without
	Standardize bool         `json:"standardize"`
	Bias        bool         `json:"bias"`
	Intercept   bool         `json:"intercept"`
	Input       scaling      `json:"input"`
	Output      scaling      `json:"output"`      // one column per target
	CarryShift  []float64    `json:"carry_shift"` // one per feature where grades carry
	Grades      []modelGrade `json:"grades"`
	// Calibration is about rows held out, which networks that are not in the run may have
	// predicted; it claims nothing.
	Calibration *struct {
		From      string      `json:"from"`
		Rows      int         `json:"rows"`
		Residuals [][]float64 `json:"residuals"`
		Platt     []struct {
			Slope  float64 `json:"slope"`
			Offset float64 `json:"offset"`
		} `json:"platt"`
		LogLoss float64 `json:"log_loss"`
	} `json:"calibration"`
}

type modelGrade struct {
	Grade        int           `json:"grade"`
	Activation   string        `json:"activation"`
	Loss         string        `json:"loss"`
	Carry        bool          `json:"carry"`
	InputDim     int           `json:"input_dim"`
	Outputs      []modelOutput `json:"outputs"`
	FeatureScale []float64     `json:"feature_scale"`
}

type modelOutput struct {
	Beta     float64       `json:"beta"`
	Constant float64       `json:"constant"`
	Neurons  []modelNeuron `json:"neurons"`
	Width    *modelWidth   `json:"width"` // nil without a budget
	// Decomposed is there where the network comes from a gated one.
	Decomposed *modelDecomposed `json:"decomposed"`
	DeadZone   *float64         `json:"dead_zone"` // nil without one
}

type modelNeuron struct {
	W     []float64 `json:"w"`
	Gate  []float64 `json:"gate"`
	Alpha float64   `json:"alpha"`
}

const (
	modelFormat  = "multigrade-model"
	modelVersion = 2
	// Version 1 has one target, no threshold and no carry, and its ledger fewer
	// columns.
	oldestModel = 1
)

// readModel reads model.json and checks that its shapes fit together.
func readModel(raw []byte) (*model, error) {
	m := new(model)
	if err := strict.JSON(raw, m); err != nil {
		return nil, err
	}
	if m.Format != modelFormat || m.Version < oldestModel || m.Version > modelVersion {
		return nil, fmt.Errorf("format %q version %d, expected %q version %d to %d", m.Format, m.Version, modelFormat, oldestModel, modelVersion)
	}
	if targets := len(m.Data.Target); targets < 1 || m.Version == 1 && targets > 1 {
		return nil, fmt.Errorf("data.target: %d targets in version %d, expected one or, from version 2 on, more", targets, m.Version)
	}
	if m.Version == 1 {
		m.Loss, m.Task = certificate.Squared, table.TaskRegression
	}
	if err := m.Classes.Form(m.Task, len(m.Data.Target)); err != nil {
		return nil, err
	}
	if err := verdict.KnownWord("loss", m.Loss, certificate.LossNames...); err != nil {
		return nil, err
	}
	if m.margins() && m.Task == table.TaskRegression {
		return nil, fmt.Errorf("loss: %s in a regression", m.Loss)
	}
	if err := m.formParameters(); err != nil {
		return nil, err
	}
	for name, share := range map[string]float64{"holdout": m.Split.Holdout, "validation": m.Split.Validation} {
		if !(share >= 0 && share < 1) {
			return nil, fmt.Errorf("split.%s: %v, expected a share in [0, 1)", name, share)
		}
	}
	if s := m.Split; s.Stride < 0 || s.Stride > 1 && (m.Data.Kind != table.KindImage || s.Holdout > 0) || m.Test != nil && (s.Stride > 1 || s.Holdout > 0) {
		return nil, fmt.Errorf("split: stride %d of kind %s, holdout %v, test data %v", s.Stride, m.Data.Kind, s.Holdout, m.Test != nil)
	}
	if err := m.formTest(); err != nil {
		return nil, err
	}
	if err := m.formWeights(); err != nil {
		return nil, err
	}
	if m.Split.Refit && m.Split.Validation == 0 {
		return nil, errors.New("split.refit: expected only with a validation share")
	}
	if err := m.Input.form("input", m.Data.Features); err != nil {
		return nil, err
	}
	if err := m.Output.form("output", m.outputs()); err != nil {
		return nil, err
	}
	if m.carries() && len(m.CarryShift) != m.Data.Features {
		return nil, fmt.Errorf("carry_shift: %d numbers, expected %d", len(m.CarryShift), m.Data.Features)
	}
	width := m.Data.Features
	for k := range m.Grades {
		g := &m.Grades[k]
		if err := g.form(m, k+1, width); err != nil {
			return nil, fmt.Errorf("grade %d: %w", k+1, err)
		}
		width = g.width()
		if g.Carry && width > 0 {
			width += m.Data.Features
		}
	}
	return m, nil
}

// carries says that grades pass the inputs on.
func (m *model) carries() bool { return m.CarryShift != nil }

// margins says that the loss is one of labels.
func (m *model) margins() bool { return certificate.Losses[m.Loss].Labels }

// width is the number of the grade's neurons.
func (g *modelGrade) width() int {
	w := 0
	for _, o := range g.Outputs {
		w += len(o.Neurons)
	}
	return w
}

func (s scaling) form(name string, d int) error {
	if len(s.Shift) != d || len(s.Scale) != d {
		return fmt.Errorf("%s: %d shifts and %d scales, expected %d", name, len(s.Shift), len(s.Scale), d)
	}
	return nil
}

// form checks grade number k, fed with width features.
func (g *modelGrade) form(m *model, k, width int) error {
	if k > 1 && width == 0 {
		return fmt.Errorf("grade: %d follows a grade without neurons", k)
	}
	if m.Bias {
		width++
	}
	switch {
	case g.Grade != k:
		return fmt.Errorf("grade: %d, expected %d", g.Grade, k)
	case g.Carry != m.carries():
		return fmt.Errorf("carry: %v with %d numbers in carry_shift", g.Carry, len(m.CarryShift))
	case g.InputDim != width:
		return fmt.Errorf("input_dim: %d, expected %d", g.InputDim, width)
	case len(g.Outputs) != m.outputs():
		return fmt.Errorf("outputs: %d, expected %d", len(g.Outputs), m.outputs())
	case len(g.FeatureScale) != g.width():
		return fmt.Errorf("feature_scale: %d numbers for %d neurons", len(g.FeatureScale), g.width())
	case g.Loss != m.Loss:
		return fmt.Errorf("loss: %q, the model has %q", g.Loss, m.Loss)
	}
	if _, err := certificate.Slope(g.Activation); err != nil {
		return err
	}
	if err := g.formDecomposed(); err != nil {
		return err
	}
	for t := range g.Outputs {
		o := &g.Outputs[t]
		if err := o.formDeadZone(m); err != nil {
			return fmt.Errorf("output %d %w", t+1, err)
		}
		for j, u := range o.Neurons {
			if err := u.form(g.Activation, width); err != nil {
				return fmt.Errorf("output %d neuron %d: %w", t+1, j, err)
			}
		}
	}
	return nil
}

func (u *modelNeuron) form(activation string, width int) error {
	gate := 0
	if activation == certificate.Gated {
		gate = width
	}
	if len(u.W) != width || len(u.Gate) != gate {
		return fmt.Errorf("%d weights and a gate of %d, expected %d and %d", len(u.W), len(u.Gate), width, gate)
	}
	return nil
}

// outputs is the number of outputs of every grade.
func (m *model) outputs() int {
	switch {
	case m.Task == table.TaskMulticlass:
		return len(m.Classes)
	case len(m.Quantiles) > 0:
		return len(m.Quantiles)
	}
	return len(m.Data.Target)
}
