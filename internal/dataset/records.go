package dataset

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"multigrade/internal/schema"
)

// records are the lines of a text table as cells without spaces around them, the
// header among them.
type records struct {
	ctx     context.Context
	file    string
	text    []byte
	input   []byte // what csv reads
	csv     *csv.Reader
	reading *schema.Reading
	count   int
	last    []byte // the last row as it stands in input
	wide    bool   // a row may have several cells, and then lines of blanks are none
}

// ctxEvery is how many lines are read between two looks at the context.
const ctxEvery = 1 << 12

func newRecords(ctx context.Context, file string, text []byte, reading *schema.Reading) *records {
	input := text
	if reading.Separator == " " {
		input = trimmedLines(text)
	}
	r := csv.NewReader(bytes.NewReader(input))
	r.FieldsPerRecord = -1 // counted elsewhere, to say which line and what was expected
	r.ReuseRecord = true
	if reading.Separator != "" {
		r.Comma = rune(reading.Separator[0])
	}
	r.TrimLeadingSpace = r.Comma != '\t' // a tab is a space, too
	if reading.Comments {
		r.Comment = '#'
	}
	return &records{ctx: ctx, file: file, text: text, input: input, csv: r, reading: reading, wide: true}
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
	record, err := r.read()
	if r.count == 0 && r.reading.Hint && err == nil {
		r.count++
		record, err = r.read()
	}
	r.count++
	if err == io.EOF {
		return nil, 0, err
	}
	if err != nil {
		return nil, 0, r.csvError(err)
	}
	line, _ = r.csv.FieldPos(0)
	for j, cell := range record {
		record[j] = strings.TrimSpace(cell)
	}
	return record, line, nil
}

// beginsQuoted reports whether what was read last begins with a quote, behind blanks and comments.
func (r *records) beginsQuoted() bool {
	for raw := r.last; ; {
		raw = bytes.TrimLeft(raw, " \t\r\n")
		if !r.reading.Comments || len(raw) == 0 || raw[0] != '#' {
			return len(raw) > 0 && raw[0] == '"'
		}
		_, raw, _ = bytes.Cut(raw, []byte("\n"))
	}
}

// read returns the next record that is no line of blanks.
func (r *records) read() ([]string, error) {
	for {
		at := r.csv.InputOffset()
		record, err := r.csv.Read()
		raw := r.input[at:r.csv.InputOffset()]
		if err != nil || !r.wide || len(record) > 1 || strings.TrimSpace(record[0]) != "" || bytes.IndexByte(raw, '"') >= 0 {
			r.last = raw
			return record, err
		}
	}
}

// csvError turns an error of encoding/csv (quotes that do not match) into ours, at the line
// and column where the quote is opened.
func (r *records) csvError(err error) error {
	var p *csv.ParseError
	if !errors.As(err, &p) {
		return &Error{File: r.file, Want: "separated values", Got: err.Error(), Err: ErrFormat}
	}
	e := &Error{File: r.file, Line: p.StartLine, Want: "separated values", Got: p.Err.Error(), Err: ErrFormat}
	switch {
	case errors.Is(p.Err, csv.ErrBareQuote):
		e.Line, e.Column = p.Line, r.cellAt(p.Line, p.Column)
		e.Want, e.Got = "separated values with quotes around a whole cell (one in it is written twice)", "a quote within a cell"
	case errors.Is(p.Err, csv.ErrQuote) && p.Line > p.StartLine:
		e.Column = r.openQuote(p.StartLine)
		e.Want, e.Got = "a quote that is closed at the end of its cell", fmt.Sprintf("one that is not up to line %d", p.Line)
	case errors.Is(p.Err, csv.ErrQuote):
		e.Column = r.openQuote(p.StartLine)
		e.Want, e.Got = "a quote that is closed at the end of its cell", "one that is closed within it or not at all"
	}
	return e
}

// cellAt is the number of the cell, from 1, in which a byte of a line stands, from 1; 0 where there may be
// separators in quotes before it.
func (r *records) cellAt(line, at int) int {
	text := r.input
	for range line - 1 {
		_, text, _ = bytes.Cut(text, []byte("\n"))
	}
	text, _, _ = bytes.Cut(text, []byte("\n"))
	before := text[:min(at-1, len(text))]
	if bytes.IndexByte(before, '"') >= 0 {
		return 0
	}
	return 1 + bytes.Count(before, []byte(string(r.csv.Comma)))
}

// openQuote is the number of the cell, from 1, whose quote is not closed at its end within that line;
// 0 if there is none.
func (r *records) openQuote(line int) int {
	text := r.text
	for range line - 1 {
		_, text, _ = bytes.Cut(text, []byte("\n"))
	}
	text, _, _ = bytes.Cut(text, []byte("\n"))
	separator := []byte(string(r.csv.Comma))
	for cell := 1; ; cell++ {
		if r.csv.TrimLeadingSpace {
			text = bytes.TrimLeft(text, " \t")
		}
		if rest, quoted := bytes.CutPrefix(text, []byte(`"`)); quoted {
			for {
				at := bytes.IndexByte(rest, '"')
				if at < 0 {
					return cell
				}
				if rest = rest[at+1:]; !bytes.HasPrefix(rest, []byte(`"`)) {
					break
				}
				rest = rest[1:]
			}
			if rest = bytes.TrimRight(rest, "\r"); len(rest) > 0 && !bytes.HasPrefix(rest, separator) {
				return cell
			}
			text = rest
		}
		var more bool
		if _, text, more = bytes.Cut(text, separator); !more {
			return 0
		}
	}
}
