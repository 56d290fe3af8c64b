package dataset

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/mat"
)

// npyHeader is the dictionary NumPy writes for a plain array.
var npyHeader = regexp.MustCompile(`^\{'descr': '([<>|=]?[a-zA-Z?][0-9]*(?:\[[0-9a-zA-Z]*\])?)', 'fortran_order': (True|False), 'shape': \(([0-9, ]*)\),? ?\}\s*\n?$`)

// npyArray is an array as it stands in a file.
type npyArray struct {
	name    string // in messages
	descr   string // NumPy's type, such as <f8
	size    int    // bytes of an element
	fortran bool
	shape   []int
	only    int // columns that are read, the first ones; 0: all
	body    []byte
	order   binary.ByteOrder
}

// npySizes holds the bytes per element of the types that can be read.
var npySizes = map[string]int{"f8": 8, "f4": 4, "f2": 2, "i8": 8, "i4": 4, "i2": 2, "i1": 1, "u8": 8, "u4": 4, "u2": 2, "u1": 1, "b1": 1}

// openNpy reads the header and checks that it goes with the size of the file.
func openNpy(name string, text []byte) (*npyArray, error) {
	bad := func(kind error, want, got string) error {
		return &Error{File: name, Want: want, Got: got, Err: kind}
	}
	if len(text) > 6 && (text[6] < 1 || text[6] > 3) {
		return nil, bad(ErrFormat, "an .npy header of version 1 to 3", fmt.Sprintf("version %d", text[6]))
	}
	start, header := npyPreamble(text)
	if start == 0 {
		return nil, bad(ErrTruncated, "an .npy header", fmt.Sprintf("a file that ends within it, %d bytes", len(text)))
	}
	m := npyHeader.FindSubmatch(header)
	switch {
	case bytes.HasPrefix(header, []byte("{'descr': [")):
		return nil, bad(ErrFormat, "a plain array of numbers (a CSV file has columns of different types)", "one of records with fields, "+quote(string(header)))
	case m == nil:
		return nil, bad(ErrFormat, "a plain array of numbers", quote(string(header)))
	}
	a := &npyArray{name: name, descr: string(m[1]), fortran: string(m[2]) == "True", body: text[start:], order: binary.LittleEndian}
	if a.descr[0] == '>' {
		a.order = binary.BigEndian
	}
	size, ok := npySizes[strings.TrimLeft(a.descr, "<>|=")]
	if !ok {
		return nil, bad(ErrFormat, "floating-point numbers, integers or truth values", "type "+quote(a.descr))
	}
	a.size = size
	count := 1
	for _, part := range strings.FieldsFunc(string(m[3]), func(r rune) bool { return r == ',' || r == ' ' }) {
		k, err := strconv.Atoi(part)
		if err == nil && k == 0 {
			return nil, bad(ErrTooFewRows, "an array with numbers in it", fmt.Sprintf("the shape (%s)", m[3]))
		}
		if err != nil || k < 1 || k > len(text) || count > len(text)/k {
			return nil, bad(ErrTruncated, fmt.Sprintf("numbers of shape (%s)", m[3]), fmt.Sprintf("%d bytes", len(a.body)))
		}
		a.shape, count = append(a.shape, k), count*k
	}
	if want := count * size; want != len(a.body) {
		kind := ErrTruncated
		if len(a.body) > want {
			kind = ErrFormat
		}
		return nil, bad(kind, fmt.Sprintf("%d bytes of numbers of shape (%s)", want, m[3]), fmt.Sprint(len(a.body)))
	}
	return a, nil
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
	case 2, 3:
		start, length = 12, int(binary.LittleEndian.Uint32(text[8:]))
	default:
		return 0, nil
	}
	if length > len(text)-start {
		return 0, nil
	}
	return start + length, text[start : start+length]
}

// matrix reads a two-dimensional array of finite numbers, and NaN if missing says so; a
// one-dimensional one is a column if vectors says so.
func (a *npyArray) matrix(l Limits, vectors, missing bool) (*mat.Dense, error) {
	shape := a.shape
	if vectors && len(shape) == 1 {
		shape = []int{shape[0], 1}
	}
	if len(shape) != 2 {
		return nil, &Error{File: a.name, Want: "an array of two dimensions, rows and columns", Got: fmt.Sprintf("one of %d", len(a.shape)), Err: ErrFormat}
	}
	n, c := shape[0], shape[1]
	if err := l.columns(a.name, 0, c); err != nil {
		return nil, err
	}
	if err := l.numbers(a.name, n, c); err != nil {
		return nil, err
	}
	width := c
	if a.only > 0 {
		width = min(a.only, c)
	}
	x := mat.NewDense(n, width, nil)
	for i := range n {
		row := x.RawRowView(i)
		for j := range row {
			at := i*c + j
			if a.fortran {
				at = j*n + i
			}
			v, err := a.number(a.body[at*a.size:], missing)
			if err != nil {
				err.File, err.Line, err.Column = a.name, i+1, j+1
				return nil, err
			}
			row[j] = v
		}
	}
	return x, nil
}

// number is the first one of b, as the nearest float64; whole numbers must be one. NaN is one
// if missing says so.
func (a *npyArray) number(b []byte, missing bool) (float64, *Error) {
	const exact = 1 << 53
	kind := strings.TrimLeft(a.descr, "<>|=")
	var bits uint64
	switch a.size {
	case 1:
		bits = uint64(b[0])
	case 2:
		bits = uint64(a.order.Uint16(b))
	case 4:
		bits = uint64(a.order.Uint32(b))
	default:
		bits = a.order.Uint64(b)
	}
	v := 0.0
	switch kind[0] {
	case 'f':
		switch a.size {
		case 2:
			v = half(uint16(bits))
		case 4:
			v = float64(math.Float32frombits(uint32(bits)))
		default:
			v = math.Float64frombits(bits)
		}
		switch {
		case math.IsNaN(v) && !missing:
			return 0, &Error{Want: "a finite number (solve and fit with --missing impute or drop take NaN for a missing value)", Got: "NaN", Err: ErrMissing}
		case math.IsInf(v, 0):
			return 0, &Error{Want: "a finite number", Got: fmt.Sprint(v), Err: ErrNotFinite}
		}
	case 'i':
		spare := 64 - 8*a.size
		w := int64(bits<<spare) >> spare
		if v = float64(w); w > exact || w < -exact {
			return 0, &Error{Want: "whole numbers up to 2^53, which float64 holds", Got: fmt.Sprint(w), Err: ErrTooLarge}
		}
	case 'b':
		if bits > 1 {
			return 0, &Error{Want: "the truth value 0 or 1", Got: fmt.Sprint(bits), Err: ErrFormat}
		}
		v = float64(bits)
	default:
		if v = float64(bits); bits > exact {
			return 0, &Error{Want: "whole numbers up to 2^53, which float64 holds", Got: fmt.Sprint(bits), Err: ErrTooLarge}
		}
	}
	return v, nil
}

// half is the number of the IEEE 754 half with these bits.
func half(bits uint16) float64 {
	sign, exponent, fraction := 1.0, int(bits>>10&31), float64(bits&1023)
	if bits>>15 == 1 {
		sign = -1
	}
	switch exponent {
	case 0:
		return math.Copysign(math.Ldexp(fraction, -24), sign)
	case 31:
		if fraction > 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	}
	return math.Copysign(math.Ldexp(1024+fraction, exponent-25), sign)
}

// readNpy reads an array, or an archive of them.
func (c *container) readNpy(l Limits, missing bool) (*Data, error) {
	if c.zipped {
		return parseNpz(c.name, c.content, l, missing)
	}
	return parseNpy(c.name, c.content, l, missing)
}

// parseNpy reads a two-dimensional array whose last column is the target: features
// x1, x2, ..., target y.
func parseNpy(name string, text []byte, l Limits, missing bool) (*Data, error) {
	a, err := openNpy(name, text)
	if err != nil {
		return nil, err
	}
	x, err := a.matrix(l, false, missing)
	if err != nil {
		return nil, err
	}
	n, c := x.Dims()
	if c < 2 {
		return nil, &Error{File: name, Want: "at least two columns, a feature and the target", Got: "1", Err: ErrTooFewColumns}
	}
	return npyData(mat.DenseCopyOf(x.Slice(0, n, 0, c-1)), [][]float64{mat.Col(nil, c-1, x)}), nil
}

// npyData names the columns of an array: x1, x2, ..., and the targets y, or y1, y2, ...
func npyData(x *mat.Dense, y [][]float64) *Data {
	_, c := x.Dims()
	d := &Data{Kind: Npy, X: x, Y: y, Columns: unnamed(c, c)}
	for t := range y {
		name := "y"
		if len(y) > 1 {
			name = fmt.Sprintf("y%d", t+1)
		}
		d.Target = append(d.Target, name)
	}
	return d
}

// readNpyFeatures reads the features of an array with or without a target.
func (c *container) readNpyFeatures(columns []string, l Limits, missing bool) (*Data, error) {
	if c.zipped {
		d, err := parseNpz(c.name, c.content, l, missing)
		if err == nil && d.Features() != len(columns) {
			err = &Error{File: c.name, Want: fmt.Sprintf("%d features", len(columns)), Got: fmt.Sprint(d.Features()), Err: ErrTooFewColumns}
		}
		return d, err
	}
	a, err := openNpy(c.name, c.content)
	if err != nil {
		return nil, err
	}
	want := len(columns)
	if a.only = want; len(a.shape) == 2 && a.shape[1] != want && a.shape[1] != want+1 {
		return nil, &Error{File: c.name, Want: fmt.Sprintf("%d features, the target after them or not", want), Got: fmt.Sprintf("%d columns", a.shape[1]), Err: ErrTooFewColumns}
	}
	x, err := a.matrix(l, false, missing)
	if err != nil {
		return nil, err
	}
	return npyData(x, nil), nil
}
