package rowfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// Npy is a NumPy file of a two-dimensional array of float64 or float32, row by row.
type Npy struct {
	file       *Opened
	rows, cols int
	start      int64 // of the numbers
	size       int   // bytes of a number
}

var npyHeader = regexp.MustCompile(`^\{'descr': '<(f[48])', 'fortran_order': False, 'shape': \(([0-9]+), ?([0-9]+)\),? ?\}\s*\n?$`)

// Magic is what such a file begins with.
const Magic = "\x93NUMPY"

// longestHeader is what the header of a plain array never reaches.
const longestHeader = 1 << 16

// OpenNpy opens the file. An error says what is wrong with the header or that the file is
// not as long as its header says.
func OpenNpy(name string) (*Npy, error) {
	file, err := Open(name)
	if err != nil {
		return nil, err
	}
	a, err := openNpy(name, file)
	if err != nil {
		file.Close()
		return nil, err
	}
	return a, nil
}

func openNpy(name string, file *Opened) (*Npy, error) {
	head := make([]byte, 12)
	if _, err := io.ReadFull(file, head); err != nil || string(head[:6]) != Magic || head[6] < 1 || head[6] > 3 {
		return nil, fmt.Errorf("%s: expected a NumPy file of version 1 to 3, got something else", name)
	}
	start, length := int64(10), int64(binary.LittleEndian.Uint16(head[8:]))
	if head[6] > 1 {
		start, length = 12, int64(binary.LittleEndian.Uint32(head[8:]))
	}
	if length > longestHeader || start+length > file.Size() {
		return nil, fmt.Errorf("%s: expected a header of %d bytes, got a file of %d", name, length, file.Size())
	}
	text := make([]byte, length)
	if _, err := file.ReadAt(text, start); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	m := npyHeader.FindSubmatch(text)
	if m == nil {
		return nil, fmt.Errorf("%s: %w", name, foreign(string(text)))
	}
	a := &Npy{file: file, start: start + length, size: int(m[1][1] - '0')}
	var errs [2]error
	a.rows, errs[0] = strconv.Atoi(string(m[2]))
	a.cols, errs[1] = strconv.Atoi(string(m[3]))
	if err := errors.Join(errs[:]...); err != nil || a.rows < 1 || a.cols < 1 || a.rows > math.MaxInt64/8/a.cols {
		return nil, fmt.Errorf("%s: expected a shape of at least a row and a column, got (%s, %s)", name, m[2], m[3])
	}
	if want := int64(a.rows) * int64(a.cols) * int64(a.size); file.Size()-a.start != want {
		return nil, fmt.Errorf("%s: expected %d bytes of numbers of shape (%d, %d), got %d", name, want, a.rows, a.cols, file.Size()-a.start)
	}
	return a, nil
}

// anyHeader is what NumPy writes for an array of whatever kind.
var anyHeader = regexp.MustCompile(`'descr': (.*), 'fortran_order': (True|False), +'shape': (\([0-9, ]*\))`)

// foreign says why an array with such a header cannot be read in blocks of rows, and what NumPy
// makes of it.
func foreign(header string) error {
	m := anyHeader.FindStringSubmatch(header)
	switch {
	case m == nil:
		return fmt.Errorf("expected the header of a NumPy array, got %.200q", header)
	case strings.Count(m[3], ",") != 1 || strings.HasSuffix(m[3], ",)"):
		return fmt.Errorf("expected an array of two dimensions, got the shape %s", m[3])
	case m[1] != "'<f8'" && m[1] != "'<f4'":
		return fmt.Errorf("expected little-endian float64 or float32, which can be read in blocks of rows, got the type %.60s: write it again as a.astype(\"<f8\")", m[1])
	case m[2] == "True":
		return errors.New("expected an array row by row, got one in Fortran's order, column by column: write it again as numpy.ascontiguousarray(a)")
	}
	return fmt.Errorf("expected a header as NumPy writes it, got %.200q", header)
}

// Dims are the rows and columns of the array.
func (a *Npy) Dims() (rows, cols int) { return a.rows, a.cols }

// Close closes the file.
func (a *Npy) Close() error { return a.file.Close() }

// Unchanged is ErrChanged if the file is not what it was when it was opened.
func (a *Npy) Unchanged() error { return a.file.Unchanged() }

// readBytes is how much is read at a time.
const readBytes = 1 << 18

var buffers = sync.Pool{New: func() any { return new([readBytes]byte) }}

// Read fills dst with whole rows from row first on. It may be called from several
// goroutines. A number that is not finite is an error with its place.
func (a *Npy) Read(dst []float64, first int) error {
	if err := a.Unchanged(); err != nil {
		return err
	}
	pooled := buffers.Get().(*[readBytes]byte)
	defer buffers.Put(pooled)
	buffer := pooled[:min(readBytes, len(dst)*a.size)]
	at := a.start + int64(first)*int64(a.cols)*int64(a.size)
	for done := 0; done < len(dst); {
		k := min(len(buffer)/a.size, len(dst)-done)
		if _, err := a.file.ReadAt(buffer[:k*a.size], at); err != nil {
			return a.file.Failed(fmt.Errorf("%s: row %d: %w", a.file.Name(), first+done/a.cols+1, err))
		}
		now := dst[done : done+k]
		if a.size == 8 {
			for i := range now {
				now[i] = math.Float64frombits(binary.LittleEndian.Uint64(buffer[8*i:]))
			}
		} else {
			for i := range now {
				now[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(buffer[4*i:])))
			}
		}
		for i, v := range now {
			if v-v != 0 {
				return fmt.Errorf("%s: row %d, column %d: expected a finite number, got %v", a.file.Name(), first+(done+i)/a.cols+1, (done+i)%a.cols+1, v)
			}
		}
		done, at = done+k, at+int64(k*a.size)
	}
	return nil
}

// Reader reads the whole file from its beginning, for its hash.
func (a *Npy) Reader() io.Reader { return a.file.Reader() }
