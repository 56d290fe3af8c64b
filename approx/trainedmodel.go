package approx

import (
	"encoding/json"
	"fmt"
	"multigrade/internal/strictjson"
	"os"
	"path/filepath"
)

// The run directory of a trained scheme holds trained.json, which says what is claimed of which target and has the
// networks; the checker of package proofs reads nothing else.
const (
	TrainedFile     = "trained.json" // which tells such a run
	trainedFormat   = "multigrade-approx-trained"
	trainedVersion  = 1 // networks on x
	composedVersion = 2 // on x and the hidden units of the grade before
	layeredVersion  = 3 // likewise, with hidden layers between grades
	firmVersion     = 4 // likewise, with firm dead zones
)

// TrainedModel is the content of trained.json.
type TrainedModel struct {
	Format  string              `json:"format"`
	Version int                 `json:"version"`           // 2 to 4 if the networks are composed (Stack), else 1
	Status  string              `json:"status"`            // "done" or "interrupted"
	Stopped string              `json:"stopped,omitempty"` // why there are fewer grades than asked for
	Target  ModelTarget         `json:"target"`
	Samples int                 `json:"samples"` // cells per coordinate of the lattice networks were fitted on
	Initial ModelInitial        `json:"initial"`
	Grades  []TrainedModelGrade `json:"grades"`
}

// TrainedRow is one row of the table of grades; the norms are those of the residual after the grade.
type TrainedRow struct {
	Grade      int       `json:"grade"`
	Neurons    int       `json:"neurons"`
	Eps        float64   `json:"eps"` // of the dead zone
	Firm       bool      `json:"firm,omitempty"`
	Nontrivial bool      `json:"nontrivial"`
	Witness    []float64 `json:"witness"` // a point with |g| > eps, with a firm dead zone > 2 eps
	Width      int       `json:"width"`
	Depth      int       `json:"depth"`
	N          int       `json:"n"` // of the grid of the norms
	SupBound   float64   `json:"sup_bound"`
	Boxes      int       `json:"boxes"` // bisections that proved eps
	ModelNorms
}

// TrainedModelGrade is a row with the units of its network.
type TrainedModelGrade struct {
	TrainedRow
	Hidden   [][]Unit `json:"hidden,omitempty"` // the hidden layers before it, with version 3; their alpha are 0
	Constant float64  `json:"constant"`
	Units    []Unit   `json:"units"`
}

// DescribeTrained returns the model of a scheme.
func DescribeTrained(s *TrainedScheme) (*TrainedModel, error) {
	target, err := describeTarget(s.Target)
	if err != nil {
		return nil, err
	}
	m := &TrainedModel{Format: trainedFormat, Version: trainedVersion, Status: "done", Stopped: s.Stopped, Target: target, Samples: s.Samples,
		Initial: ModelInitial{s.InitialN, modelNorms(s.Initial)}, Grades: []TrainedModelGrade{}}
	if s.Interrupted {
		m.Status = "interrupted"
	}
	if s.Stack != nil {
		m.Version = composedVersion
	}
	for k, g := range s.Grades {
		row := TrainedRow{Grade: k + 1, Neurons: len(g.Net.units), Eps: g.Eps, Firm: g.Firm, Nontrivial: true, Witness: g.Witness,
			Width: g.Net.Width(), Depth: g.Net.Depth(), N: g.N, SupBound: g.Sup, Boxes: g.Boxes, ModelNorms: modelNorms(g.Norms)}
		if s.Stack != nil {
			row.Width, row.Depth = s.Stack.Width(k+1), s.Stack.Depth(k+1)
		}
		if len(g.Hidden) > 0 {
			m.Version = max(m.Version, layeredVersion)
		}
		if g.Firm {
			m.Version = firmVersion
		}
		m.Grades = append(m.Grades, TrainedModelGrade{row, g.Hidden, g.Net.constant, g.Net.units})
	}
	return m, nil
}

// SaveTrained writes the run directory; the file gets its name when it is complete.
func SaveTrained(dir string, s *TrainedScheme) error {
	m, err := DescribeTrained(s)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, TrainedFile), append(text, '\n'))
}

// LoadTrained reads a run directory that SaveTrained wrote. It checks the form only; package proofs checks the content.
func LoadTrained(dir string) (*TrainedScheme, error) {
	text, err := os.ReadFile(filepath.Join(dir, TrainedFile))
	if err != nil {
		return nil, err
	}
	var m TrainedModel
	if err := strictjson.Decode(text, &m); err != nil {
		return nil, fmt.Errorf("%s: %w", TrainedFile, err)
	}
	if m.Format != trainedFormat || m.Version < trainedVersion || m.Version > firmVersion || m.Target.Kind != "expression" {
		return nil, fmt.Errorf("%s: format %q version %d, target %q: expected %q version 1 to %d, an expression", TrainedFile, m.Format, m.Version, m.Target.Kind,
			trainedFormat, firmVersion)
	}
	e, err := ParseExpr(m.Target.Text, m.Target.Dim)
	if err != nil {
		return nil, fmt.Errorf("%s: target: %w", TrainedFile, err)
	}
	s := &TrainedScheme{Target: e.WithLipschitz(m.Target.Lipschitz), Samples: m.Samples, Initial: m.Initial.restore(), InitialN: m.Initial.N,
		Interrupted: m.Status == "interrupted", Stopped: m.Stopped}
	inputs := e.Dim()
	if m.Version >= composedVersion {
		s.Stack = &Stack{dim: inputs}
	}
	for k, row := range m.Grades {
		if len(row.Hidden) > 0 && m.Version < layeredVersion {
			return nil, fmt.Errorf("%s: grade %d: hidden layers are of version %d", TrainedFile, k+1, layeredVersion)
		}
		if row.Firm && m.Version < firmVersion {
			return nil, fmt.Errorf("%s: grade %d: firm dead zones are of version %d", TrainedFile, k+1, firmVersion)
		}
		for i := 0; i < len(row.Hidden) && err == nil; i++ {
			s.Stack, err = s.Stack.hide(row.Hidden[i])
		}
		if err != nil {
			return nil, fmt.Errorf("%s: grade %d: %w", TrainedFile, k+1, err)
		}
		if s.Stack != nil {
			inputs = s.Stack.inputs()
		}
		net, err := NewShallow(inputs, row.Constant, row.Units)
		if err == nil && s.Stack != nil {
			s.Stack, err = s.Stack.with(net, row.Eps, row.Firm)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: grade %d: %w", TrainedFile, k+1, err)
		}
		s.Grades = append(s.Grades, &TrainedGrade{Net: net, Hidden: row.Hidden, Eps: row.Eps, Firm: row.Firm, Boxes: row.Boxes, Witness: row.Witness, Sup: row.SupBound, N: row.N, Norms: row.ModelNorms.restore()})
	}
	return s, nil
}
