package grade

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"

	"multigrade/internal/strictjson"
	"multigrade/solver"
)

const (
	modelFormat  = "multigrade-model"
	modelVersion = 2
	// Models of version 1 have one target, no threshold and no carry; they are
	// read as they are.
	oldestVersion = 1
)

// Save writes the model as one line of JSON. Numbers are the shortest decimals
// that read back to the same float64, so a model loaded and saved again is the
// same bytes.
func (m *Model) Save(w io.Writer) error {
	raw, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("grade: %w", err)
	}
	_, err = w.Write(append(raw, '\n'))
	return err
}

// Load reads a model written by Save and checks that its shapes fit together.
func Load(r io.Reader) (*Model, error) {
	raw, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	m := new(Model)
	if err := strictjson.Decode(raw, m); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	return m, m.validate()
}

// validate reports the first inconsistency.
func (m *Model) validate() error {
	if m.Format != modelFormat || m.Version < oldestVersion || m.Version > modelVersion {
		return fmt.Errorf("model: format %q version %d, want %q version %d to %d", m.Format, m.Version, modelFormat, oldestVersion, modelVersion)
	}
	if m.Version == 1 { // which knows nothing else
		m.Loss, m.Task = solver.Squared.Name(), Regression.String()
	}
	if err := m.validateTask(); err != nil {
		return err
	}
	if l, err := solver.LossOf(m.Loss, parameterAt(m.Quantiles, m.Threshold, 0)); err != nil {
		return fmt.Errorf("model: %w", err)
	} else if err := m.checkQuantiles(l); err != nil {
		return fmt.Errorf("model: %w", err)
	}
	d, targets := m.Data.Features, m.Outputs()
	if d < 1 || len(m.Data.Columns) != d || targets < 1 {
		return fmt.Errorf("model: %d column names and %d targets for %d features, want as many names and a target",
			len(m.Data.Columns), targets, d)
	}
	if err := m.Data.validateEncoding(); err != nil {
		return err
	}
	if m.CarryShift != nil && len(m.CarryShift) != d {
		return fmt.Errorf("model: %d carry shifts for %d features", len(m.CarryShift), d)
	}
	if err := m.Input.validate("input", d); err != nil {
		return err
	}
	if err := m.Output.validate("output", targets); err != nil {
		return err
	}
	width := d
	for k := range m.Grades {
		g := &m.Grades[k]
		switch {
		case len(g.Outputs) != targets:
			return fmt.Errorf("model: grade %d has %d outputs, want %d", k+1, len(g.Outputs), targets)
		case g.Loss != m.Loss:
			return fmt.Errorf("model: grade %d has loss %q, the model %q", k+1, g.Loss, m.Loss)
		case g.Carry != (m.CarryShift != nil):
			return fmt.Errorf("model: grade %d has carry %v with %d carry shifts", k+1, g.Carry, len(m.CarryShift))
		}
		if err := g.validate(k+1, width, m.Bias); err != nil {
			return err
		}
		if width = g.Neurons(); width > 0 && g.Carry {
			width += d
		}
	}
	if m.Calibration == nil {
		return nil
	}
	if err := m.Calibration.validate(m.Task != Regression.String(), targets); err != nil {
		return fmt.Errorf("model: %w", err)
	}
	return nil
}

// validateEncoding checks that the features are those of the encoding.
func (s *Source) validateEncoding() error {
	if err := s.Reading.Validate(); err != nil {
		return fmt.Errorf("model: %w", err)
	}
	if s.Encoding == nil {
		return nil
	}
	if err := s.Encoding.Validate(); err != nil {
		return fmt.Errorf("model: %w", err)
	}
	if names := s.Encoding.Names(); !slices.Equal(names, s.Columns) {
		return fmt.Errorf("model: the encoding makes the features %.200q, want the columns %.200q", names, s.Columns)
	}
	for _, c := range s.Encoding {
		if c.Indicator && !c.IsText() && c.Impute == nil {
			return fmt.Errorf("model: column %q has an indicator of missing numbers, want a number for them", c.Name)
		}
	}
	return nil
}

// validateTask checks that there are as many classes as the task has.
func (m *Model) validateTask() error {
	task, err := ParseTask(m.Task)
	if err != nil {
		return fmt.Errorf("model: %w", err)
	}
	k := len(m.Classes)
	if task == Regression && k == 0 || len(m.Data.Target) == 1 && (task == Binary && k == 2 || task == Multiclass && k >= 2) {
		return nil
	}
	return fmt.Errorf("model: task %s with %d targets and %d classes", task, len(m.Data.Target), k)
}

func (s *Standardisation) validate(name string, d int) error {
	if len(s.Shift) != d || len(s.Scale) != d {
		return fmt.Errorf("model: %s has %d shifts and %d scales, want %d of each", name, len(s.Shift), len(s.Scale), d)
	}
	for j, scale := range s.Scale {
		if !(scale >= 0) {
			return fmt.Errorf("model: %s scale %d is %v, want >= 0", name, j+1, scale)
		}
	}
	return nil
}

// validate checks grade number k on an input of the given width.
func (g *Grade) validate(k, width int, bias bool) error {
	want := width
	if bias {
		want++
	}
	switch {
	case g.Number != k:
		return fmt.Errorf("model: grade %d is numbered %d", k, g.Number)
	case k > 1 && width == 0:
		return fmt.Errorf("model: grade %d follows a grade without neurons", k)
	case g.InputDim != want:
		return fmt.Errorf("model: grade %d has input_dim %d, want %d", k, g.InputDim, want)
	case len(g.FeatureScale) != g.Neurons():
		return fmt.Errorf("model: grade %d has %d feature scales for %d neurons", k, len(g.FeatureScale), g.Neurons())
	}
	if _, err := solver.ParseActivation(g.Activation); err != nil {
		return fmt.Errorf("model: grade %d: %w", k, err)
	}
	for t, o := range g.Outputs {
		if w := o.Width; w != nil && (w.Identity < 0 || w.Identity > len(o.Neurons)) {
			return fmt.Errorf("model: grade %d, output %d: %d of %d neurons are identity channels", k, t+1, w.Identity, len(o.Neurons))
		}
		if o.DeadZone != nil && !(*o.DeadZone >= 0) {
			return fmt.Errorf("model: grade %d, output %d: a dead zone of %v", k, t+1, *o.DeadZone)
		}
		for j, u := range o.Neurons {
			if err := u.validate(want, g.Activation); err != nil {
				return fmt.Errorf("model: grade %d, output %d, neuron %d: %w", k, t+1, j+1, err)
			}
		}
	}
	return nil
}

func (u *Neuron) validate(d int, activation string) error {
	gate := 0
	if activation == Gated {
		gate = d
	}
	if len(u.W) != d || len(u.Gate) != gate {
		return fmt.Errorf("%d weights and a gate of %d, want %d and %d", len(u.W), len(u.Gate), d, gate)
	}
	for _, v := range append(append([]float64{u.Alpha}, u.W...), u.Gate...) {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("a weight is %v", v)
		}
	}
	return nil
}
