package dataset

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/james-bowman/sparse"
	"gonum.org/v1/gonum/mat"
)

// Kind is the format of a data file.
type Kind string

// The formats that can be read.
const (
	CSV    Kind = "csv"
	Libsvm Kind = "libsvm"
	Npy    Kind = "npy"
	Image  Kind = "image"
)

// Data is one file, read.
type Data struct {
	Source  string      // base name of the file
	Kind    Kind        // format
	SHA256  string      // hash of the raw bytes of the file, hex
	Columns []string    // names of the d features
	Target  []string    // names of the targets
	X       mat.Matrix  // n x d features, *mat.Dense or *sparse.CSR
	Y       [][]float64 // Y[t][i] is target t of row i; nil where the target is text
	Labels  []string    // the target as text, one per row; nil where it is numbers
	Width   int         // pixels in a line of an image, 0 otherwise
}

// Rows returns n, the number of rows.
func (d *Data) Rows() int { n, _ := d.X.Dims(); return n }

// Features returns d, the number of features.
func (d *Data) Features() int { _, c := d.X.Dims(); return c }

// table is a file before the target is told from the features.
type table struct {
	kind   Kind
	names  []string   // of the columns of x
	x      mat.Matrix // n x len(names)
	labels []float64  // libsvm only: the target, which is not a column of x
	text   []string   // CSV only: the target's column where it is text, zeros in x
}

// Open reads the data file path. See Parse.
func Open(path string, targets []string) (*Data, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, raw, targets)
}

// Parse reads a data file from its raw bytes; name is its name in messages.
// targets names the target columns, nil meaning the last one. The only target of a
// CSV may be text, none of it a number. It returns an
// *Error when the file is not a table of at least two rows of finite numbers
// with a feature and a target.
func Parse(name string, raw []byte, targets []string) (*Data, error) {
	return parse(name, raw, targets, nil)
}

// parse is Parse that does not look at the columns of a CSV that wanted (nil:
// all) does not hold.
func parse(name string, raw []byte, targets, wanted []string) (*Data, error) {
	if looksLikeImage(raw) {
		d, err := parseImage(name, raw)
		if err != nil {
			return nil, err
		}
		d.Source, d.SHA256 = filepath.Base(name), hashOf(raw)
		return d, checkImageTargets(name, d.Target, targets)
	}
	label := ""
	if len(targets) > 0 {
		label = targets[0]
	}
	t, err := parseTable(name, raw, label, wanted)
	if err != nil {
		return nil, err
	}
	if n, _ := t.x.Dims(); n < 2 {
		return nil, &Error{File: name, Want: "at least two rows of data", Got: "1", Err: ErrTooFewRows}
	}
	d := t.data(name, raw)
	set := d.setTarget
	if t.kind == Libsvm {
		set = d.setLabels
	}
	if err := set(name, t, targets); err != nil {
		return nil, err
	}
	return d, nil
}

// ParseFeatures reads a file to predict on: the features called columns, in
// that order, wherever they stand in a CSV. Other columns, among them the
// target, may be there or not, and hold anything. In an npy file the features are the first
// columns, and at most the target may follow; in a libsvm file no index may
// exceed the number of features.
func ParseFeatures(name string, raw []byte, columns []string) (*Data, error) {
	if looksLikeImage(raw) {
		d, err := parseImage(name, raw)
		if err == nil && !slices.Equal(columns, d.Columns) {
			err = &Error{File: name, Want: "the features " + list(columns), Got: "an image, with " + list(d.Columns), Err: ErrUnknownColumn}
		}
		return d, err
	}
	t, err := parseTable(name, raw, "", columns)
	if err != nil {
		return nil, err
	}
	d := t.data(name, raw)
	d.Columns = slices.Clone(columns)
	switch x := t.x.(type) {
	case *sparse.CSR:
		d.X, err = widen(name, x, len(columns))
	case *mat.Dense:
		d.X, err = t.selectColumns(name, x, columns)
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

func (t *table) data(name string, raw []byte) *Data {
	return &Data{Source: filepath.Base(name), Kind: t.kind, SHA256: hashOf(raw), X: t.x}
}

func hashOf(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// ParseLike reads a further file of the data that first is: with the same
// features and targets, by name in a CSV, which may have other columns besides.
func ParseLike(name string, raw []byte, first *Data) (*Data, error) {
	d, err := parse(name, raw, first.Target, slices.Concat(first.Columns, first.Target))
	if err != nil {
		return nil, err
	}
	if d.Kind != first.Kind {
		return nil, &Error{File: name, Want: "a file of kind " + string(first.Kind) + ", as the training data", Got: string(d.Kind), Err: ErrFormat}
	}
	if d.Kind != Image {
		features, err := ParseFeatures(name, raw, first.Columns)
		if err != nil {
			return nil, err
		}
		d.X, d.Columns = features.X, features.Columns
	}
	return d, nil
}

// setLabels takes the labels of a libsvm file as the target.
func (d *Data) setLabels(name string, t *table, targets []string) error {
	const label = "label"
	if len(targets) > 0 && !slices.Equal(targets, []string{label}) {
		return &Error{File: name, Want: "the target of a libsvm file, " + label, Got: quote(strings.Join(targets, ", ")), Err: ErrUnknownColumn}
	}
	d.Columns, d.Target, d.Y = t.names, []string{label}, [][]float64{t.labels}
	return nil
}

// setTarget takes columns of a dense table as the targets, in the order asked
// for, and the others as the features.
func (d *Data) setTarget(name string, t *table, targets []string) error {
	if len(t.names) < 2 {
		return &Error{File: name, Line: 1, Want: "at least two comma-separated columns, a feature and the target",
			Got: fmt.Sprint(len(t.names)), Err: ErrTooFewColumns}
	}
	last := t.names[len(t.names)-1]
	if len(targets) == 0 {
		targets = []string{last}
	}
	if t.kind == Npy && !slices.Equal(targets, []string{last}) {
		return &Error{File: name, Want: "the target of an npy file, its last column y", Got: quote(strings.Join(targets, ", ")), Err: ErrUnknownColumn}
	}
	x := t.x.(*mat.Dense)
	taken := make([]bool, len(t.names))
	for _, target := range targets {
		at := slices.Index(t.names, target)
		if at < 0 {
			return &Error{File: name, Want: "a target among " + list(t.names), Got: quote(target), Err: ErrUnknownColumn}
		}
		if taken[at] {
			return &Error{File: name, Want: "targets that differ", Got: quote(target) + " twice", Err: ErrDuplicateColumn}
		}
		taken[at] = true
		d.Target, d.Y = append(d.Target, target), append(d.Y, mat.Col(nil, at, x))
	}
	if t.text != nil {
		if len(targets) > 1 {
			return &Error{File: name, Name: targets[0], Want: "numbers where there are several targets", Got: "text in " + quote(targets[0]), Err: ErrNotNumber}
		}
		d.Y, d.Labels = nil, t.text
	}
	if len(targets) == len(t.names) {
		return &Error{File: name, Want: "a feature besides the targets", Got: "none", Err: ErrTooFewColumns}
	}
	d.Columns, d.X = withoutColumns(t.names, x, taken)
	return nil
}

// withoutColumns leaves out the columns taken.
func withoutColumns(names []string, x *mat.Dense, taken []bool) ([]string, *mat.Dense) {
	n, _ := x.Dims()
	var kept []string
	var values []float64
	for j, name := range names {
		if !taken[j] {
			kept = append(kept, name)
		}
	}
	for i := range n {
		for j, v := range x.RawRowView(i) {
			if !taken[j] {
				values = append(values, v)
			}
		}
	}
	return kept, mat.NewDense(n, len(kept), values)
}

// selectColumns returns the columns called want, in that order.
func (t *table) selectColumns(name string, x *mat.Dense, want []string) (*mat.Dense, error) {
	n, c := x.Dims()
	if t.kind == Npy {
		if c != len(want) && c != len(want)+1 {
			return nil, &Error{File: name, Want: fmt.Sprintf("%d features, the target after them or not", len(want)),
				Got: fmt.Sprintf("%d columns", c), Err: ErrTooFewColumns}
		}
		return mat.DenseCopyOf(x.Slice(0, n, 0, len(want))), nil
	}
	out := mat.NewDense(n, len(want), nil)
	for j, w := range want {
		at := slices.Index(t.names, w)
		if at < 0 {
			return nil, &Error{File: name, Line: 1, Want: "a column called " + quote(w), Got: list(t.names), Err: ErrUnknownColumn}
		}
		out.SetCol(j, mat.Col(nil, at, x))
	}
	return out, nil
}

// widen gives a sparse matrix d columns.
func widen(name string, x *sparse.CSR, d int) (*sparse.CSR, error) {
	n, c := x.Dims()
	if c > d {
		return nil, &Error{File: name, Want: fmt.Sprintf("indices up to %d", d), Got: fmt.Sprint(c), Err: ErrIndex}
	}
	r := x.RawMatrix()
	return sparse.NewCSR(n, d, r.Indptr, r.Ind, r.Data), nil
}

// list writes column names on one line.
func list(names []string) string {
	const most = 12
	shown := make([]string, min(most, len(names)))
	for j := range shown {
		shown[j] = shorten(names[j])
	}
	if len(names) > most {
		return fmt.Sprintf("%s, ... (%d columns)", strings.Join(shown, ", "), len(names))
	}
	return strings.Join(shown, ", ")
}

// parseTable tells the formats apart and parses; label and wanted are for
// parseCSV.
func parseTable(name string, raw []byte, label string, wanted []string) (*table, error) {
	text, err := decompress(name, raw)
	if err != nil {
		return nil, err
	}
	switch {
	case len(bytes.TrimSpace(text)) == 0:
		return nil, &Error{File: name, Want: "a table of numbers", Got: "nothing", Err: ErrEmpty}
	case bytes.HasPrefix(text, []byte("\x93NUMPY")):
		return parseNpy(name, text)
	case bytes.HasPrefix(text, []byte("PK\x03\x04")):
		return nil, &Error{File: name, Want: "CSV, libsvm or .npy", Got: "a zip archive (save one array as .npy instead of .npz)", Err: ErrFormat}
	case bytes.IndexByte(text, 0) >= 0:
		return nil, &Error{File: name, Want: "CSV, libsvm, .npy, PNG or JPEG", Got: "some other binary format", Err: ErrFormat}
	case looksLikeLibsvm(text):
		return parseLibsvm(name, text)
	}
	return parseCSV(name, text, label, wanted)
}

// decompress undoes gzip, recognised by its magic number.
func decompress(name string, raw []byte) ([]byte, error) {
	if !bytes.HasPrefix(raw, []byte{0x1f, 0x8b}) {
		return raw, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err == nil {
		var text []byte
		if text, err = io.ReadAll(z); err == nil {
			return text, nil
		}
	}
	kind := ErrFormat
	if err == io.ErrUnexpectedEOF || err == io.EOF {
		kind = ErrTruncated
	}
	return nil, &Error{File: name, Want: "a complete gzip file", Got: err.Error(), Err: kind}
}
