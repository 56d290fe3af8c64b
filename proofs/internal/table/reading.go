package table

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Reading says how the bytes of a text file become cells and the cells numbers, as
// FORMAT.md describes it; the zero value is a header and plain numbers between
// commas.
type Reading struct {
	Charset   string   `json:"charset"`
	Separator string   `json:"separator"`
	Hint      bool     `json:"hint"`
	Comments  bool     `json:"comments"`
	NoHeader  bool     `json:"no_header"`
	RowNames  bool     `json:"row_names"`
	Trailing  bool     `json:"trailing"`
	Missing   []string `json:"missing"`
	Drop      bool     `json:"drop"`
	Forms     []Form   `json:"forms"`
}

// Form is how the numbers of a column are written.
type Form struct {
	Column  string `json:"column"`
	Group   string `json:"group"`
	Decimal string `json:"decimal"`
	Affix   string `json:"affix"`
	Date    string `json:"date"`
}

func (r *Reading) form(column string) (f Form) {
	for _, g := range r.Forms {
		if g.Column == column {
			f = g
		}
	}
	return f
}

func (r *Reading) missing(cell string) bool {
	for _, sign := range r.Missing {
		if sign == cell {
			return true
		}
	}
	return false
}

// characters decodes the file and ends every line with a line feed alone.
func (r *Reading) characters(raw []byte) (string, error) {
	var b strings.Builder
	switch r.Charset {
	case "", "utf-8":
		if !utf8.Valid(raw) {
			return "", errors.New("expected UTF-8")
		}
		b.Write(raw)
	case "utf-16le", "utf-16be":
		if len(raw)%2 == 1 {
			return "", errors.New("half a UTF-16 unit at the end")
		}
		units := make([]uint16, 0, len(raw)/2)
		for k := 0; k < len(raw); k += 2 {
			low, high := raw[k], raw[k+1]
			if r.Charset == "utf-16be" {
				low, high = high, low
			}
			units = append(units, uint16(high)<<8|uint16(low))
		}
		b.WriteString(string(utf16.Decode(units)))
	case "windows-1252", "iso-8859-1":
		for _, c := range raw {
			character, ok := special1252[c]
			if !ok || r.Charset != "windows-1252" {
				character = rune(c)
			}
			b.WriteRune(character)
		}
	default:
		return "", fmt.Errorf("charset %q", r.Charset)
	}
	text := strings.TrimPrefix(b.String(), "\ufeff")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	if !strings.Contains(text, "\n") {
		text = strings.ReplaceAll(text, "\r", "\n")
	}
	return text, nil
}

// special1252 are the bytes that windows-1252 has otherwise than ISO 8859-1.
var special1252 = map[byte]rune{0x80: '€', 0x82: '‚', 0x83: 'ƒ', 0x84: '„', 0x85: '…', 0x86: '†', 0x87: '‡', 0x88: 'ˆ', 0x89: '‰', 0x8a: 'Š', 0x8b: '‹', 0x8c: 'Œ',
	0x8e: 'Ž', 0x91: '‘', 0x92: '’', 0x93: '“', 0x94: '”', 0x95: '•', 0x96: '–', 0x97: '—', 0x98: '˜', 0x99: '™', 0x9a: 'š', 0x9b: '›', 0x9c: 'œ', 0x9e: 'ž', 0x9f: 'Ÿ'}

// A scanner splits a text into rows of cells.
type scanner struct {
	rest      string
	separator byte
	comments  bool
	wide      bool // rows have several cells: lines of blanks are none
	line      int  // of the row returned last
	ahead     int  // line the rest begins in, less 1
}

func (r *Reading) scanner(text string) (*scanner, error) {
	s := &scanner{rest: text, separator: ',', comments: r.Comments, wide: true}
	switch r.Separator {
	case "":
	case ",", ";", "\t", "|", " ":
		s.separator = r.Separator[0]
	default:
		return nil, fmt.Errorf("separator %q", r.Separator)
	}
	if r.Hint {
		if _, err := s.row(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// row returns the cells of the next row that is not empty, nil behind the last one.
func (s *scanner) row() ([]string, error) {
	for s.rest != "" {
		line, rest, _ := strings.Cut(s.rest, "\n")
		bare := line
		if s.separator == ' ' {
			bare = strings.Trim(line, " \t\r")
		}
		blank := s.wide && strings.TrimSpace(line) == "" && strings.IndexByte(line, s.separator) < 0
		if bare != "" && !blank && !(s.comments && line[0] == '#') {
			break
		}
		s.rest = rest
		s.ahead++
	}
	if s.rest == "" {
		return nil, nil
	}
	s.line = s.ahead + 1
	var cells []string
	for {
		cell, more, err := s.cell()
		if err != nil {
			return nil, fmt.Errorf("line %d column %d: %w", s.line, len(cells)+1, err)
		}
		cells = append(cells, strings.TrimSpace(cell))
		if !more {
			break
		}
	}
	if s.separator == ' ' && len(cells) > 1 && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1] // blanks at the end of the line
	}
	s.ahead++
	return cells, nil
}

// cell returns the next cell of the row and whether another one follows.
func (s *scanner) cell() (cell string, more bool, err error) {
	blanks := " \t\v\f\r\u0085\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\u1680"
	if s.separator != '\t' {
		s.rest = strings.TrimLeft(s.rest, blanks)
	}
	ends := string(s.separator) + "\n"
	if s.separator == ' ' {
		ends += "\t"
	}
	quoted := strings.HasPrefix(s.rest, `"`)
	if !quoted {
		at := strings.IndexAny(s.rest, ends)
		if at < 0 {
			at = len(s.rest)
		}
		if cell = s.rest[:at]; strings.Contains(cell, `"`) {
			return "", false, errors.New("a quotation mark inside a cell")
		}
		s.rest = s.rest[at:]
	} else {
		var b strings.Builder
		s.rest = s.rest[1:]
		for {
			at := strings.IndexByte(s.rest, '"')
			if at < 0 {
				return "", false, errors.New("a quotation without an end")
			}
			b.WriteString(s.rest[:at])
			s.ahead += strings.Count(s.rest[:at], "\n")
			if s.rest = s.rest[at+1:]; !strings.HasPrefix(s.rest, `"`) {
				break
			}
			b.WriteByte('"')
			s.rest = s.rest[1:]
		}
		if cell = b.String(); s.rest != "" && !strings.ContainsAny(s.rest[:1], ends+"\r") {
			return "", false, errors.New("something behind a quotation")
		}
		s.rest = strings.TrimPrefix(s.rest, "\r")
	}
	if s.rest == "" {
		return cell, false, nil
	}
	more = s.rest[0] != '\n'
	s.rest = s.rest[1:]
	if more && s.rest == "" && s.separator != ' ' {
		return cell, true, nil
	}
	return cell, more, nil
}
