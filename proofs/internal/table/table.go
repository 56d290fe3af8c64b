package table

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"multigrade/proofs/internal/exact"
	"slices"
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
	Weights []float64    // of each row, > 0; nil without a column of weights
	Groups  []string     // the text of each row in the column of groups; nil without one
	classes Classes      // nil for targets of numbers
	Width   int          // pixels in a line of an image, else 0
	targets []string     // of an image
	imputed []imputed
}

// File is what model.json says of a data file.
type File struct {
	Kind    string
	Targets []string // of a text table the columns; other kinds name their own
	Rows    int      // as many as an image has pixels, 0: any number
	Sha256  string   // of its bytes, which are only read if it is theirs; "": not known
	Classes Classes  // of the target, whose numbers then are their indices; nil: numbers
	// Columns are the features of a libsvm file, nil for all up to the largest index.
	// With Further there may be indices that are not among them, which do not count.
	Columns []string
	Further bool
	// Of a text table: its reading, nil for the plainest; how columns become features,
	// nil for columns of numbers, which then are those that Wanted names, nil for all
	// but the targets.
	Reading  *Reading
	Encoding []Column
	Wanted   []string
	Weights  string // the column of weights, "" without one
	Group    string // the column of groups, likewise
}

// aLook is how many lines, which may be long, are read between two looks at whether the context has ended.
const aLook = 16

// Read reads a data file, possibly compressed with gzip, until ctx ends.
func Read(ctx context.Context, raw []byte, f File) (*Table, error) {
	sum := sha256.Sum256(raw)
	t := &Table{Sha256: hex.EncodeToString(sum[:]), classes: f.Classes}
	if f.Sha256 != "" && f.Sha256 != t.Sha256 {
		return t, fmt.Errorf("sha256 %s, expected %s", t.Sha256, f.Sha256)
	}
	content, err := gunzip(raw)
	if err != nil {
		return t, err
	}
	if f.Kind != KindCSV && (f.Reading != nil || f.Encoding != nil) {
		return t, fmt.Errorf("a reading or an encoding of a file of kind %q", f.Kind)
	}
	switch f.Kind {
	case KindImage:
		err = t.readImage(content, f.Rows)
	case KindCSV:
		err = t.readText(ctx, content, &f)
	case KindLibsvm:
		err = t.readLibsvm(ctx, content, &f)
	case KindNpy:
		err = t.readArrays(content, f.Targets)
	default:
		err = fmt.Errorf("kind %q, expected csv, libsvm, npy or image", f.Kind)
	}
	switch {
	case err != nil:
	case t.X.Rows < 1:
		err = errors.New("no rows")
	case f.Kind == KindImage && !slices.Equal(t.targets, f.Targets):
		err = fmt.Errorf("an image with the targets %q, expected %q", t.targets, f.Targets)
	case len(t.Y) != len(f.Targets):
		err = fmt.Errorf("%d targets in a file of kind %s, expected %d", len(t.Y), f.Kind, len(f.Targets))
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
	return readUpTo(z)
}

// maxContent bounds what a compressed file may come to, in bytes.
const maxContent = 8 << 30

func readUpTo(r io.Reader) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(r, maxContent+1))
	if err == nil && len(content) > maxContent {
		err = fmt.Errorf("more than %d bytes of content", maxContent)
	}
	return content, err
}

// target reads a field of a target column.
func (t *Table) target(field string, f Form) (float64, error) {
	if t.classes != nil {
		return t.classes.index(field, f)
	}
	return f.number(field)
}

// ToLabels makes the targets of a task with classes.
func (t *Table) ToLabels(task string, names Classes) {
	if task != TaskRegression {
		t.Y = names.Labels(task, t.Y[0])
	}
}
