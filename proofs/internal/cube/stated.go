package cube

import (
	"os"
	"path/filepath"

	"multigrade/proofs/internal/strict"
)

// NodesFile holds the nodal values of a constructive scheme.
const NodesFile = "nodes.bin"

// Stated is what a run's own files say of how it was made.
type Stated struct {
	Dim       int
	Lipschitz float64 // 0 without one
	Table     bool    // the target is a table or samples
	Trained   bool
	Composed  bool
	Adaptive  bool // grids are graded
	Network   bool // networks are written out
	Narrow    bool // of the narrow construction, where there is one
	Hats      bool // some grade has a network of hats
}

// Describe reads the files of a run that were checked; the error is the file system's
// or says what is malformed.
func Describe(dir string, trained bool) (Stated, error) {
	s := Stated{Trained: trained}
	var target cubeTarget
	if trained {
		m, err := readTrainedModel(dir)
		if err != nil {
			return s, err
		}
		target, s.Composed = m.Target, m.composed()
	} else {
		m, _, _, err := readCubeModel(dir)
		if err != nil {
			return s, err
		}
		target, s.Adaptive = m.Target, m.Adaptive
	}
	s.Dim, s.Lipschitz, s.Table = target.Dim, target.Lipschitz, target.Kind != "expression"
	text, err := os.ReadFile(filepath.Join(dir, NetworkFile))
	if os.IsNotExist(err) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	s.Network = true
	var all cubeNetworks
	if err := strict.JSON(text, &all); err != nil {
		return s, err
	}
	for _, n := range all.Networks {
		s.Narrow = s.Narrow || n != nil && n.Construction == "narrow"
		s.Hats = s.Hats || n != nil && !trained
	}
	return s, nil
}
