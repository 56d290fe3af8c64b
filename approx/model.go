package approx

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"multigrade/internal/strictjson"
	"os"
	"path/filepath"
)

// A run directory holds approx.json, which says what is claimed of which target, and nodes.bin with the nodal
// values. The checker of package proofs reads both, and nothing else.
const (
	ModelFile    = "approx.json" // which tells a run of this package
	ValuesFile   = "nodes.bin"
	modelFormat  = "multigrade-approx"
	modelVersion = 4
	valuesMagic  = "MGNODES1"
	gradedMagic  = "MGNODES2" // of an adaptive scheme
)

// Model is the content of approx.json.
type Model struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
	Status  string `json:"status"`            // "done" or "interrupted"
	Stopped string `json:"stopped,omitempty"` // why there are fewer nontrivial grades than asked for
	// Adaptive says that each grade has a graded grid of its own.
	Adaptive bool         `json:"adaptive,omitempty"`
	Target   ModelTarget  `json:"target"`
	Values   ModelValues  `json:"values"`
	Initial  ModelInitial `json:"initial"`
	Grades   []ModelGrade `json:"grades"`
}

// ModelTarget describes the target: an expression, a table (piecewise linear) or samples of a Lipschitz function.
type ModelTarget struct {
	Kind      string    `json:"kind"` // "expression", "table", "samples"
	Dim       int       `json:"dim"`
	Text      string    `json:"text,omitempty"`
	Lipschitz float64   `json:"lipschitz,omitempty"` // given, for the max-norm
	N         int       `json:"n,omitempty"`         // cells per coordinate of a table or of samples
	Data      []float64 `json:"data,omitempty"`
}

// ModelValues names the file of nodal values and the hash of its bytes.
type ModelValues struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
}

// ModelNorms are enclosures [lo, hi].
type ModelNorms struct {
	L1   [2]float64 `json:"l1"`
	L2   [2]float64 `json:"l2"`
	Linf [2]float64 `json:"linf"`
}

// ModelInitial are the norms of the target, computed on the grid with N.
type ModelInitial struct {
	N int `json:"n"`
	ModelNorms
}

// ModelGrade is one row of the table of grades; the norms are those of the residual after the grade.
type ModelGrade struct {
	Grade      int     `json:"grade"`
	N          int     `json:"n"`
	Cells      int     `json:"cells,omitempty"` // of a graded grid
	Eps        float64 `json:"eps"`
	EpsBelow   float64 `json:"eps_below"`
	EpsAbove   float64 `json:"eps_above"`
	Variation  float64 `json:"variation"`
	Tau        float64 `json:"tau"`
	Rounding   float64 `json:"rounding"`
	Nontrivial bool    `json:"nontrivial"`
	Width      int     `json:"width"`
	Depth      int     `json:"depth"`
	Hats       int     `json:"hats"`
	SupBound   float64 `json:"sup_bound"`
	ModelNorms
}

// Resolution writes N for people: a power of two of more than six digits as 2^k.
func (row *ModelGrade) Resolution() string {
	if k := bits.TrailingZeros(uint(row.N)); row.N >= 1<<20 && row.N == 1<<k {
		return fmt.Sprintf("2^%d", k)
	}
	return fmt.Sprint(row.N)
}

// CellCount returns the number of cells of the grade's grid, graded or uniform.
func (row *ModelGrade) CellCount(dim int) int {
	if row.Cells > 0 {
		return row.Cells
	}
	return Grid{dim, row.N}.Cells()
}

// Describe returns the model of a scheme without the file of values. It fails for a Go function, which no file
// can describe.
func Describe(s *Scheme) (*Model, error) {
	t, err := describeTarget(s.Target)
	if err != nil {
		return nil, err
	}
	m := &Model{Format: modelFormat, Version: modelVersion, Status: "done", Target: t, Initial: ModelInitial{s.InitialN, modelNorms(s.Initial)}}
	m.Stopped, m.Adaptive = s.Stopped, s.Adaptive
	if s.Interrupted {
		m.Status = "interrupted"
	}
	m.Grades = []ModelGrade{}
	for k, g := range s.Grades {
		m.Grades = append(m.Grades, ModelGrade{
			Grade: k + 1, N: g.Grid.N, Cells: g.Graded.Len(), Eps: g.Eps, EpsBelow: g.Below, EpsAbove: g.Above, Variation: g.Variation, Tau: g.Tau, Rounding: g.Rounding,
			Nontrivial: !g.Trivial(), Width: g.Width(), Depth: g.Depth(), Hats: g.Hats,
			SupBound: g.Sup, ModelNorms: modelNorms(g.Norms),
		})
	}
	return m, nil
}

func modelNorms(n Norms) ModelNorms {
	pair := func(i Interval) [2]float64 { return [2]float64{i.Lo, i.Hi} }
	return ModelNorms{L1: pair(n.L1), L2: pair(n.L2), Linf: pair(n.Linf)}
}

func describeTarget(t Target) (ModelTarget, error) {
	switch t := t.(type) {
	case *Expr:
		return ModelTarget{Kind: "expression", Dim: t.dim, Text: t.text, Lipschitz: t.lipschitz}, nil
	case *Table:
		return ModelTarget{Kind: "table", Dim: t.Grid.Dim, N: t.Grid.N, Data: t.Values}, nil
	case *Samples:
		return ModelTarget{Kind: "samples", Dim: t.Grid.Dim, N: t.Grid.N, Data: t.Values, Lipschitz: t.Lipschitz}, nil
	}
	return ModelTarget{}, fmt.Errorf("a target of type %T cannot be written to a file: expected an expression, a table or samples", t)
}

// Save writes the run directory; files get their names only when they are complete, approx.json last.
func Save(dir string, s *Scheme) error {
	m, err := Describe(s)
	if err != nil {
		return err
	}
	values := encodeValues(s)
	sum := sha256.Sum256(values)
	m.Values = ModelValues{File: ValuesFile, SHA256: hex.EncodeToString(sum[:])}
	text, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := writeFile(filepath.Join(dir, ValuesFile), values); err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, ModelFile), append(text, '\n'))
}

func writeFile(name string, data []byte) error {
	if err := os.WriteFile(name+".tmp", data, 0o644); err != nil {
		return err
	}
	return os.Rename(name+".tmp", name)
}

// encodeValues writes, little-endian: the magic; per grade N (uint32), the count of nonzero values (uint64) and,
// unless it is 0, a bitmap of the nodes (bit i%8 of byte i/8) and the nonzero values (float64) in node order. On graded grids: another magic; the
// number of cells in place of N, and after the count a byte per cell, its level.
func encodeValues(s *Scheme) []byte {
	out := []byte(magicOf(s.Adaptive))
	for _, g := range s.Grades {
		cells := g.Grid.N
		if s.Adaptive {
			cells = g.Graded.Len()
		}
		out = binary.LittleEndian.AppendUint32(out, uint32(cells))
		out = binary.LittleEndian.AppendUint64(out, uint64(g.Hats))
		out = append(out, g.Graded.Levels...)
		if g.Hats == 0 {
			continue
		}
		bitmap := make([]byte, (len(g.Values)+7)/8)
		for i, v := range g.Values {
			if v != 0 {
				bitmap[i/8] |= 1 << (i % 8)
			}
		}
		out = append(out, bitmap...)
		for _, v := range g.Values {
			if v != 0 {
				out = binary.LittleEndian.AppendUint64(out, math.Float64bits(v))
			}
		}
	}
	return out
}

func magicOf(adaptive bool) string {
	if adaptive {
		return gradedMagic
	}
	return valuesMagic
}

// Load reads a run directory that Save wrote. It checks the form only; package proofs checks the content.
func Load(dir string) (*Scheme, error) {
	text, err := os.ReadFile(filepath.Join(dir, ModelFile))
	if err != nil {
		return nil, err
	}
	var m Model
	if err := strictjson.Decode(text, &m); err != nil {
		return nil, fmt.Errorf("%s: %w", ModelFile, err)
	}
	if m.Format != modelFormat || m.Version < 2 || m.Version > modelVersion {
		return nil, fmt.Errorf("%s: format %q version %d: expected %q version 2 to %d", ModelFile, m.Format, m.Version, modelFormat, modelVersion)
	}
	t, err := m.Target.restore()
	if err != nil {
		return nil, fmt.Errorf("%s: target: %w", ModelFile, err)
	}
	data, err := os.ReadFile(filepath.Join(dir, ValuesFile))
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != m.Values.SHA256 {
		return nil, fmt.Errorf("%s: the hash is not the one in %s", ValuesFile, ModelFile)
	}
	s := &Scheme{Target: t, Initial: m.Initial.restore(), InitialN: m.Initial.N, Adaptive: m.Adaptive, Interrupted: m.Status == "interrupted", Stopped: m.Stopped}
	r := bytes.NewReader(data)
	if err := readMagic(r, magicOf(m.Adaptive)); err != nil {
		return nil, fmt.Errorf("%s: %w", ValuesFile, err)
	}
	for k, row := range m.Grades {
		g, err := row.restore(t.Dim(), m.Adaptive, r)
		if err != nil {
			return nil, fmt.Errorf("%s: grade %d: %w", ValuesFile, k+1, err)
		}
		s.Grades = append(s.Grades, g)
	}
	if r.Len() != 0 {
		return nil, fmt.Errorf("%s: %d bytes after the last grade", ValuesFile, r.Len())
	}
	return s, nil
}

func (t ModelTarget) restore() (Target, error) {
	switch t.Kind {
	case "expression":
		e, err := ParseExpr(t.Text, t.Dim)
		if err != nil {
			return nil, err
		}
		return e.WithLipschitz(t.Lipschitz), nil
	case "table":
		return NewTable(t.Dim, t.N, t.Data)
	case "samples":
		return NewSamples(t.Dim, t.N, t.Data, t.Lipschitz)
	}
	return nil, fmt.Errorf("kind %q: expected expression, table or samples", t.Kind)
}

func (n ModelNorms) restore() Norms {
	i := func(p [2]float64) Interval { return Interval{p[0], p[1]} }
	return Norms{L1: i(n.L1), L2: i(n.L2), Linf: i(n.Linf)}
}

func readMagic(r *bytes.Reader, want string) error {
	magic := make([]byte, len(want))
	if _, err := io.ReadFull(r, magic); err != nil || string(magic) != want {
		return fmt.Errorf("does not begin with %q", want)
	}
	return nil
}

func (row ModelGrade) restore(dim int, adaptive bool, r *bytes.Reader) (*Grade, error) {
	g := &Grade{Eps: row.Eps, Below: row.EpsBelow, Above: row.EpsAbove, Variation: row.Variation, Tau: row.Tau, Rounding: row.Rounding,
		Hats: row.Hats, Sup: row.SupBound, Norms: row.ModelNorms.restore()}
	var head struct {
		N    uint32
		Hats uint64
	}
	if err := binary.Read(r, binary.LittleEndian, &head); err != nil {
		return nil, errors.New("ends early")
	}
	cells := row.N
	if adaptive {
		cells = row.Cells
	}
	if int(head.N) != cells || int(head.Hats) != row.Hats || row.N < 1 || cells < 1 {
		return nil, fmt.Errorf("a grid of %d with %d hats: %s says %d with %d", head.N, head.Hats, ModelFile, cells, row.Hats)
	}
	g.Grid = Grid{dim, row.N}
	nodes := g.Grid.Nodes()
	if adaptive {
		if cells > r.Len() {
			return nil, errors.New("ends early")
		}
		g.Graded = Graded{dim, make([]uint8, cells)}
		if _, err := io.ReadFull(r, g.Graded.Levels); err != nil {
			return nil, errors.New("ends early")
		}
		if err := g.Graded.validate(); err != nil {
			return nil, err
		}
		g.mesh = g.Graded.mesh()
		nodes = len(g.mesh.key)
	}
	if row.Hats == 0 {
		return g, nil
	}
	if nodes/8 > r.Len() || row.Hats > nodes {
		return nil, errors.New("ends early")
	}
	bitmap, raw := make([]byte, (nodes+7)/8), make([]byte, 8*row.Hats)
	if _, err := io.ReadFull(r, bitmap); err != nil {
		return nil, errors.New("ends early")
	}
	if _, err := io.ReadFull(r, raw); err != nil {
		return nil, errors.New("ends early")
	}
	g.Values = make([]float64, nodes)
	for i := range g.Values {
		if bitmap[i/8]>>(i%8)&1 == 1 {
			if len(raw) == 0 {
				return nil, errors.New("the bitmap has more bits than there are hats")
			}
			g.Values[i] = math.Float64frombits(binary.LittleEndian.Uint64(raw))
			raw = raw[8:]
		}
	}
	if len(raw) != 0 {
		return nil, errors.New("the bitmap has fewer bits than there are hats")
	}
	return g, nil
}
