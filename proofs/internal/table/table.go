package table

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"multigrade/proofs/internal/exact"
	"slices"
	"strconv"
	"strings"
)

// Kinds of data files, as a model names them.
const (
	KindCSV    = "csv"
	KindLibsvm = "libsvm"
	KindNpy    = "npy"
	KindImage  = "image"
)

// A table is a data file read again by the checker: N rows, d features in file
// order without the targets.
type Table struct {
	Sha256  string       // of the file's bytes, before any decompression
	Columns []string     // names of the features
	X       exact.Matrix // N x d
	Y       [][]float64  // by target, as many as the model has
	classes Classes      // nil for targets of numbers
	Width   int          // pixels in a line of an image, else 0
}

// Read reads a data file of the given kind, possibly compressed with gzip.
// targets names the target columns of a CSV; other kinds have one. With classes
// the target's numbers are the indices of the classes. Columns of a CSV that
// wanted (nil: all) does not hold are not looked at.
func Read(raw []byte, kind string, targets []string, classes Classes, wanted []string) (*Table, error) {
	sum := sha256.Sum256(raw)
	t := &Table{Sha256: hex.EncodeToString(sum[:]), classes: classes}
	text, err := gunzip(raw)
	if err != nil {
		return t, err
	}
	switch kind {
	case KindImage:
		err = t.readImage(raw, targets)
	case KindCSV:
		err = t.readCSV(text, targets, wanted)
	case KindLibsvm:
		err = t.readLibsvm(text)
	case KindNpy:
		err = t.readNpy(text)
	default:
		err = fmt.Errorf("kind %q, expected csv, libsvm, npy or image", kind)
	}
	switch {
	case err != nil:
	case t.X.Rows < 1:
		err = errors.New("no rows")
	case len(t.Y) != len(targets):
		err = fmt.Errorf("%d targets in a file of kind %s, expected %d", len(t.Y), kind, len(targets))
	}
	return t, err
}

func gunzip(raw []byte) ([]byte, error) {
	if !bytes.HasPrefix(raw, []byte{0x1f, 0x8b}) {
		return raw, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// takeTargets splits rows of len(names) numbers into features and targets.
func (t *Table) takeTargets(names []string, values []float64, targets []string) error {
	width := len(names)
	at := make([]int, len(targets))
	taken := make([]bool, width)
	for k, target := range targets {
		if at[k] = slices.Index(names, target); at[k] < 0 || taken[at[k]] {
			return fmt.Errorf("columns %q, expected the targets %q among them", names, targets)
		}
		taken[at[k]] = true
	}
	if width <= len(targets) {
		return fmt.Errorf("columns %q, expected a feature besides the targets %q", names, targets)
	}
	n := len(values) / width
	for j, name := range names {
		if !taken[j] {
			t.Columns = append(t.Columns, name)
		}
	}
	t.Y = make([][]float64, len(targets))
	x := make([]float64, 0, n*len(t.Columns))
	for i := range n {
		row := values[i*width : (i+1)*width]
		for j, v := range row {
			if !taken[j] {
				x = append(x, v)
			}
		}
		for k, j := range at {
			t.Y[k] = append(t.Y[k], row[j])
		}
	}
	var err error
	t.X, err = exact.NewDense(n, len(t.Columns), x)
	return err
}

// Like makes the features of a further file those of the first: the same columns,
// by name in a CSV, and as many in a libsvm file with fewer.
func (t *Table) Like(columns []string) error {
	if t.X.Sparse() && t.X.Cols <= len(columns) {
		t.X.Cols, t.Columns = len(columns), columns
	}
	if slices.Equal(t.Columns, columns) {
		return nil
	}
	at := make([]int, len(columns))
	for j, name := range columns {
		if at[j] = slices.Index(t.Columns, name); at[j] < 0 {
			return fmt.Errorf("columns %q, expected %q among them", t.Columns, name)
		}
	}
	var x []float64
	for i := range t.X.Rows {
		row, _ := t.X.Row(i)
		for _, j := range at {
			x = append(x, row[j])
		}
	}
	var err error
	t.Columns = columns
	t.X, err = exact.NewDense(t.X.Rows, len(columns), x)
	return err
}

// target reads a field of a target column.
func (t *Table) target(field string) (float64, error) {
	if t.classes != nil {
		return t.classes.index(field)
	}
	return finiteNumber(field)
}

// finiteNumber reads a decimal number of a data file.
func finiteNumber(field string) (float64, error) {
	field = strings.TrimSpace(field)
	v, err := strconv.ParseFloat(field, 64)
	if err != nil || !exact.Finite(v) || strings.ContainsAny(field, "xXpP_") {
		return 0, fmt.Errorf("%q, expected a finite decimal number", field)
	}
	return v, nil
}

// ToLabels makes the targets of a task with classes.
func (t *Table) ToLabels(task string, names Classes) {
	if task != TaskRegression {
		t.Y = names.Labels(task, t.Y[0])
	}
}
