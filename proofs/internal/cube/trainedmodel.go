package cube

import (
	"fmt"
	"math"
	"multigrade/proofs/internal/strict"
	"os"
	"path/filepath"
)

// TrainedFile is the file by which a run of a trained scheme on the cube is recognised.
const TrainedFile = "trained.json"

// A trainedModel is what the checker reads of trained.json.
type trainedModel struct {
	Format  string         `json:"format"`
	Version int            `json:"version"`
	Status  string         `json:"status"`
	Stopped string         `json:"stopped"`
	Target  cubeTarget     `json:"target"`
	Samples int            `json:"samples"`
	Initial cubeInitial    `json:"initial"`
	Grades  []trainedGrade `json:"grades"`
}

type trainedGrade struct {
	Grade      int       `json:"grade"`
	Neurons    int       `json:"neurons"`
	Eps        float64   `json:"eps"`
	Firm       bool      `json:"firm,omitempty"` // version 4: the dead zone is a firm one
	Nontrivial bool      `json:"nontrivial"`
	Witness    []float64 `json:"witness"`
	Width      int       `json:"width"`
	Depth      int       `json:"depth"`
	N          int       `json:"n"`
	SupBound   float64   `json:"sup_bound"`
	Boxes      int       `json:"boxes"` // that the producer looked at; claims nothing
	// Hidden are the layers of units between the grade before and this one, of versions 3 and 4.
	Hidden [][]cubeUnit `json:"hidden,omitempty"`
	cubeNetwork
	cubeNorms
}

// readTrainedModel reads the file; a fieldError says what is malformed.
func readTrainedModel(dir string) (*trainedModel, error) {
	text, err := os.ReadFile(filepath.Join(dir, TrainedFile))
	if err != nil {
		return nil, err
	}
	m := new(trainedModel)
	if err := strict.JSON(text, m); err != nil {
		return nil, fieldError{TrainedFile, err.Error()}
	}
	return m, m.check()
}

func (m *trainedModel) check() error {
	bad := func(field, format string, args ...any) error {
		return fieldError{TrainedFile + ", " + field, fmt.Sprintf(format, args...)}
	}
	switch {
	case m.Format != "multigrade-approx-trained":
		return bad("format", "%q, expected \"multigrade-approx-trained\"", m.Format)
	case m.Version < 1 || m.Version > 4:
		return bad("version", "%d, expected 1 to 4", m.Version)
	case m.Status != "done" && m.Status != "interrupted":
		return bad("status", "%q, expected \"done\" or \"interrupted\"", m.Status)
	case m.Target.Kind != "expression":
		return bad("target.kind", "%q, expected \"expression\"", m.Target.Kind)
	case m.Target.Dim < 1 || m.Target.Dim > 9:
		return bad("target.dim", "%d, expected 1 to 9", m.Target.Dim)
	case m.Target.Lipschitz < 0:
		return bad("target.lipschitz", "%g, expected a number >= 0", m.Target.Lipschitz)
	case !m.lattice(m.Initial.N):
		return bad("initial.n", "%d, expected a power of two, not of more than 2^24 nodes", m.Initial.N)
	}
	if err := m.Initial.check("initial"); err != nil {
		return err
	}
	for k := range m.Grades {
		place := fmt.Sprintf("grades[%d]", k)
		if err := m.Grades[k].check(place, k+1, m); err != nil {
			return err
		}
	}
	return nil
}

// lattice says whether a lattice with n is one that norms are computed on.
func (m *trainedModel) lattice(n int) bool {
	if n < 1 || n > 1<<24 || n&(n-1) != 0 {
		return false
	}
	nodes, ok := (lattice{m.Target.Dim, n}).nodes()
	return ok && nodes <= 1<<24+1
}

// composed: the units of a layer see x and those of the layer before.
func (m *trainedModel) composed() bool { return m.Version >= 2 }

// inputs is the number of weights of the units of the first layer of grade k, from 1.
func (m *trainedModel) inputs(k int) int {
	if m.composed() && k > 1 {
		return m.Target.Dim + len(m.Grades[k-2].Units)
	}
	return m.Target.Dim
}

// checkHidden checks the hidden layers of grade k, from 1, and returns the number of weights of the units after them.
func (g *trainedGrade) checkHidden(k int, m *trainedModel) (inputs int, err error) {
	inputs = m.inputs(k)
	if len(g.Hidden) > 0 && m.Version < 3 {
		return inputs, fmt.Errorf("%d layers, expected none in version %d", len(g.Hidden), m.Version)
	}
	for i, layer := range g.Hidden {
		for j := range layer {
			if err := layer[j].check(inputs); err != nil {
				return inputs, fmt.Errorf("layer %d, unit %d: %v", i, j, err)
			}
			if a := layer[j].Alpha; a != 0 {
				return inputs, fmt.Errorf("layer %d, unit %d: alpha is %g, expected 0", i, j, a)
			}
		}
		inputs = m.Target.Dim + len(layer)
	}
	return inputs, nil
}

func (g *trainedGrade) check(place string, k int, m *trainedModel) error {
	bad := func(field, format string, args ...any) error {
		return fieldError{TrainedFile + ", " + place + field, fmt.Sprintf(format, args...)}
	}
	switch {
	case g.Grade != k:
		return bad(".grade", "%d, expected %d", g.Grade, k)
	case !(g.Eps >= 0 && g.Eps <= largestCubeWeight):
		return bad(".eps", "%g, expected a number >= 0", g.Eps)
	case g.Firm && m.Version < 4:
		return bad(".firm", "true in version %d, expected version 4", m.Version)
	case len(g.Witness) != m.Target.Dim:
		return bad(".witness", "%d coordinates, expected %d", len(g.Witness), m.Target.Dim)
	case !m.lattice(g.N):
		return bad(".n", "%d, expected a power of two, not of more than 2^24 nodes", g.N)
	}
	if !(math.Abs(g.Constant) <= largestCubeWeight) {
		return bad(".constant", "%g, expected a number within 2^400", g.Constant)
	}
	inputs, err := g.checkHidden(k, m)
	if err != nil {
		return bad(".hidden", "%v", err)
	}
	for i := range g.Units {
		if err := g.Units[i].check(inputs); err != nil {
			return bad(fmt.Sprintf(".units[%d]", i), "%v", err)
		}
	}
	return g.cubeNorms.check(place)
}

func (u *cubeUnit) check(dim int) error {
	if len(u.W) != dim {
		return fmt.Errorf("%d weights, expected %d", len(u.W), dim)
	}
	for _, v := range append([]float64{u.B, u.Alpha}, u.W...) {
		if !(math.Abs(v) <= largestCubeWeight) {
			return fmt.Errorf("a weight is %g", v)
		}
	}
	return nil
}
