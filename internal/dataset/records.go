package dataset

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"strings"

	"multigrade/internal/schema"
)

// records are the lines of a text table as cells without spaces around them, the
// header among them.
type records struct {
	ctx     context.Context
	file    string
	csv     *csv.Reader
	reading *schema.Reading
	count   int
}

// ctxEvery is how many lines are read between two looks at the context.
const ctxEvery = 1 << 12

func newRecords(ctx context.Context, file string, text []byte, reading *schema.Reading) *records {
	if reading.Separator == " " {
		text = trimmedLines(text)
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord = -1 // counted elsewhere, to say which line and what was expected
	r.ReuseRecord = true
	if reading.Separator != "" {
		r.Comma = rune(reading.Separator[0])
	}
	r.TrimLeadingSpace = r.Comma != '\t' // a tab is a space, too
	if reading.Comments {
		r.Comment = '#'
	}
	return &records{ctx: ctx, file: file, csv: r, reading: reading}
}

// trimmedLines makes blanks of tabs and takes those at the ends of lines away.
func trimmedLines(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for len(text) > 0 {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte("\n"))
		out = append(out, bytes.TrimRight(bytes.ReplaceAll(line, []byte("\t"), []byte(" ")), " \r")...)
		out = append(out, '\n')
	}
	return out
}

// next returns the cells of the next line and its number; the error is io.EOF
// behind the last one. The cells are valid until the next call.
func (r *records) next() (cells []string, line int, err error) {
	if r.count%ctxEvery == 0 {
		if err := r.ctx.Err(); err != nil {
			return nil, 0, err
		}
	}
	record, err := r.csv.Read()
	if r.count == 0 && r.reading.Hint && err == nil {
		r.count++
		record, err = r.csv.Read()
	}
	r.count++
	if err == io.EOF {
		return nil, 0, err
	}
	if err != nil {
		return nil, 0, csvError(r.file, err)
	}
	line, _ = r.csv.FieldPos(0)
	for j, cell := range record {
		record[j] = strings.TrimSpace(cell)
	}
	return record, line, nil
}

// csvError turns an error of encoding/csv (quotes that do not match) into ours.
func csvError(file string, err error) error {
	var p *csv.ParseError
	if errors.As(err, &p) {
		return &Error{File: file, Line: p.Line, Want: "separated values", Got: p.Err.Error(), Err: ErrFormat}
	}
	return &Error{File: file, Want: "separated values", Got: err.Error(), Err: ErrFormat}
}
