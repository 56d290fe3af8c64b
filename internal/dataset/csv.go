package dataset

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/mat"
)

// parseCSV reads a header line and rows of numbers; label is the column that
// may be text instead ("" for the last), and columns that wanted (nil: all) does
// not hold may be anything.
func parseCSV(name string, text []byte, label string, wanted []string) (*table, error) {
	r := newCSVReader(text)
	header, err := r.Read()
	if err != nil {
		return nil, csvError(name, err)
	}
	names, err := headerNames(name, r, header)
	if err != nil {
		return nil, err
	}
	rows := csvRows{file: name, names: names, label: -1}
	for _, n := range names {
		rows.ignored = append(rows.ignored, wanted != nil && !slices.Contains(wanted, n))
	}
	switch {
	case label != "":
		rows.label = slices.Index(names, label)
	case wanted == nil && len(names) > 1:
		rows.label = len(names) - 1
	}
	if err := rows.read(r); err != nil {
		return nil, err
	}
	if len(rows.values) == 0 {
		return nil, &Error{File: name, Want: "rows of numbers after the header", Got: "none", Err: ErrTooFewRows}
	}
	return &table{kind: CSV, names: names, x: mat.NewDense(len(rows.values)/len(names), len(names), rows.values), text: rows.text}, nil
}

func newCSVReader(text []byte) *csv.Reader {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	r.FieldsPerRecord = -1 // counted here, to say which line and what was expected
	r.ReuseRecord = true
	r.TrimLeadingSpace = true
	return r
}

// headerNames checks the header: names, not numbers, and no name twice.
func headerNames(file string, r *csv.Reader, header []string) ([]string, error) {
	line, _ := r.FieldPos(0)
	names := make([]string, len(header))
	seen := map[string]int{}
	numbers := 0
	for j, field := range header {
		names[j] = strings.TrimSpace(field)
		if _, err := strconv.ParseFloat(names[j], 64); err == nil {
			numbers++
		}
		if first, ok := seen[names[j]]; ok && numbers < j+1 {
			return nil, &Error{File: file, Line: line, Column: j + 1, Name: names[j], Want: "names that differ",
				Got: fmt.Sprintf("the name of column %d again", first), Err: ErrDuplicateColumn}
		}
		seen[names[j]] = j + 1
	}
	if numbers == len(names) {
		return nil, &Error{File: file, Line: line, Want: "a line of column names", Got: "only numbers", Err: ErrNoHeader}
	}
	return names, nil
}

// csvRows collects the lines after the header.
type csvRows struct {
	file    string
	names   []string // nil when there was no header
	label   int      // column that is text if its first field is, -1: none
	ignored []bool   // columns that are not looked at and count as zeros; nil: none

	width  int // length of a row
	values []float64
	text   []string // of the label column, one per row; nil while it is numbers
}

// read reads the remaining lines.
func (c *csvRows) read(r *csv.Reader) error {
	c.width = len(c.names)
	for {
		record, err := r.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return csvError(c.file, err)
		}
		line, _ := r.FieldPos(0)
		if c.width == 0 {
			c.width = len(record)
		}
		if len(record) != c.width {
			return &Error{File: c.file, Line: line, Want: fmt.Sprintf("%d columns", c.width), Got: fmt.Sprint(len(record)), Err: ErrRagged}
		}
		for j, field := range record {
			v, e := c.field(j, field)
			if e != nil {
				e.File, e.Line, e.Column, e.Got = c.file, line, j+1, quote(field)
				if c.names != nil {
					e.Name = c.names[j]
				}
				return e
			}
			c.values = append(c.values, v)
		}
	}
}

// field reads one field of column j.
func (c *csvRows) field(j int, field string) (float64, *Error) {
	if c.ignored != nil && c.ignored[j] {
		return 0, nil
	}
	v, err := parseNumber(field)
	if j == c.label && (len(c.values) == j || c.text != nil) && (err == ErrNotNumber || c.text != nil) {
		label := strings.TrimSpace(field)
		if label == "" || err == nil {
			return 0, &Error{Want: "a label that is not a number", Err: ErrLabel}
		}
		c.text = append(c.text, label)
		return 0, nil
	}
	if err != nil {
		return 0, &Error{Want: "a finite number", Err: err}
	}
	return v, nil
}

// parseNumber reads a finite decimal number.
func parseNumber(field string) (float64, error) {
	field = strings.TrimSpace(field)
	v, err := strconv.ParseFloat(field, 64)
	switch {
	case errors.Is(err, strconv.ErrRange), err == nil && (math.IsNaN(v) || math.IsInf(v, 0)):
		return 0, ErrNotFinite
	case err != nil, strings.ContainsAny(field, "xXpP_"): // hexadecimal is not what a table means
		return 0, ErrNotNumber
	}
	return v, nil
}

// csvError turns an error of encoding/csv (quotes that do not match) into ours.
func csvError(file string, err error) error {
	var p *csv.ParseError
	if errors.As(err, &p) {
		return &Error{File: file, Line: p.Line, Want: "comma-separated values", Got: p.Err.Error(), Err: ErrFormat}
	}
	return &Error{File: file, Want: "comma-separated values", Got: err.Error(), Err: ErrFormat}
}
