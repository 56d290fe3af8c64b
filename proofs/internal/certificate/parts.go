package certificate

import (
	"bufio"
	"fmt"
	"io"
	"slices"
)

// Parts gives, a part at a time, what of a certificate grows with the rows and may be too long for
// memory: nu, and the words of the patterns. The certificate itself then has neither.
type Parts interface {
	// Nu fills dst with nu from row first on.
	Nu(dst []float64, first int) error
	// Words fills dst with the words of a pattern from word first on.
	Words(dst []uint64, pattern, first int) error
}

// held are the parts of a certificate that has them.
type held struct{ c *Certificate }

func (h held) Nu(dst []float64, first int) error {
	copy(dst, h.c.Dual.Nu[first:])
	return nil
}

func (h held) Words(dst []uint64, pattern, first int) error {
	copy(dst, h.c.Patterns[pattern].Words[first:])
	return nil
}

// inFile are the parts of a certificate in the file that it was read from.
type inFile struct {
	file  io.ReaderAt
	nu    int64   // where it begins
	words []int64 // and the words of every pattern

	next   int // row at which numbers begins
	buffer *bufio.Reader
	raw    []byte
}

// wordBytes is how many bytes a word takes, with the space or the end of the line behind it.
const wordBytes = 17

// DecodeParts is Decode of a file with as many rows as there may be: every field is looked at, and
// what grows with the rows is left in the file, where parts finds it again as long as the file stays
// open and as it is. Of parts, Nu wants ascending rows.
func DecodeParts(r io.Reader, file io.ReaderAt) (c *Certificate, parts Parts, err error) {
	p := &inFile{file: file}
	c, err = decodeWith(&decoder{scanner: newScanner(r), c: new(Certificate), each: func(*Certificate, *Pattern) {}, parts: p})
	return c, p, err
}

// DecodeClaims is Decode without what grows with the rows: nu, and the words of the patterns, which
// are only looked at.
func DecodeClaims(r io.Reader) (*Certificate, error) {
	c, _, err := DecodeParts(r, nil)
	return c, err
}

// errMoved says that a file is not what it was.
func errMoved(what string, row int, err error) error {
	return fmt.Errorf("the certificate has changed while it was read: %s, row %d: %w", what, row, err)
}

func (p *inFile) Nu(dst []float64, first int) error {
	if p.buffer == nil || first < p.next {
		const far = 1 << 62
		p.buffer, p.next = bufio.NewReaderSize(io.NewSectionReader(p.file, p.nu, far), 1<<16), 0
	}
	s := &scanner{r: p.buffer}
	for ; p.next < first+len(dst); p.next++ {
		v := s.number("nu")
		if s.err != nil {
			return errMoved("nu", p.next, s.err)
		}
		if k := p.next - first; k >= 0 {
			dst[k] = v
		}
	}
	return nil
}

func (p *inFile) Words(dst []uint64, pattern, first int) error {
	p.raw = slices.Grow(p.raw[:0], wordBytes*len(dst))[:wordBytes*len(dst)]
	if _, err := p.file.ReadAt(p.raw, p.words[pattern]+wordBytes*int64(first)); err != nil {
		return errMoved("pattern", 64*first, err)
	}
	for k := range dst {
		v, ok := parseWord(p.raw[wordBytes*k : wordBytes*k+wordBytes-1])
		if !ok {
			return errMoved("pattern", 64*(first+k), fmt.Errorf("%q", p.raw[wordBytes*k:wordBytes*(k+1)]))
		}
		dst[k] = v
	}
	return nil
}
