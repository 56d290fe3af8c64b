package dataset

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/james-bowman/sparse"
)

// maxIndex bounds the feature indices: the number of columns is the largest
// index of the file, and every column takes memory even when it is empty.
const maxIndex = 1 << 24

// looksLikeLibsvm reports whether the first line with more than a label has
// the form "label token:token ...", without a comma.
func looksLikeLibsvm(text []byte) bool {
	for len(text) > 0 {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte("\n"))
		line, _, _ = bytes.Cut(line, []byte("#"))
		fields := bytes.Fields(line)
		if len(fields) < 2 {
			if len(fields) == 1 && bytes.IndexByte(line, ',') >= 0 {
				return false
			}
			continue
		}
		return bytes.IndexByte(line, ',') < 0 && bytes.IndexByte(fields[1], ':') >= 0
	}
	return false
}

// libsvmRows collects the rows of a libsvm file in compressed form.
type libsvmRows struct {
	file   string
	labels []float64
	indptr []int
	ind    []int
	data   []float64
	width  int
}

// parseLibsvm reads "label index:value ..." lines; '#' starts a comment.
func parseLibsvm(name string, text []byte) (*table, error) {
	rows := libsvmRows{file: name, indptr: []int{0}}
	for number := 1; len(text) > 0; number++ {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte("\n"))
		line, _, _ = bytes.Cut(line, []byte("#"))
		if err := rows.add(number, string(line)); err != nil {
			return nil, err
		}
	}
	if rows.width == 0 {
		return nil, &Error{File: name, Want: "a feature somewhere", Got: "labels only", Err: ErrTooFewColumns}
	}
	names := make([]string, rows.width)
	for j := range names {
		names[j] = fmt.Sprintf("f%d", j+1)
	}
	x := sparse.NewCSR(len(rows.labels), rows.width, rows.indptr, rows.ind, rows.data)
	return &table{kind: Libsvm, names: names, x: x, labels: rows.labels}, nil
}

// add parses one line; an empty one is skipped.
func (r *libsvmRows) add(number int, line string) error {
	fields := strings.Fields(line)
	if len(fields) == 0 {
		return nil
	}
	label, err := parseNumber(fields[0])
	if err != nil {
		return &Error{File: r.file, Line: number, Column: 1, Name: "label", Want: "a finite number", Got: quote(fields[0]), Err: err}
	}
	last := 0
	for k, field := range fields[1:] {
		index, value, e := parsePair(field)
		if e == nil && index <= last {
			e = &Error{Want: fmt.Sprintf("an index above %d", last), Got: fmt.Sprint(index), Err: ErrIndex}
		}
		if e != nil {
			e.File, e.Line, e.Column = r.file, number, k+2
			return e
		}
		last = index
		if value != 0 {
			r.ind, r.data = append(r.ind, index-1), append(r.data, value)
		}
	}
	r.width = max(r.width, last)
	r.labels = append(r.labels, label)
	r.indptr = append(r.indptr, len(r.ind))
	return nil
}

// parsePair reads "index:value".
func parsePair(field string) (int, float64, *Error) {
	left, right, ok := strings.Cut(field, ":")
	if !ok {
		return 0, 0, &Error{Want: "index:value", Got: quote(field), Err: ErrFormat}
	}
	index, err := strconv.Atoi(left)
	if err != nil || index < 1 || index > maxIndex {
		return 0, 0, &Error{Want: fmt.Sprintf("a whole index from 1 to %d", maxIndex), Got: quote(left), Err: ErrIndex}
	}
	value, err := parseNumber(right)
	if err != nil {
		return 0, 0, &Error{Want: "a finite number after the colon", Got: quote(right), Err: err}
	}
	return index, value, nil
}
