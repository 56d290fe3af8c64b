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
)

// A table is a data file read again by the checker: N rows, d features in file
// order without the target, one target.
type table struct {
	sha256  string   // of the file's bytes, before any decompression
	columns []string // names of the features
	x       Matrix   // N x d
	y       []float64
}

// readTable reads a data file of the given kind, possibly compressed with gzip.
// target names the target column of a CSV.
func readTable(raw []byte, kind, target string) (*table, error) {
	sum := sha256.Sum256(raw)
	t := &table{sha256: hex.EncodeToString(sum[:])}
	text, err := gunzip(raw)
	if err != nil {
		return nil, err
	}
	switch kind {
	case kindCSV:
		err = t.readCSV(text, target)
	case kindLibsvm:
		err = t.readLibsvm(text)
	case kindNpy:
		err = t.readNpy(text)
	default:
		err = fmt.Errorf("kind %q, expected csv, libsvm or npy", kind)
	}
	if err == nil && t.x.rows < 1 {
		err = errors.New("no rows")
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

// takeTarget splits rows of len(names) numbers into features and target.
func (t *table) takeTarget(names []string, values []float64, target string) error {
	width := len(names)
	at := slices.Index(names, target)
	if at < 0 || width < 2 {
		return fmt.Errorf("columns %q, expected the target %q among at least two", names, target)
	}
	n := len(values) / width
	t.columns = slices.Delete(slices.Clone(names), at, at+1)
	x := make([]float64, 0, n*(width-1))
	for i := range n {
		row := values[i*width : (i+1)*width]
		x = append(append(x, row[:at]...), row[at+1:]...)
		t.y = append(t.y, row[at])
	}
	var err error
	t.x, err = NewDense(n, width-1, x)
	return err
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
