package dataset

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/mat"
)

// parseCSV reads a header line and rows of numbers.
func parseCSV(name string, text []byte) (*table, error) {
	r := newCSVReader(text)
	header, err := r.Read()
	if err != nil {
		return nil, csvError(name, err)
	}
	names, err := headerNames(name, r, header)
	if err != nil {
		return nil, err
	}
	values, _, err := csvRows(name, r, names)
	if err != nil {
		return nil, err
	}
	if len(values) == 0 {
		return nil, &Error{File: name, Want: "rows of numbers after the header", Got: "none", Err: ErrTooFewRows}
	}
	return &table{kind: CSV, names: names, x: mat.NewDense(len(values)/len(names), len(names), values)}, nil
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

// csvRows reads the remaining lines and returns the numbers row by row and the
// length of a row; names is nil when there was no header.
func csvRows(file string, r *csv.Reader, names []string) (values []float64, width int, err error) {
	width = len(names)
	for {
		record, err := r.Read()
		if err == io.EOF {
			return values, width, nil
		}
		if err != nil {
			return nil, 0, csvError(file, err)
		}
		line, _ := r.FieldPos(0)
		if width == 0 {
			width = len(record)
		}
		if len(record) != width {
			return nil, 0, &Error{File: file, Line: line, Want: fmt.Sprintf("%d columns", width), Got: fmt.Sprint(len(record)), Err: ErrRagged}
		}
		for j, field := range record {
			v, err := parseNumber(field)
			if err != nil {
				e := &Error{File: file, Line: line, Column: j + 1, Want: "a finite number", Got: quote(field), Err: err}
				if names != nil {
					e.Name = names[j]
				}
				return nil, 0, e
			}
			values = append(values, v)
		}
	}
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
