package rowfile

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Text is a table of plain numbers, with commas between them and a header.
type Text struct {
	Name   string // in messages
	In     io.Reader
	Target string // the column that comes last, "" for the last one
	// Progress, if not nil, is told now and then how many bytes of the text were read.
	Progress func(bytes int64)

	// Columns are, after Convert, the names of the array's columns, the target's last.
	Columns []string
}

// npyHeaderBytes is the length of the header that Convert writes, as NumPy's of most arrays.
const npyHeaderBytes = 128

// longestLine bounds a line.
const longestLine = 1 << 24

// progressRows is how often progress is told.
const progressRows = 1 << 14

// Convert writes the table as a NumPy array of float64 into path, which must not exist, in one go
// over the text. Other than a header, every line is as
// many finite numbers; the error says the first line and column that is none.
func (t *Text) Convert(ctx context.Context, path string) error {
	return create(path, func(f *os.File) error {
		if t.Progress != nil {
			t.Progress(0)
		}
		rows, cols, err := t.write(ctx, f)
		if err == nil {
			_, err = f.WriteAt(npyHeaderOf(rows, cols), 0)
		}
		return err
	})
}

// Copy writes what in has into path, which must not exist.
// Progress, if not nil, is called now and then.
func Copy(ctx context.Context, in io.Reader, path string, progress func()) error {
	return create(path, func(f *os.File) error {
		for {
			if err := ctx.Err(); err != nil {
				return err
			}
			if progress != nil {
				progress()
			}
			if _, err := io.CopyN(f, in, 1<<24); err == io.EOF {
				return nil
			} else if err != nil {
				return err
			}
		}
	})
}

// create makes a file; of one that could not be written nothing is left.
func create(path string, write func(f *os.File) error) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// npyHeaderOf is a header of version 1.
func npyHeaderOf(rows, cols int) []byte {
	text := fmt.Sprintf("{'descr': '<f8', 'fortran_order': False, 'shape': (%d, %d), }", rows, cols)
	head := append([]byte(Magic), 1, 0)
	head = binary.LittleEndian.AppendUint16(head, npyHeaderBytes-10)
	head = append(head, text...)
	head = append(head, strings.Repeat(" ", npyHeaderBytes-1-len(head))...)
	return append(head, '\n')
}

// write writes the numbers behind the header.
func (t *Text) write(ctx context.Context, f *os.File) (rows, cols int, err error) {
	if _, err := f.Write(make([]byte, npyHeaderBytes)); err != nil {
		return 0, 0, err
	}
	in, out := bufio.NewReaderSize(t.In, 1<<20), bufio.NewWriterSize(f, 1<<20)
	line, err := t.line(in, 1)
	if err != nil {
		return 0, 0, err
	}
	read := int64(len(line))
	names, err := csv.NewReader(bytes.NewReader(line)).Read()
	if err != nil {
		return 0, 0, fmt.Errorf("%s:1: expected the names of columns with commas between them: %w", t.Name, err)
	}
	for k, name := range names {
		names[k] = strings.TrimSpace(name)
	}
	if err := t.header(names); err != nil {
		return 0, 0, err
	}
	last := len(names) - 1
	if t.Target != "" {
		if last = slices.Index(names, t.Target); last < 0 {
			return 0, 0, fmt.Errorf("%s:1: expected a column called %q, got %.300q", t.Name, t.Target, names)
		}
	}
	if len(names) < 2 {
		return 0, 0, fmt.Errorf("%s:1: expected at least two columns with commas between them, a feature and the target, got %.100q", t.Name, line)
	}
	t.Columns = append(slices.Delete(slices.Clone(names), last, last+1), names[last])
	numbers, raw := make([]float64, len(names)), make([]byte, 8*len(names))
	for number := 2; ; number++ {
		line, err := t.line(in, number)
		if err == io.EOF {
			break
		}
		if err != nil {
			return 0, 0, err
		}
		read += int64(len(line)) + 1
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if err := t.parse(numbers, line, number, names); err != nil {
			return 0, 0, err
		}
		rows++
		at := 0
		for k, v := range numbers {
			if k != last {
				binary.LittleEndian.PutUint64(raw[8*at:], math.Float64bits(v))
				at++
			}
		}
		binary.LittleEndian.PutUint64(raw[8*at:], math.Float64bits(numbers[last]))
		if _, err := out.Write(raw); err != nil {
			return 0, 0, err
		}
		if rows%progressRows == 0 {
			if err := ctx.Err(); err != nil {
				return 0, 0, err
			}
			if t.Progress != nil {
				t.Progress(read)
			}
		}
	}
	if rows < 2 {
		return 0, 0, fmt.Errorf("%s: expected at least two rows of data, got %d", t.Name, rows)
	}
	return rows, len(names), out.Flush()
}

// header refuses a first line that is none: one with a number, with a column without a name or with a name twice.
// It holds for tables of numbers alone, whose names are none.
func (t *Text) header(names []string) error {
	years := rising(names)
	for k, name := range names {
		if _, err := strconv.ParseFloat(name, 64); err == nil && !years || name == "" {
			return fmt.Errorf("%s:1: column %d: expected a line of column names with commas between them, got %q", t.Name, k+1, name)
		}
		if first := slices.Index(names, name); first < k {
			return fmt.Errorf("%s:1: column %d: expected names that differ, got that of column %d again, %q", t.Name, k+1, first+1, name)
		}
	}
	return nil
}

// rising reports whether there is a name that is no number, and the numbers among the names are whole
// and rise, as years do.
func rising(names []string) bool {
	before, words := -1, false
	for _, name := range names {
		if _, err := strconv.ParseFloat(name, 64); err != nil {
			words = true
			continue
		}
		v, err := strconv.Atoi(name)
		if err != nil || v <= before {
			return false
		}
		before = v
	}
	return words
}

// line is the next line without its end.
func (t *Text) line(in *bufio.Reader, number int) ([]byte, error) {
	line, err := in.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		long := slices.Clone(line)
		for err == bufio.ErrBufferFull && len(long) < longestLine {
			line, err = in.ReadSlice('\n')
			long = append(long, line...)
		}
		if line = long; err == bufio.ErrBufferFull {
			return nil, fmt.Errorf("%s:%d: expected a line of at most %d bytes", t.Name, number, longestLine)
		}
	}
	if err == io.EOF && len(line) > 0 {
		err = nil
	}
	if err != nil {
		if err == io.EOF && number == 1 {
			return nil, fmt.Errorf("%s: expected a header and rows of numbers, got an empty file", t.Name)
		}
		return nil, err
	}
	return bytes.TrimRight(line, "\r\n"), nil
}

// parse reads the numbers of a line.
func (t *Text) parse(numbers []float64, line []byte, number int, names []string) error {
	rest := line
	for k := range numbers {
		field, after, more := bytes.Cut(rest, []byte{','})
		if more != (k+1 < len(numbers)) {
			return fmt.Errorf("%s:%d: expected %d numbers with commas between them, got %.100q", t.Name, number, len(numbers), line)
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(string(field)), 64)
		if err != nil || v-v != 0 {
			return fmt.Errorf("%s:%d:%d: column %q: expected a finite number, as out of core there is nothing else, got %.60q", t.Name, number, k+1, names[k], field)
		}
		numbers[k], rest = v, after
	}
	return nil
}
