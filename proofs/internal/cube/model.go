package cube

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/big"
	"multigrade/proofs/internal/strict"
	"os"
	"path/filepath"
	"slices"
)

// stating is the version from which on eps and variation are claims.
const stating = 4

// ModelFile is the file by which a run of the constructive scheme is recognised.
const ModelFile = "approx.json"

// A cubeModel is what the checker reads of approx.json; nodes.bin is in corrections.
type cubeModel struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
	Status  string `json:"status"`
	Stopped string `json:"stopped"` // claims nothing
	// Adaptive: each grade is on a grid of cells of different sizes, parts of those of the one before; from version 3 on for one variable, from 4 on for more.
	Adaptive bool        `json:"adaptive"`
	Target   cubeTarget  `json:"target"`
	Values   cubeFile    `json:"values"`
	Initial  cubeInitial `json:"initial"`
	Grades   []cubeGrade `json:"grades"`
}

type cubeTarget struct {
	Kind      string    `json:"kind"`
	Dim       int       `json:"dim"`
	Text      string    `json:"text"`
	Lipschitz float64   `json:"lipschitz"`
	N         int       `json:"n"`
	Data      []float64 `json:"data"`
}

type cubeFile struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
}

type cubeNorms struct {
	L1   []float64 `json:"l1"`
	L2   []float64 `json:"l2"`
	Linf []float64 `json:"linf"`
}

type cubeInitial struct {
	N int `json:"n"`
	cubeNorms
}

type cubeGrade struct {
	Grade      int     `json:"grade"`
	N          int     `json:"n"`
	Cells      int     `json:"cells"` // of an adaptive scheme
	Eps        float64 `json:"eps"`
	EpsBelow   float64 `json:"eps_below"` // versions 3 and 4
	EpsAbove   float64 `json:"eps_above"`
	Delta      float64 `json:"delta"`     // version 1
	Variation  float64 `json:"variation"` // versions 2 to 4
	Tau        float64 `json:"tau"`
	Rounding   float64 `json:"rounding"`
	Nontrivial bool    `json:"nontrivial"`
	Width      int     `json:"width"`
	Depth      int     `json:"depth"`
	Hats       int     `json:"hats"`
	SupBound   float64 `json:"sup_bound"`
	cubeNorms
}

// A correction is one grade's nodal values, on the (n+1)^dim nodes row by row, the
// first coordinate slowest; values is nil where all are zero.
type correction struct {
	n        int
	adaptive adaptiveGrid // of an adaptive scheme, instead of n
	values   []float64
}

// at evaluates the correction, exactly.
func (c *correction) at(x []*big.Rat) *big.Rat {
	if c.adaptive != nil {
		return c.adaptive.interpolant(c.values, x)
	}
	return exactInterpolant(lattice{len(x), c.n}, c.values, x)
}

// fieldError is a malformed file: where, and what was expected.
type fieldError struct{ place, message string }

func (e fieldError) Error() string { return e.place + ": " + e.message }

// readCubeModel reads the two files. hashed is false if nodes.bin is not the file that
// approx.json names by its hash. The error says what is malformed.
func readCubeModel(dir string) (m *cubeModel, c []correction, hashed bool, err error) {
	text, err := os.ReadFile(filepath.Join(dir, ModelFile))
	if err != nil {
		return nil, nil, false, err
	}
	m = &cubeModel{}
	if err := strict.JSON(text, m); err != nil {
		return nil, nil, false, fieldError{ModelFile, err.Error()}
	}
	if err := m.check(); err != nil {
		return nil, nil, false, err
	}
	data, err := os.ReadFile(filepath.Join(dir, NodesFile))
	if err != nil {
		return nil, nil, false, err
	}
	sum := sha256.Sum256(data)
	c, err = m.readCorrections(data)
	return m, c, hex.EncodeToString(sum[:]) == m.Values.SHA256, err
}

func (m *cubeModel) check() error {
	bad := func(field, format string, args ...any) error {
		return fieldError{ModelFile + ", " + field, fmt.Sprintf(format, args...)}
	}
	switch {
	case m.Format != "multigrade-approx":
		return bad("format", "%q, expected \"multigrade-approx\"", m.Format)
	case m.Version < 1 || m.Version > stating:
		return bad("version", "%d, expected 1 to %d", m.Version, stating)
	case m.Target.Dim < 1 || m.Target.Dim > 9:
		return bad("target.dim", "%d, expected 1 to 9", m.Target.Dim)
	case m.Target.Lipschitz < 0:
		return bad("target.lipschitz", "%g, expected a number >= 0", m.Target.Lipschitz)
	case m.Values.File != NodesFile:
		return bad("values.file", "%q, expected %q", m.Values.File, NodesFile)
	case m.Adaptive && (m.Version < 3 || m.Version == 3 && m.Target.Dim > 1 || m.Target.Dim > mostTree):
		return bad("adaptive", "true in version %d for dimension %d, expected version 3 and dimension 1, or version 4 and dimension 1 to %d", m.Version, m.Target.Dim, mostTree)
	case m.Status != "done" && m.Status != "interrupted":
		return bad("status", "%q, expected \"done\" or \"interrupted\"", m.Status)
	}
	const maxNodes = 1 << 28
	size := func(field string, n, least int) error {
		if n < least || n > 1<<25 || n&(n-1) != 0 {
			return bad(field, "%d, expected a power of two, at least %d and at most 2^25", n, least)
		}
		if nodes, ok := (lattice{m.Target.Dim, n}).nodes(); !ok || nodes > maxNodes {
			return bad(field, "%d in dimension %d: more than 2^28 nodes", n, m.Target.Dim)
		}
		return nil
	}
	if err := m.Initial.check("initial"); err != nil {
		return err
	}
	if err := size("initial.n", m.Initial.N, 1); err != nil && len(m.Grades) > 0 {
		return err
	}
	before := 1
	for k, g := range m.Grades {
		place := fmt.Sprintf("grades[%d]", k)
		switch {
		case g.Grade != k+1:
			return bad(place+".grade", "%d, expected %d", g.Grade, k+1)
		case !(g.Tau >= 0) || !(g.Rounding >= 0):
			return bad(place, "tau %g, rounding %g, expected numbers >= 0", g.Tau, g.Rounding)
		case !(min(g.Eps, g.EpsBelow, g.EpsAbove, g.Delta, g.Variation) >= 0):
			return bad(place, "eps %g, %g, %g, delta %g, variation %g, expected numbers >= 0", g.Eps, g.EpsBelow, g.EpsAbove, g.Delta, g.Variation)
		case g.Delta != 0 && m.Version >= stating:
			return bad(place+".delta", "%g in version %d, expected none", g.Delta, m.Version)
		case g.Cells != 0 && !m.Adaptive:
			return bad(place+".cells", "%d, expected none, as all cells are equal", g.Cells)
		}
		if m.Adaptive {
			most := maxNodes
			if m.Target.Dim > 1 {
				most = mostTreeCells
			}
			if g.N < 1 || g.Cells < 1 || g.Cells > most {
				return bad(place, "n %d, cells %d, expected at least 1 and at most %d cells", g.N, g.Cells, most)
			}
		} else if err := size(place+".n", g.N, before); err != nil {
			return err
		}
		if err := g.cubeNorms.check(place); err != nil {
			return err
		}
		before = g.N
	}
	return nil
}

func (n cubeNorms) check(place string) error {
	for name, v := range map[string][]float64{"l1": n.L1, "l2": n.L2, "linf": n.Linf} {
		if len(v) != 2 || !(v[0] >= 0) || !(v[0] <= v[1]) {
			return fieldError{ModelFile + ", " + place + "." + name, "expected an enclosure [lo, hi], 0 <= lo <= hi"}
		}
	}
	return nil
}

const (
	cubeMagic   = "MGNODES1"
	gradedMagic = "MGNODES2" // of an adaptive scheme
)

func (m *cubeModel) readCorrections(data []byte) ([]correction, error) {
	bad := func(k int, message string) error {
		return fieldError{m.Values.File, fmt.Sprintf("grade %d: %s", k+1, message)}
	}
	magic := cubeMagic
	if m.Adaptive {
		magic = gradedMagic
	}
	if !bytes.HasPrefix(data, []byte(magic)) {
		return nil, fieldError{m.Values.File, "does not begin with " + magic}
	}
	data = data[len(magic):]
	var all []correction
	for k, g := range m.Grades {
		if len(data) < 12 {
			return nil, bad(k, "the file ends here")
		}
		n, hats := binary.LittleEndian.Uint32(data), binary.LittleEndian.Uint64(data[4:])
		data = data[12:]
		c, want, nodes := correction{n: g.N}, g.N, 0
		if m.Adaptive {
			want = g.Cells
		}
		if int64(n) != int64(want) {
			return nil, bad(k, fmt.Sprintf("%d cells, but %d in %s", n, want, ModelFile))
		}
		var err error
		if m.Adaptive {
			if len(data) < want {
				return nil, bad(k, "the file ends within the levels")
			}
			if c.adaptive, err = readAdaptive(m.Target.Dim, data[:want]); err != nil {
				return nil, bad(k, err.Error())
			}
			if deepest := slices.Max(data[:want]); g.N != 1<<deepest {
				return nil, bad(k, fmt.Sprintf("the smallest cell is 2^-%d wide, but n = %d in %s", deepest, g.N, ModelFile))
			}
			data, nodes = data[want:], c.adaptive.size()
		} else {
			nodes, _ = lattice{m.Target.Dim, g.N}.nodes()
		}
		if hats > 0 {
			if c.values, data, err = readNodes(nodes, hats, data); err != nil {
				return nil, bad(k, err.Error())
			}
		}
		if t, is := c.adaptive.(*tree); is {
			if err := t.even(c.values); err != nil {
				return nil, bad(k, err.Error())
			}
		}
		all = append(all, c)
	}
	if len(data) != 0 {
		return nil, fieldError{m.Values.File, fmt.Sprintf("%d bytes after the last grade", len(data))}
	}
	return all, nil
}

func readNodes(nodes int, hats uint64, data []byte) (values []float64, rest []byte, err error) {
	if (nodes+7)/8 > len(data) || hats > uint64(nodes) {
		return nil, nil, errors.New("the file ends within the bitmap")
	}
	bitmap, data := data[:(nodes+7)/8], data[(nodes+7)/8:]
	if uint64(len(data)) < 8*hats {
		return nil, nil, errors.New("the file ends within the values")
	}
	values = make([]float64, nodes)
	read := uint64(0)
	for i := range values {
		if bitmap[i/8]>>(i%8)&1 == 0 {
			continue
		}
		if read == hats {
			return nil, nil, fmt.Errorf("more than %d bits are set in the bitmap", hats)
		}
		values[i] = math.Float64frombits(binary.LittleEndian.Uint64(data[8*read:]))
		if math.IsNaN(values[i]) || math.Abs(values[i]) > 0x1p900 {
			return nil, nil, fmt.Errorf("the value of node %d is %g", i, values[i])
		}
		read++
	}
	if read != hats {
		return nil, nil, fmt.Errorf("%d bits are set in the bitmap, expected %d", read, hats)
	}
	return values, data[8*hats:], nil
}
