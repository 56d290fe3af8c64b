package hyperplane

import (
	"fmt"
	"iter"
	"math/bits"
	"strings"
)

// Pattern is the activation pattern of a gate g over the n rows of X: bit i is 1 when x_i·g > 0 and 0 when
// x_i·g <= 0 (so a row on the hyperplane, and a zero row, is inactive). A Pattern is immutable and cheap to copy.
//
// The bits are packed little-endian: row i is bit i%64 of word i/64, spare bits of the last word are zero.
// The zero value is the pattern of no rows.
type Pattern struct {
	n     int
	words []uint64
}

// NewPattern returns the pattern of n rows held in words, which it keeps; the caller must not change them afterwards.
// It panics if the number of words is not ⌈n/64⌉ or a spare bit is set.
func NewPattern(n int, words []uint64) Pattern {
	if n < 0 || len(words) != wordsFor(n) {
		panic(fmt.Sprintf("hyperplane: a pattern of %d rows takes %d words, got %d", n, wordsFor(n), len(words)))
	}
	if r := n % 64; r != 0 && words[len(words)-1]>>r != 0 {
		panic(fmt.Sprintf("hyperplane: pattern of %d rows has a spare bit set", n))
	}
	return Pattern{n: n, words: words}
}

func wordsFor(n int) int { return (n + 63) / 64 }

// Len returns the number of rows.
func (p Pattern) Len() int { return p.n }

// Active reports whether x_i·g > 0. It panics if i is out of range.
func (p Pattern) Active(i int) bool {
	if uint(i) >= uint(p.n) {
		panic(fmt.Sprintf("hyperplane: row %d of a pattern of %d rows", i, p.n))
	}
	return p.words[i/64]>>(i%64)&1 != 0
}

// Sign returns s_i: +1 for an active row, -1 for an inactive one.
func (p Pattern) Sign(i int) float64 {
	if p.Active(i) {
		return 1
	}
	return -1
}

// Count returns the number of active rows.
func (p Pattern) Count() int {
	c := 0
	for _, w := range p.words {
		c += bits.OnesCount64(w)
	}
	return c
}

// Among returns the pattern over the given rows, in their order: bit k is that of rows[k]. It panics if one is out of
// range.
func (p Pattern) Among(rows []int) Pattern {
	words := make([]uint64, wordsFor(len(rows)))
	for k, i := range rows {
		if p.Active(i) {
			words[k/64] |= 1 << (k % 64)
		}
	}
	return Pattern{n: len(rows), words: words}
}

// Distance returns the number of rows that are active in one of p and q, of the same length, but not in the other.
func (p Pattern) Distance(q Pattern) int {
	c := 0
	for k, w := range p.words {
		c += bits.OnesCount64(w ^ q.words[k])
	}
	return c
}

// Differences lists the rows that Distance counts, ascending.
func (p Pattern) Differences(q Pattern) []int {
	rows := make([]int, 0, p.Distance(q))
	for k, w := range p.words {
		for x := w ^ q.words[k]; x != 0; x &= x - 1 {
			rows = append(rows, 64*k+bits.TrailingZeros64(x))
		}
	}
	return rows
}

// Words returns the packed bits, which the caller must not change.
func (p Pattern) Words() []uint64 { return p.words }

// Against are the rows at which a vector, positive on the rows above and negative on those below, is
// strictly on the other side than the cell of p: it lies in the closed cell if there are none.
func (p Pattern) Against(above, below Pattern) iter.Seq[int] {
	return func(yield func(i int) bool) {
		for at, word := range p.words {
			for wrong := above.words[at]&^word | below.words[at]&word; wrong != 0; wrong &= wrong - 1 {
				if !yield(64*at + bits.TrailingZeros64(wrong)) {
					return
				}
			}
		}
	}
}

// IsZero reports whether no row is active.
func (p Pattern) IsZero() bool {
	for _, w := range p.words {
		if w != 0 {
			return false
		}
	}
	return true
}

// Equal reports whether p and q have the same rows active.
func (p Pattern) Equal(q Pattern) bool {
	if p.n != q.n {
		return false
	}
	for k, w := range p.words {
		if w != q.words[k] {
			return false
		}
	}
	return true
}

// Compare orders patterns by length, then as binary numbers with row 0 the least significant bit.
func (p Pattern) Compare(q Pattern) int {
	if p.n != q.n {
		if p.n < q.n {
			return -1
		}
		return 1
	}
	for k := len(p.words) - 1; k >= 0; k-- {
		if a, b := p.words[k], q.words[k]; a != b {
			if a < b {
				return -1
			}
			return 1
		}
	}
	return 0
}

// Hash returns a 64-bit hash that is the same in every run and on every machine.
func (p Pattern) Hash() uint64 {
	h := uint64(p.n)*0x9e3779b97f4a7c15 + 0x2545f4914f6cdd1d
	for _, w := range p.words {
		hi, lo := bits.Mul64(h^w, 0x9fb21c651e98df25)
		h = hi ^ lo ^ bits.RotateLeft64(h, 29)
	}
	h ^= h >> 32
	h *= 0xd6e8feb86659fd93
	return h ^ h>>32
}

// String writes row 0 first: "0110".
func (p Pattern) String() string {
	var b strings.Builder
	for i := range p.n {
		b.WriteByte('0' + byte(p.words[i/64]>>(i%64)&1))
	}
	return b.String()
}

// patternSet is a set of patterns of one length in the order of first insertion. Patterns with equal hashes are chained.
type patternSet struct {
	head map[uint64]int32
	next []int32
	list []Pattern
}

func newPatternSet(size int) *patternSet {
	return &patternSet{head: make(map[uint64]int32, size)}
}

// find returns the position of p, or -1.
func (s *patternSet) find(p Pattern) int {
	k, ok := s.head[p.Hash()]
	for ; ok && k >= 0; k = s.next[k] {
		if s.list[k].Equal(p) {
			return int(k)
		}
	}
	return -1
}

// add inserts p and reports whether it was new.
func (s *patternSet) add(p Pattern) bool {
	h := p.Hash()
	first, ok := s.head[h]
	if !ok {
		first = -1
	}
	for k := first; k >= 0; k = s.next[k] {
		if s.list[k].Equal(p) {
			return false
		}
	}
	s.head[h] = int32(len(s.list))
	s.next = append(s.next, first)
	s.list = append(s.list, p)
	return true
}
