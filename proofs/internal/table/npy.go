package table

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"multigrade/proofs/internal/exact"
	"regexp"
	"strconv"
)

var npyDictionary = regexp.MustCompile(`^\{'descr': '([<>|][fiu][1248])', 'fortran_order': (True|False), 'shape': \(([0-9]+), ?([0-9]+),?\), ?\} *\n$`)

// readNpy reads a two-dimensional NumPy array of numbers; its last column is
// the target. Features are called x1, x2, ..., the target y.
func (t *Table) readNpy(text []byte) error {
	header, body, err := npySections(text)
	if err != nil {
		return err
	}
	m := npyDictionary.FindSubmatch(header)
	if m == nil {
		return fmt.Errorf("npy header %q, expected a two-dimensional array of numbers", header)
	}
	number, size, err := npyNumber(string(m[1]))
	if err != nil {
		return err
	}
	rows, _ := strconv.Atoi(string(m[3]))
	cols, _ := strconv.Atoi(string(m[4]))
	if rows < 1 || cols < 2 || rows > len(body) || cols > len(body) || rows*cols*size != len(body) {
		return fmt.Errorf("npy shape (%d, %d) of %d-byte numbers in %d bytes", rows, cols, size, len(body))
	}
	values := make([]float64, rows*cols)
	for i := range rows {
		for j := range cols {
			at := i*cols + j
			if string(m[2]) == "True" {
				at = j*rows + i
			}
			values[i*cols+j] = number(body[at*size:])
		}
	}
	if err := exact.FiniteAll("npy", values); err != nil {
		return err
	}
	for i := range rows {
		if t.classes == nil {
			break
		}
		if values[i*cols+cols-1], err = t.classes.indexOf(values[i*cols+cols-1]); err != nil {
			return fmt.Errorf("npy row %d: %w", i, err)
		}
	}
	names := make([]string, cols)
	for j := range names {
		names[j] = fmt.Sprintf("x%d", j+1)
	}
	names[cols-1] = "y"
	return t.takeTargets(names, values, []string{"y"})
}

// npySections splits a version 1 or 2 file into its header text and its numbers.
func npySections(text []byte) (header, body []byte, err error) {
	if len(text) < 12 || string(text[:6]) != "\x93NUMPY" || text[6] != 1 && text[6] != 2 {
		return nil, nil, errors.New("expected an .npy file of version 1 or 2")
	}
	start, length := 10, int(binary.LittleEndian.Uint16(text[8:]))
	if text[6] == 2 {
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
	return nil, 0, fmt.Errorf("npy type %q, expected floats of 4 or 8 bytes or integers", descr)
}
