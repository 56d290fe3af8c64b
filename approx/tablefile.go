package approx

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// TableData are samples on the grid of (M+1)^Dim nodes, row-major, the first coordinate slowest.
type TableData struct {
	Dim, M int
	Values []float64
}

// TableError says where a file of samples is wrong. Lines and columns count from 1; 0 means the whole file.
type TableError struct {
	Line, Column int
	Message      string
}

func (e *TableError) Error() string {
	switch {
	case e.Line == 0:
		return e.Message
	case e.Column == 0:
		return fmt.Sprintf("line %d: %s", e.Line, e.Message)
	}
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Message)
}

// ReadTable reads samples from .npy bytes or from text: numbers separated by commas, blanks or line ends; one
// header line, blank lines and lines from # on are skipped. The dimension is dim, or, if that is 0, the number of
// axes of the array, or 1 for text on one line or with one number a line, and 2 for other text.
func ReadTable(raw []byte, dim int) (*TableData, error) {
	if bytes.HasPrefix(raw, []byte("\x93NUMPY")) {
		return readArray(raw, dim)
	}
	values, perLine, err := readNumbers(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	if dim == 0 {
		dim = 1
		if perLine > 1 && perLine < len(values) {
			dim = 2
		}
	}
	return newTableData(dim, values)
}

func newTableData(dim int, values []float64) (*TableData, error) {
	side := int(math.Round(math.Pow(float64(len(values)), 1/float64(dim))))
	if dim < 1 || dim > 9 || side < 2 || power(side, dim) != len(values) {
		return nil, &TableError{Message: fmt.Sprintf("%d values are no grid of dimension %d: expected the power %d of a number >= 2", len(values), dim, dim)}
	}
	return &TableData{dim, side - 1, values}, nil
}

func readNumbers(r io.Reader) (values []float64, perLine int, err error) {
	scan := bufio.NewScanner(r)
	scan.Buffer(nil, 1<<30)
	for line := 1; scan.Scan(); line++ {
		text, _, _ := strings.Cut(scan.Text(), "#")
		fields := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == ' ' || r == '\t' || r == '\r' })
		for k, f := range fields {
			v, err := strconv.ParseFloat(f, 64)
			if err != nil && len(values) == 0 && k == 0 {
				break // a header
			}
			if err != nil || v != v || math.IsInf(v, 0) {
				return nil, 0, &TableError{line, k + 1, fmt.Sprintf("%q is not a finite number", f)}
			}
			values = append(values, v)
			perLine = max(perLine, k+1)
		}
	}
	if err := scan.Err(); err != nil {
		return nil, 0, err
	}
	return values, perLine, nil
}

var arrayHeader = regexp.MustCompile(`^\{'descr': '(<f8|<f4)', 'fortran_order': (True|False), 'shape': \(([0-9, ]*)\), \}\s*\n$`)

// readArray reads an .npy array of version 1 to 3: magic, version, length of the header, header, numbers.
func readArray(raw []byte, dim int) (*TableData, error) {
	bad := func(format string, args ...any) error { return &TableError{Message: fmt.Sprintf(format, args...)} }
	start := 10
	if len(raw) > 8 && raw[6] > 1 {
		start = 12
	}
	if len(raw) < start {
		return nil, bad("the .npy file ends within its header")
	}
	size := int(binary.LittleEndian.Uint16(raw[8:]))
	if start == 12 {
		size = int(binary.LittleEndian.Uint32(raw[8:]))
	}
	if size > len(raw)-start {
		return nil, bad("the .npy file ends within its header")
	}
	m := arrayHeader.FindSubmatch(raw[start : start+size])
	if m == nil {
		return nil, bad("the .npy header is %q: expected an array of <f8 or <f4", raw[start:start+size])
	}
	axes := len(strings.FieldsFunc(string(m[3]), func(r rune) bool { return r == ',' || r == ' ' }))
	if axes > 1 && string(m[2]) == "True" {
		return nil, bad("the array is in Fortran order: expected C order")
	}
	if dim == 0 {
		dim = axes
	}
	values, err := arrayValues(raw[start+size:], string(m[1]))
	if err != nil {
		return nil, err
	}
	return newTableData(dim, values)
}

func arrayValues(raw []byte, kind string) ([]float64, error) {
	size := int(kind[2] - '0')
	if len(raw)%size != 0 {
		return nil, &TableError{Message: fmt.Sprintf("the .npy file has %d bytes of numbers: expected a multiple of %d", len(raw), size)}
	}
	values := make([]float64, 0, len(raw)/size)
	for ; len(raw) > 0; raw = raw[size:] {
		v := 0.0
		if size == 8 {
			v = math.Float64frombits(binary.LittleEndian.Uint64(raw))
		} else {
			v = float64(math.Float32frombits(binary.LittleEndian.Uint32(raw)))
		}
		if v != v || math.IsInf(v, 0) {
			return nil, &TableError{Message: fmt.Sprintf("value %d is %g: expected a finite number", len(values)+1, v)}
		}
		values = append(values, v)
	}
	return values, nil
}
