package dataset

import (
	"context"
	"fmt"
	"io"
	"slices"

	"multigrade/internal/parallel"
	"multigrade/internal/schema"
)

// sheet is a text table that was looked through once: the names of its columns
// and what the cells of each have in common.
type sheet struct {
	file    string
	text    []byte
	reading schema.Reading // but for the forms
	line    int            // of the header, 0 without one
	names   []string
	columns []*column
	rows    int
	wide    bool // rows have several cells
	quoted  bool // the first row begins with a quote
	index   bool // the column before the first one has the empty name of an index
}

// scan finds out how the text is to be read and looks at every cell.
func scan(ctx context.Context, file string, raw []byte, o *Options) (*sheet, error) {
	s := &sheet{file: file}
	charset, err := canonicalCharset(o.Charset)
	if err != nil {
		return nil, err
	}
	if s.text, s.reading.Charset, err = decodeText(file, raw, charset); err != nil {
		return nil, err
	}
	s.reading.Comments = hasComments(s.text)
	separator, hint := findSeparator(s.text, o.Separator, s.reading.Comments)
	if s.reading.Hint = hint; separator != "," {
		s.reading.Separator = separator
	}
	s.reading.Comments = s.reading.Comments || commentsWithin(s.text, separator)
	s.reading.NoHeader = o.NoHeader
	r := newRecords(ctx, file, s.text, &s.reading)
	var header []string
	if !o.NoHeader {
		cells, line, err := r.next()
		if err == io.EOF {
			return nil, &Error{File: file, Want: "a table of numbers", Got: "nothing", Err: ErrEmpty}
		}
		if err != nil {
			return nil, err
		}
		header, s.line = slices.Clone(cells), line
		r.wide = len(header) > 1
		if err := o.Limits.columns(file, line, len(header)); err != nil {
			return nil, err
		}
	}
	if err := s.look(r, header, o); err != nil {
		return nil, err
	}
	if s.rows == 0 {
		return nil, &Error{File: file, Want: "rows of numbers after the header", Got: "none", Err: ErrTooFewRows}
	}
	return s, s.nameColumns(header, o)
}

// look reads the rows. The first one says how many cells a row has: as many as the
// header, or one more, or one fewer than a header that ends with an empty cell.
func (s *sheet) look(r *records, header []string, o *Options) error {
	isMissing := func(text string) bool { return slices.Contains(missingSigns, text) || slices.Contains(o.Signs, text) }
	offset := 0 // of the cells from those of the header
	var rows rowsSeen
	for {
		cells, line, err := r.next()
		if err == io.EOF {
			rows.tell(s.columns, header, offset, isMissing)
			return nil
		}
		if err != nil {
			return err
		}
		if s.columns == nil {
			if err := o.Limits.columns(s.file, line, len(cells)); err != nil {
				return err
			}
			width := len(cells)
			switch {
			case header == nil || width == len(header):
			case width == len(header)+1:
				if cells[width-1] != "" {
					offset = 1
				}
			case width == len(header)-1 && header[width] == "":
			case len(header) == 1:
				return &Error{File: s.file, Line: s.line, Want: fmt.Sprintf("as many column names as line %d has cells, %d (of comments every line begins with #)", line, width), Got: "one, " + quote(header[0]), Err: ErrRagged}
			default:
				return &Error{File: s.file, Line: line, Want: fmt.Sprintf("%d columns", len(header)), Got: fmt.Sprint(width), Err: ErrRagged}
			}
			s.wide, r.wide, s.quoted = width > 1, width > 1, r.beginsQuoted()
			for range width {
				s.columns = append(s.columns, newColumn())
			}
		}
		if len(cells) != len(s.columns) {
			return &Error{File: s.file, Line: line, Want: fmt.Sprintf("%d columns", len(s.columns)), Got: fmt.Sprint(len(cells)), Err: ErrRagged}
		}
		rows.cells, rows.lines = append(rows.cells, cells...), append(rows.lines, line)
		if len(rows.cells) >= cellsSeen {
			rows.tell(s.columns, header, offset, isMissing)
		}
		s.rows++
	}
}

// rowsSeen are some rows that were read, which the columns do not know yet, about cellsSeen cells.
type rowsSeen struct {
	cells []string // row by row
	lines []int
}

const cellsSeen = 1 << 14

// tell tells every column of its cells, several columns at a time, and forgets them.
func (r *rowsSeen) tell(columns []*column, header []string, offset int, isMissing func(string) bool) {
	parallel.Chunks(len(columns), 1, func(j, _ int) {
		c := columns[j]
		for i, line := range r.lines {
			text := r.cells[i*len(columns)+j]
			c.see(text, line, isMissing)
			if h := j - offset; c.recurs == 0 && h >= 0 && h < len(header) && header[h] == text {
				c.recurs = line
			}
		}
	})
	r.cells, r.lines = r.cells[:0], r.lines[:0]
}

// nameColumns gives the columns their names and leaves out those that are none:
// row names, and what is behind the last separator.
func (s *sheet) nameColumns(header []string, o *Options) error {
	width := len(s.columns)
	last := s.columns[width-1]
	empty := width > 1 && last.values() == 0 && last.first.text == "" && last.missing == last.rows
	switch {
	case header == nil:
		if empty {
			s.reading.Trailing = true
			s.columns = s.columns[:width-1]
		}
		s.names = unnamed(len(s.columns), o.features)
		return nil
	case width == len(header)+1 && empty, width == len(header) && empty && header[width-1] == "":
		s.reading.Trailing = true
		s.columns = s.columns[:width-1]
		header = header[:min(len(header), width-1)]
	case width == len(header)+1:
		c := s.columns[0]
		if s.reading.Separator == "" && !s.quoted { // what is more may be half a number with a comma
			return &Error{File: s.file, Line: c.first.line, Want: fmt.Sprintf("%d columns, as there are names (a row's name before them stands in quotes, and so does a number with a comma in it)", len(header)), Got: fmt.Sprint(width), Err: ErrRagged}
		}
		if !c.manyLevel && c.distinct() < c.rows {
			return &Error{File: s.file, Line: s.line, Want: fmt.Sprintf("%d column names, or rows whose first cells, their names, differ", width), Got: fmt.Sprintf("%d names, and %d different first cells in %d rows", len(header), c.distinct(), c.rows), Err: ErrRagged}
		}
		s.reading.RowNames = true
		s.columns = s.columns[1:]
	case width == len(header)-1:
		s.reading.Trailing = true
		header = header[:width]
	}
	if header[0] == "" && !s.reading.RowNames && len(header) > 1 && s.columns[0].isIndex() {
		s.reading.RowNames, s.index = true, true
		s.columns, header = s.columns[1:], header[1:]
	}
	s.names = header
	return s.checkHeader(o)
}

// isIndex reports whether the column only numbers or names the rows.
func (c *column) isIndex() bool {
	return c.counting && (c.start == 0 || c.start == 1) || c.texts == c.rows && c.distinct() == min(c.rows, maxLevels+1)
}

// unnamed are the names of columns without any: x1, x2, ..., y; without the y where
// there are just as many as features wanted.
func unnamed(width, features int) []string {
	names := make([]string, width)
	for j := range names {
		names[j] = fmt.Sprintf("x%d", j+1)
	}
	if width != features {
		names[width-1] = "y"
	}
	return names
}
