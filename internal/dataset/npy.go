package dataset

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"regexp"

	"github.com/sbinet/npyio/npy"
	"gonum.org/v1/gonum/mat"
)

// npyHeader is the dictionary NumPy writes for a plain two-dimensional array.
var npyHeader = regexp.MustCompile(`^\{'descr': '([<>|=]?[a-z?][0-9]+)', 'fortran_order': (True|False), 'shape': \(([0-9, ]*)\), \}\s*\n$`)

// npySizes holds the bytes per element of the types that can be read.
var npySizes = map[string]int{
	"<f8": 8, "<f4": 4, ">f8": 8, ">f4": 4,
	"<i8": 8, "<i4": 4, "<i2": 2, "|i1": 1, ">i8": 8, ">i4": 4, ">i2": 2,
	"<u8": 8, "<u4": 4, "<u2": 2, "|u1": 1, ">u8": 8, ">u4": 4, ">u2": 2,
}

// parseNpy reads a two-dimensional array whose last column is the target.
func parseNpy(name string, text []byte) (*table, error) {
	x, err := npyMatrix(name, text)
	if err != nil {
		return nil, err
	}
	_, c := x.Dims()
	names := make([]string, c)
	for j := range names {
		names[j] = fmt.Sprintf("x%d", j+1)
	}
	names[c-1] = "y"
	return &table{kind: Npy, names: names, x: x}, nil
}

// npyMatrix reads a two-dimensional array of finite numbers. The header is
// checked here before npy sees it, which trusts what it reads.
func npyMatrix(name string, text []byte) (*mat.Dense, error) {
	bad := func(kind error, want, got string) error {
		return &Error{File: name, Want: want, Got: got, Err: kind}
	}
	start, header := npyPreamble(text)
	if start == 0 {
		return nil, bad(ErrTruncated, "an .npy header of version 1 or 2", "less, or another version")
	}
	if !npyHeader.Match(header) {
		return nil, bad(ErrFormat, "a plain array of numbers", quote(string(header)))
	}
	r, err := npy.NewReader(bytes.NewReader(text))
	if err != nil {
		return nil, bad(ErrFormat, "an .npy file", err.Error())
	}
	d := r.Header.Descr
	size, ok := npySizes[d.Type]
	if !ok {
		return nil, bad(ErrFormat, "floating-point numbers or integers", "type "+quote(d.Type))
	}
	if len(d.Shape) != 2 || d.Shape[0] < 1 || d.Shape[1] < 1 {
		return nil, bad(ErrFormat, "a non-empty array of two dimensions", fmt.Sprintf("shape %v", d.Shape))
	}
	n, c := d.Shape[0], d.Shape[1]
	have := len(text) - start
	if n > have || c > have || n*c*size != have {
		return nil, bad(ErrTruncated, fmt.Sprintf("%d x %d numbers of %d bytes", n, c, size), fmt.Sprintf("%d bytes", have))
	}
	values, err := npyValues(r)
	if err != nil {
		return nil, bad(ErrFormat, "an array of numbers", err.Error())
	}
	x := mat.NewDense(n, c, values)
	if d.Fortran {
		x = mat.DenseCopyOf(mat.NewDense(c, n, values).T())
	}
	return x, checkFinite(name, x)
}

// npyPreamble returns where the numbers start and the header before them;
// zero when the file is cut off before or its version is unknown.
func npyPreamble(text []byte) (int, []byte) {
	if len(text) < 12 {
		return 0, nil
	}
	start, length := 10, int(binary.LittleEndian.Uint16(text[8:]))
	switch text[6] {
	case 1:
	case 2:
		start, length = 12, int(binary.LittleEndian.Uint32(text[8:]))
	default:
		return 0, nil
	}
	if length > len(text)-start {
		return 0, nil
	}
	return start + length, text[start : start+length]
}

// npyValues reads the numbers in file order, each as the nearest float64.
func npyValues(r *npy.Reader) ([]float64, error) {
	switch kind := r.Header.Descr.Type[1:]; kind {
	case "f8":
		return npyRead[float64](r)
	case "f4":
		return npyRead[float32](r)
	case "i8":
		return npyRead[int64](r)
	case "i4":
		return npyRead[int32](r)
	case "i2":
		return npyRead[int16](r)
	case "i1":
		return npyRead[int8](r)
	case "u8":
		return npyRead[uint64](r)
	case "u4":
		return npyRead[uint32](r)
	case "u2":
		return npyRead[uint16](r)
	default:
		return npyRead[uint8](r)
	}
}

func npyRead[T float64 | float32 | int64 | int32 | int16 | int8 | uint64 | uint32 | uint16 | uint8](r *npy.Reader) ([]float64, error) {
	var raw []T
	if err := r.Read(&raw); err != nil {
		return nil, err
	}
	values := make([]float64, len(raw))
	for i, v := range raw {
		values[i] = float64(v)
	}
	return values, nil
}

// checkFinite refuses NaN and infinities.
func checkFinite(name string, x *mat.Dense) error {
	n, _ := x.Dims()
	for i := range n {
		for j, v := range x.RawRowView(i) {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return &Error{File: name, Line: i + 1, Column: j + 1, Want: "a finite number", Got: fmt.Sprint(v), Err: ErrNotFinite}
			}
		}
	}
	return nil
}
