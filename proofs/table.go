package proofs

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Kinds of data files, as a model names them.
const (
	kindCSV    = "csv"
	kindLibsvm = "libsvm"
	kindNpy    = "npy"
	kindImage  = "image"
)

// A table is a data file read again by the checker: N rows, d features in file
// order without the targets.
type table struct {
	sha256  string      // of the file's bytes, before any decompression
	columns []string    // names of the features
	x       Matrix      // N x d
	y       [][]float64 // by target, as many as the model has
	classes classes     // nil for targets of numbers
	width   int         // pixels in a line of an image, else 0
}

// readTable reads a data file of the given kind, possibly compressed with gzip.
// targets names the target columns of a CSV; other kinds have one. With classes
// the target's numbers are the indices of the classes. Columns of a CSV that
// wanted (nil: all) does not hold are not looked at.
func readTable(raw []byte, kind string, targets []string, classes classes, wanted []string) (*table, error) {
	sum := sha256.Sum256(raw)
	t := &table{sha256: hex.EncodeToString(sum[:]), classes: classes}
	text, err := gunzip(raw)
	if err != nil {
		return t, err
	}
	switch kind {
	case kindImage:
		err = t.readImage(raw, targets)
	case kindCSV:
		err = t.readCSV(text, targets, wanted)
	case kindLibsvm:
		err = t.readLibsvm(text)
	case kindNpy:
		err = t.readNpy(text)
	default:
		err = fmt.Errorf("kind %q, expected csv, libsvm, npy or image", kind)
	}
	switch {
	case err != nil:
	case t.x.rows < 1:
		err = errors.New("no rows")
	case len(t.y) != len(targets):
		err = fmt.Errorf("%d targets in a file of kind %s, expected %d", len(t.y), kind, len(targets))
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
func (t *table) takeTargets(names []string, values []float64, targets []string) error {
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
			t.columns = append(t.columns, name)
		}
	}
	t.y = make([][]float64, len(targets))
	x := make([]float64, 0, n*len(t.columns))
	for i := range n {
		row := values[i*width : (i+1)*width]
		for j, v := range row {
			if !taken[j] {
				x = append(x, v)
			}
		}
		for k, j := range at {
			t.y[k] = append(t.y[k], row[j])
		}
	}
	var err error
	t.x, err = NewDense(n, len(t.columns), x)
	return err
}

// like makes the features of a further file those of the first: the same columns,
// by name in a CSV, and as many in a libsvm file with fewer.
func (t *table) like(columns []string) error {
	if t.x.Sparse() && t.x.cols <= len(columns) {
		t.x.cols, t.columns = len(columns), columns
	}
	if slices.Equal(t.columns, columns) {
		return nil
	}
	at := make([]int, len(columns))
	for j, name := range columns {
		if at[j] = slices.Index(t.columns, name); at[j] < 0 {
			return fmt.Errorf("columns %q, expected %q among them", t.columns, name)
		}
	}
	var x []float64
	for i := range t.x.rows {
		row, _ := t.x.Row(i)
		for _, j := range at {
			x = append(x, row[j])
		}
	}
	var err error
	t.columns = columns
	t.x, err = NewDense(t.x.rows, len(columns), x)
	return err
}

// target reads a field of a target column.
func (t *table) target(field string) (float64, error) {
	if t.classes != nil {
		return t.classes.index(field)
	}
	return finiteNumber(field)
}

// finiteNumber reads a decimal number of a data file.
func finiteNumber(field string) (float64, error) {
	field = strings.TrimSpace(field)
	v, err := strconv.ParseFloat(field, 64)
	if err != nil || !finite(v) || strings.ContainsAny(field, "xXpP_") {
		return 0, fmt.Errorf("%q, expected a finite decimal number", field)
	}
	return v, nil
}

// toLabels makes the targets of a task with classes.
func (t *table) toLabels(task string, names classes) {
	if task != taskRegression {
		t.y = names.labels(task, t.y[0])
	}
}
