package table

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"multigrade/proofs/internal/exact"
)

var npyDictionary = regexp.MustCompile(`^\{'descr': '([<>|][bfiu][1248])', 'fortran_order': (True|False), 'shape': \(([0-9]+),(?: ?([0-9]+),?)?\), ?\} *\n$`)

// readArrays reads a NumPy array of two dimensions whose last column is the target,
// or an archive with such a one, or with an array X of features and one y of targets.
// Features are called x1, x2, ..., the target y, several targets y1, y2, ...
func (t *Table) readArrays(content []byte, targets []string) error {
	arrays := map[string][]byte{"": content}
	if bytes.HasPrefix(content, []byte("PK")) {
		var err error
		if arrays, err = unzipArrays(content); err != nil {
			return err
		}
	}
	var whole, x, y *npyArray
	for name, raw := range arrays {
		a, err := newNpyArray(raw)
		switch {
		case err != nil:
			return fmt.Errorf("array %q: %w", name, err)
		case len(arrays) == 1:
			whole = a
		case strings.EqualFold(name, "x"):
			x = a
		case strings.EqualFold(name, "y"):
			y = a
		}
	}
	var features, labels [][]float64 // by column
	switch {
	case whole != nil && !whole.vector && len(whole.columns) >= 2:
		features, labels = whole.columns[:len(whole.columns)-1], whole.columns[len(whole.columns)-1:]
	case len(arrays) == 2 && x != nil && y != nil && !x.vector && len(x.columns[0]) == len(y.columns[0]):
		features, labels = x.columns, y.columns
	default:
		return errors.New("npy arrays: expected one of two dimensions with at least two columns, or X and y of as many rows")
	}
	rows := len(features[0])
	values := make([]float64, 0, rows*len(features))
	for i := range rows {
		for _, column := range features {
			values = append(values, column[i])
		}
	}
	for j := range features {
		t.Columns = append(t.Columns, fmt.Sprintf("x%d", j+1))
	}
	for k, column := range labels {
		want := "y"
		if len(labels) > 1 {
			want = fmt.Sprintf("y%d", k+1)
		}
		if len(targets) != len(labels) || targets[k] != want {
			return fmt.Errorf("targets %q, expected %d beginning with y", targets, len(labels))
		}
		for i, v := range column {
			if t.classes == nil {
				break
			}
			at, err := t.classes.indexOf(v)
			if err != nil {
				return fmt.Errorf("npy row %d: %w", i, err)
			}
			column[i] = at
		}
		t.Y = append(t.Y, column)
	}
	var err error
	t.X, err = exact.NewDense(rows, len(features), values)
	return err
}

// unzipArrays unpacks an archive of .npy files.
func unzipArrays(content []byte) (map[string][]byte, error) {
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, err
	}
	arrays := map[string][]byte{}
	for _, f := range z.File {
		in, err := f.Open()
		if err != nil {
			return nil, err
		}
		raw, err := readUpTo(in)
		if err != nil {
			return nil, err
		}
		arrays[strings.TrimSuffix(f.Name, ".npy")] = raw
	}
	if len(arrays) != len(z.File) {
		return nil, errors.New("an archive with the same name twice")
	}
	return arrays, nil
}

// An npyArray is an array of one or two dimensions, column by column.
type npyArray struct {
	columns [][]float64
	vector  bool // of one dimension
}

func newNpyArray(raw []byte) (*npyArray, error) {
	header, body, err := npySections(raw)
	if err != nil {
		return nil, err
	}
	m := npyDictionary.FindSubmatch(header)
	if m == nil {
		return nil, fmt.Errorf("npy header %q, expected a two-dimensional array of numbers", header)
	}
	number, size, err := npyNumber(string(m[1]))
	if err != nil {
		return nil, err
	}
	a := &npyArray{vector: len(m[4]) == 0}
	rows, _ := strconv.Atoi(string(m[3]))
	cols := 1
	if !a.vector {
		cols, _ = strconv.Atoi(string(m[4]))
	}
	if rows < 1 || cols < 1 || rows > len(body) || cols > len(body) || rows*cols*size != len(body) {
		return nil, fmt.Errorf("npy shape (%d, %d) of %d-byte numbers in %d bytes", rows, cols, size, len(body))
	}
	for j := range cols {
		column := make([]float64, rows)
		for i := range rows {
			at := i*cols + j
			if string(m[2]) == "True" {
				at = j*rows + i
			}
			column[i] = number(body[at*size:])
		}
		if err := exact.FiniteAll("npy", column); err != nil {
			return nil, err
		}
		a.columns = append(a.columns, column)
	}
	return a, nil
}

// NpyMagic begins an array.
const NpyMagic = "\x93NUMPY"

// npySections splits a file of version 1, 2 or 3 into its header text and its numbers.
func npySections(text []byte) (header, body []byte, err error) {
	if len(text) < 12 || string(text[:len(NpyMagic)]) != NpyMagic || text[6] < 1 || text[6] > 3 {
		return nil, nil, errors.New("expected an .npy file of version 1 to 3")
	}
	start, length := 10, int(binary.LittleEndian.Uint16(text[8:]))
	if text[6] > 1 {
		start, length = 12, int(binary.LittleEndian.Uint32(text[8:]))
	}
	if length > len(text)-start {
		return nil, nil, errors.New("npy header is cut off")
	}
	return text[start : start+length], text[start+length:], nil
}

// npyNumber returns how to read one number of the NumPy type descr.
func npyNumber(descr string) (read func([]byte) float64, size int, err error) {
	var order binary.ByteOrder = binary.LittleEndian
	if descr[0] == '>' {
		order = binary.BigEndian
	}
	bits := map[byte]func([]byte) uint64{
		'1': func(b []byte) uint64 { return uint64(b[0]) },
		'2': func(b []byte) uint64 { return uint64(order.Uint16(b)) },
		'4': func(b []byte) uint64 { return uint64(order.Uint32(b)) },
		'8': order.Uint64,
	}[descr[2]]
	size = int(descr[2] - '0')
	switch kind := descr[1]; {
	case kind == 'f' && size == 2:
		return func(b []byte) float64 { return half(bits(b)) }, size, nil
	case kind == 'b' && size == 1:
		return func(b []byte) float64 { return float64(bits(b)) }, size, nil
	case kind == 'f' && size == 8:
		return func(b []byte) float64 { return math.Float64frombits(bits(b)) }, size, nil
	case kind == 'f' && size == 4:
		return func(b []byte) float64 { return float64(math.Float32frombits(uint32(bits(b)))) }, size, nil
	case kind == 'u':
		return func(b []byte) float64 { return float64(bits(b)) }, size, nil
	case kind == 'i':
		spare := 64 - 8*size
		return func(b []byte) float64 { return float64(int64(bits(b)<<spare) >> spare) }, size, nil
	}
	return nil, 0, fmt.Errorf("npy type %q, expected floats of 2, 4 or 8 bytes, integers or truth values", descr)
}

// half is a number of 16 bits: sign, 5 bits of exponent, 10 of fraction.
func half(bits uint64) float64 {
	fraction, exponent := float64(bits%1024), bits/1024%32
	v := fraction / (1 << 24) // subnormal
	if exponent > 0 {
		v = (1 + fraction/1024) * math.Pow(2, float64(exponent)-15)
	}
	if exponent == 31 {
		v = math.Inf(1)
		if fraction > 0 {
			v = math.NaN()
		}
	}
	if bits >= 1<<15 {
		v = -v
	}
	return v
}
