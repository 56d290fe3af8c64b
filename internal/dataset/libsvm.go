package dataset

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/james-bowman/sparse"

	"multigrade/internal/schema"
)

// maxIndex bounds the feature indices, as the readers of this format do.
const maxIndex = 1<<31 - 1

// libsvmLabel is the name of the target.
const libsvmLabel = "label"

// looksLikeLibsvm reports whether the first line with more than a label has the
// form "label token:token ...", where only the label may have commas.
func looksLikeLibsvm(text []byte) bool {
	text = onlyLineFeeds(bytes.TrimPrefix(text, utf8Mark))
	for len(text) > 0 {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte("\n"))
		line, _, _ = bytes.Cut(line, []byte("#"))
		fields := bytes.Fields(line)
		switch {
		case len(fields) == 0, len(fields) == 1 && bytes.IndexByte(line, ',') < 0:
			continue
		case len(fields) == 1:
			return false
		}
		before, after, ok := bytes.Cut(fields[1], []byte(":"))
		return ok && isPairKey(before, after) && bytes.IndexByte(after, ',') < 0 && numeric(fields[0])
	}
	return false
}

// isPairKey reports whether a word before a colon is an index, or something like qid before a number.
func isPairKey(before, after []byte) bool {
	return len(before) > 0 && bytes.IndexByte(before, ',') < 0 && (isNumber(before) || len(after) == 0 || isNumber(after))
}

func isNumber(s []byte) bool { _, err := strconv.ParseFloat(string(s), 64); return err == nil }

// numeric reports whether a label is one number or several, or a word.
func numeric(label []byte) bool {
	if bytes.IndexByte(label, ',') < 0 {
		return true
	}
	return !slices.ContainsFunc(bytes.Split(label, []byte(",")), func(s []byte) bool { return len(s) > 0 && !isNumber(s) })
}

// libsvmRows collects the rows of a libsvm file in compressed form.
type libsvmRows struct {
	file   string
	limits Limits
	labels []float64
	indptr []int
	ind    []int // as in the file, from 1
	data   []float64
}

// sparseIndices is how many times as large as the number of indices that occur the
// largest may be for all up to it to be features, as other readers have it. Beyond,
// features that are 0 in all rows would take memory and time and come to nothing.
const sparseIndices = 2

// parseLibsvm reads "label index:value ..." lines; '#' starts a comment. The
// features are called f1, f2, ... up to the largest index with a number other than 0, or,
// where that is more than sparseIndices times their number, those that occur.
func parseLibsvm(ctx context.Context, name string, text []byte, l Limits) (*Data, error) {
	rows := libsvmRows{file: name, limits: l, indptr: []int{0}}
	text = onlyLineFeeds(bytes.TrimPrefix(text, utf8Mark))
	for number := 1; len(text) > 0; number++ {
		if number%ctxEvery == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		var line []byte
		line, text, _ = bytes.Cut(text, []byte("\n"))
		line, _, _ = bytes.Cut(line, []byte("#"))
		if err := rows.add(number, string(line)); err != nil {
			return nil, err
		}
	}
	occupied := slices.Compact(slices.Sorted(slices.Values(rows.ind)))
	if len(occupied) == 0 {
		return nil, &Error{File: name, Want: "a feature somewhere", Got: "labels and zeros only", Err: ErrTooFewColumns}
	}
	if most := occupied[len(occupied)-1]; most <= sparseIndices*len(occupied) {
		occupied = make([]int, most)
		for k := range occupied {
			occupied[k] = k + 1
		}
	}
	if err := l.columns(name, 0, len(occupied)); err != nil {
		return nil, err
	}
	d := &Data{Kind: Libsvm, Target: []string{libsvmLabel}, Y: [][]float64{rows.labels}}
	at := make(map[int]int, len(occupied))
	for k, index := range occupied {
		at[index] = k
		d.Columns = append(d.Columns, fmt.Sprintf("f%d", index))
	}
	for k, index := range rows.ind {
		rows.ind[k] = at[index]
	}
	d.X = sparse.NewCSR(len(rows.labels), len(occupied), rows.indptr, rows.ind, rows.data)
	return d, nil
}

// add parses one line; an empty one is skipped.
func (r *libsvmRows) add(number int, line string) error {
	fields := strings.Fields(line)
	if len(fields) == 0 {
		return nil
	}
	label, err := schema.PlainNumber(fields[0])
	if err != nil {
		e := &Error{File: r.file, Line: number, Column: 1, Name: libsvmLabel, Want: "a finite number", Got: quote(fields[0]), Err: err}
		if strings.Contains(fields[0], ",") {
			e.Want, e.Got = "one label in every row", "several, "+quote(fields[0])
		}
		return e
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
			r.ind, r.data = append(r.ind, index), append(r.data, value)
		}
	}
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
	switch {
	case left == "qid":
		return 0, 0, &Error{Want: "index:value (groups of rows have no meaning here, take qid out)", Got: quote(field), Err: ErrFormat}
	case err == nil && index == 0:
		return 0, 0, &Error{Want: "indices that count from 1 (this file seems to count from 0)", Got: quote(field), Err: ErrIndex}
	case err != nil || index < 1 || index > maxIndex:
		return 0, 0, &Error{Want: fmt.Sprintf("a whole index from 1 to %d", maxIndex), Got: quote(left), Err: ErrIndex}
	}
	value, err := schema.PlainNumber(right)
	if err != nil {
		return 0, 0, &Error{Want: "a finite number after the colon", Got: quote(right), Err: err}
	}
	return index, value, nil
}

// likeIndices gives a sparse matrix the features called columns, f1, f2, ...: others
// were 0 in the training and play no part, but none may have an index beyond.
func (d *Data) likeIndices(name string, x *sparse.CSR, columns []string) error {
	at := make(map[string]int, len(columns))
	for k, c := range columns {
		at[c] = k
	}
	index := func(c string) int { v, _ := strconv.Atoi(c[1:]); return v }
	if last, most := d.Columns[len(d.Columns)-1], columns[len(columns)-1]; index(last) > index(most) {
		return &Error{File: name, Want: fmt.Sprintf("indices up to %d", index(most)), Got: last[1:], Err: ErrIndex}
	}
	n, _ := x.Dims()
	r := x.RawMatrix()
	indptr := []int{0}
	var ind []int
	var data []float64
	for i := range n {
		for k := r.Indptr[i]; k < r.Indptr[i+1]; k++ {
			if j, ok := at[d.Columns[r.Ind[k]]]; ok {
				ind, data = append(ind, j), append(data, r.Data[k])
			}
		}
		indptr = append(indptr, len(ind))
	}
	d.X, d.Columns = sparse.NewCSR(n, len(columns), indptr, ind, data), columns
	return nil
}
