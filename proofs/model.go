package proofs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// The part of model.json the checker needs.
type model struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
	Data    struct {
		Kind     string   `json:"kind"`
		SHA256   string   `json:"sha256"`
		Rows     int      `json:"rows"`
		Features int      `json:"features"`
		Columns  []string `json:"columns"`
		Target   []string `json:"target"`
	} `json:"data"`
	Split struct {
		Holdout    float64 `json:"holdout"`
		Validation float64 `json:"validation"`
	} `json:"split"`
	Standardize bool         `json:"standardize"`
	Bias        bool         `json:"bias"`
	Intercept   bool         `json:"intercept"`
	Input       scaling      `json:"input"`
	Output      scaling      `json:"output"`
	Grades      []modelGrade `json:"grades"`
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
}

type modelNeuron struct {
	W     []float64 `json:"w"`
	Gate  []float64 `json:"gate"`
	Alpha float64   `json:"alpha"`
}

const (
	modelFormat  = "multigrade-model"
	modelVersion = 1
)

// readModel reads model.json and checks that its shapes fit together.
func readModel(raw []byte) (*model, error) {
	m := new(model)
	if err := readJSON(raw, m); err != nil {
		return nil, err
	}
	if m.Format != modelFormat || m.Version != modelVersion {
		return nil, fmt.Errorf("format %q version %d, expected %q version %d", m.Format, m.Version, modelFormat, modelVersion)
	}
	if len(m.Data.Target) != 1 {
		return nil, fmt.Errorf("data.target: %d targets, expected one", len(m.Data.Target))
	}
	for name, share := range map[string]float64{"holdout": m.Split.Holdout, "validation": m.Split.Validation} {
		if !(share >= 0 && share < 1) {
			return nil, fmt.Errorf("split.%s: %v, expected a share in [0, 1)", name, share)
		}
	}
	if err := m.Input.form("input", m.Data.Features); err != nil {
		return nil, err
	}
	if err := m.Output.form("output", 1); err != nil {
		return nil, err
	}
	width := m.Data.Features
	for k := range m.Grades {
		g := &m.Grades[k]
		if err := g.form(k+1, width, m.Bias); err != nil {
			return nil, fmt.Errorf("grade %d: %w", k+1, err)
		}
		width = len(g.Outputs[0].Neurons)
	}
	return m, nil
}

// readJSON reads one JSON value with nothing after it.
func readJSON(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("byte %d: expected nothing after the JSON value", d.InputOffset())
	}
	return nil
}

func (s scaling) form(name string, d int) error {
	if len(s.Shift) != d || len(s.Scale) != d {
		return fmt.Errorf("%s: %d shifts and %d scales, expected %d", name, len(s.Shift), len(s.Scale), d)
	}
	return nil
}

// form checks grade number k, fed with width features.
func (g *modelGrade) form(k, width int, bias bool) error {
	if bias {
		width++
	}
	switch {
	case g.Grade != k:
		return fmt.Errorf("grade: %d, expected %d", g.Grade, k)
	case g.Carry:
		return fmt.Errorf("carry: carried inputs are not known to this version")
	case width < 1 || g.InputDim != width:
		return fmt.Errorf("input_dim: %d, expected %d", g.InputDim, width)
	case len(g.Outputs) != 1:
		return fmt.Errorf("outputs: %d, expected 1", len(g.Outputs))
	case len(g.FeatureScale) != len(g.Outputs[0].Neurons):
		return fmt.Errorf("feature_scale: %d numbers for %d neurons", len(g.FeatureScale), len(g.Outputs[0].Neurons))
	}
	if err := knownWord("activation", g.Activation, ReLU, Gated); err != nil {
		return err
	}
	if err := knownWord("loss", g.Loss, Squared); err != nil {
		return err
	}
	for j, u := range g.Outputs[0].Neurons {
		gate := 0
		if g.Activation == Gated {
			gate = width
		}
		if len(u.W) != width || len(u.Gate) != gate {
			return fmt.Errorf("neuron %d: %d weights and a gate of %d, expected %d and %d", j, len(u.W), len(u.Gate), width, gate)
		}
	}
	return nil
}
