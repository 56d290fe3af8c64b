package certificate

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
)

// A MalformedError says where a certificate stops being readable as one. Line
// and Field count from 1; Field 0 is the line as a whole.
type MalformedError struct {
	Line, Field int
	Reason      string
}

func (e *MalformedError) Error() string {
	if e.Field == 0 {
		return fmt.Sprintf("line %d: %s", e.Line, e.Reason)
	}
	return fmt.Sprintf("line %d field %d: %s", e.Line, e.Field, e.Reason)
}

// maxField is the longest field of the format, a SHA-256 in hex.
const maxField = 64

// A scanner splits lines into fields separated by single spaces. Lines may be
// arbitrarily long; a field may not, so memory is bounded by maxField. The
// first error sticks, and from then on every field is empty.
type scanner struct {
	r     *bufio.Reader
	err   error
	line  int   // current line, from 1
	field int   // fields read on it
	at    int64 // bytes read
	ended bool
	buf   [maxField]byte
	held  []byte // a first field that was read but not consumed
}

func newScanner(r io.Reader) *scanner {
	return &scanner{r: bufio.NewReaderSize(r, 1<<16), ended: true}
}

func (s *scanner) fail(format string, args ...any) {
	if s.err == nil {
		s.err = &MalformedError{s.line, s.field, fmt.Sprintf(format, args...)}
	}
}

func (s *scanner) readByte(what string) byte {
	b, err := s.r.ReadByte()
	s.at++
	switch {
	case err == io.EOF:
		s.fail("the file ends here, expected %s", what)
	case err != nil && s.err == nil:
		s.err = err
	}
	return b
}

// keyword reads the first field of the next line that is not a comment, or the
// one held back.
func (s *scanner) keyword(want string) string {
	if s.held != nil {
		word := string(s.held)
		s.held = nil
		return word
	}
	s.nextLine(want)
	return string(s.next(want))
}

// hold gives keyword's word back, for the next call of keyword.
func (s *scanner) hold(word string) { s.held = []byte(word) }

// nextLine goes to the next line that does not begin with #.
func (s *scanner) nextLine(want string) {
	for s.err == nil {
		s.line, s.field, s.ended = s.line+1, 0, false
		b := s.readByte(want)
		if s.err != nil {
			return
		}
		if b != '#' {
			s.err = s.r.UnreadByte()
			s.at--
			return
		}
		for b != '\n' && s.err == nil {
			b = s.readByte("the end of a comment")
		}
	}
}

// next reads the next field of the line; what names it in errors.
func (s *scanner) next(what string) []byte {
	if s.err != nil {
		return nil
	}
	if s.ended {
		s.field++
		s.fail("the line ends here, expected %s", what)
		return nil
	}
	s.field++
	field := s.buf[:0]
	for {
		b := s.readByte(what)
		if s.err != nil {
			return nil
		}
		if b == ' ' || b == '\n' {
			s.ended = b == '\n'
			break
		}
		if b < '!' || b > '~' {
			s.fail("byte %#02x where %s is expected", b, what)
			return nil
		}
		if len(field) == maxField {
			s.fail("more than %d characters where %s is expected", maxField, what)
			return nil
		}
		field = append(field, b)
	}
	if len(field) == 0 {
		s.fail("an empty field where %s is expected", what)
		return nil
	}
	return field
}

// endLine requires that the current line has no more fields.
func (s *scanner) endLine() {
	if s.err == nil && !s.ended {
		s.field++
		s.fail("expected the end of the line")
	}
}

// endFile requires that nothing but comments follows.
func (s *scanner) endFile() {
	for s.err == nil {
		b, err := s.r.ReadByte()
		if err == io.EOF {
			return
		}
		s.line, s.field = s.line+1, 0
		if err != nil {
			s.err = err
			return
		}
		if b != '#' {
			s.fail("expected nothing after end")
		}
		for b != '\n' && s.err == nil {
			b = s.readByte("the end of a comment")
		}
	}
}

// integer reads a decimal integer in lo..hi.
func (s *scanner) integer(what string, lo, hi int) int {
	field := s.next(what)
	if s.err != nil {
		return lo
	}
	n := 0
	for _, b := range field {
		if b < '0' || b > '9' || len(field) > 10 {
			s.fail("%s: %q, expected an integer in %d..%d", what, field, lo, hi)
			return lo
		}
		n = 10*n + int(b-'0')
	}
	if n < lo || n > hi {
		s.fail("%s: %d, expected an integer in %d..%d", what, n, lo, hi)
		return lo
	}
	return n
}

// number reads a decimal number and returns the float64 nearest to it.
func (s *scanner) number(what string) float64 {
	field := s.next(what)
	if s.err != nil {
		return 0
	}
	for _, b := range field {
		if !('0' <= b && b <= '9' || b == '.' || b == '-' || b == '+' || b == 'e' || b == 'E') {
			s.fail("%s: %q, expected a finite decimal number", what, field)
			return 0
		}
	}
	v, err := strconv.ParseFloat(string(field), 64)
	if err != nil {
		s.fail("%s: %q, expected a finite decimal number", what, field)
		return 0
	}
	return v
}

// word reads sixteen hex digits.
func (s *scanner) word(what string) uint64 {
	field := s.next(what)
	if s.err != nil {
		return 0
	}
	v, ok := parseWord(field)
	if !ok {
		s.fail("%s: %q, expected sixteen lower-case hex digits", what, field)
	}
	return v
}

// parseWord is false for other than sixteen lower-case hex digits.
func parseWord(field []byte) (v uint64, ok bool) {
	if len(field) != 16 {
		return 0, false
	}
	for _, b := range field {
		switch {
		case '0' <= b && b <= '9':
			v = v<<4 | uint64(b-'0')
		case 'a' <= b && b <= 'f':
			v = v<<4 | uint64(b-'a'+10)
		default:
			return 0, false
		}
	}
	return v, true
}

// numbers reads n numbers; memory grows with what is read, not with n.
func (s *scanner) numbers(what string, n int) []float64 {
	v := make([]float64, 0, min(n, readAhead))
	for len(v) < n && s.err == nil {
		v = append(v, s.number(what))
	}
	return v
}

// readAhead is how many items a count alone may make the reader allocate.
const readAhead = 256
