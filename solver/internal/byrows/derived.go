package byrows

import (
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/floats"

	"multigrade/internal/dense"
	"multigrade/solver/internal/operator"
)

// derivation is how the columns of a pattern follow from those of another one, whose signs differ at few rows.
type derivation struct {
	pattern, from int
	rows          []int // where the signs differ
}

const (
	// derivedShare of the rows are few: columns that follow cost a row for each of them where a pass costs all.
	derivedShare = 1.0 / 8
	// derivedRows at a time.
	derivedRows = 512
)

// near is the derivation of a pattern from the one that differs least from it, of the given ones and those derived; without rows where
// that is too much, or the search is one that does not derive.
func (s *Search) near(pattern int, patterns []int, derived []derivation) derivation {
	v := derivation{pattern: pattern, from: -1}
	if !s.derives {
		return v
	}
	p, least := s.p.Patterns[pattern], int(derivedShare*float64(s.n))
	look := func(q int) {
		if rows := p.Distance(s.p.Patterns[q]); rows < least {
			v.from, least = q, rows
		}
	}
	for _, q := range patterns {
		look(q)
	}
	for _, d := range derived {
		look(d.pattern)
	}
	if v.from >= 0 {
		v.rows = p.Differences(s.p.Patterns[v.from])
	}
	return v
}

// derive appends the columns of patterns to H, each those of another one with what the rows say at which the signs differ:
// X'A_p F = X'A_q F + X'(A_p - A_q) F.
func (s *Search) derive(derived []derivation) {
	if len(derived) == 0 {
		return
	}
	g, d := &s.gram, s.d
	known := g.h.Rows - 1
	k := known + len(derived)*d + 1
	h := operator.NewGeneral(k, k)
	for i := range known + 1 { // the column of ones stays the last
		to := operator.RowOf(h, i)
		if i == known {
			to = operator.RowOf(h, k-1)
		}
		copy(to, operator.RowOf(g.h, i)[:known])
		to[k-1] = operator.RowOf(g.h, i)[known]
	}
	g.h = h
	g.patterns = slices.Clone(g.patterns)
	for _, v := range derived {
		s.deriveOne(v)
	}
}

// deriveOne appends the columns of one pattern, for which there is room.
func (s *Search) deriveOne(v derivation) {
	g, d := &s.gram, s.d
	g.patterns = append(g.patterns, v.pattern)
	at, from := len(g.patterns)-1, slices.Index(g.patterns, v.from)
	columns, last := len(g.patterns)*d, g.h.Rows-1
	sums := operator.NewGeneral(d, columns+1) // X'(A_p - A_q) F
	for lo := 0; lo < len(v.rows); lo += derivedRows {
		some := v.rows[lo:min(lo+derivedRows, len(v.rows))]
		change, f := operator.NewGeneral(len(some), d), operator.NewGeneral(len(some), columns+1)
		operator.Parallel(len(some), func(k int) { s.rowsOf(operator.RowOf(change, k), operator.RowOf(f, k), v, some[k]) })
		dense.Gemm(blas.Trans, blas.NoTrans, 1, change, f, 1, sums)
	}
	s.o.Account.Book(2 * float64(len(v.rows)*d*columns))
	for c := range d {
		to, base, sum := operator.RowOf(g.h, at*d+c), operator.RowOf(g.h, from*d+c), operator.RowOf(sums, c)
		for j := range at * d {
			to[j] = base[j] + sum[j]
			g.h.Data[j*g.h.Stride+at*d+c] = to[j]
		}
		to[last] = base[last] + sum[columns]
		g.h.Data[last*g.h.Stride+at*d+c] = to[last]
	}
	// Of the pattern with itself: X'A_p A_p X = X'A_q A_p X + X'(A_p - A_q) A_p X, the first of them from above.
	for c := range d {
		to, sum := operator.RowOf(g.h, at*d+c), operator.RowOf(sums, c)
		for j := range c + 1 {
			to[at*d+j] = g.h.Data[(at*d+j)*g.h.Stride+from*d+c] + sum[at*d+j]
			g.h.Data[(at*d+j)*g.h.Stride+at*d+c] = to[at*d+j]
		}
	}
}

// rowsOf sets change and f to row i of (A_p - A_q) X and of F, that of ones behind the patterns.
func (s *Search) rowsOf(change, f []float64, v derivation, i int) {
	target := make([]float64, 1)
	if err := s.p.Rows.Read(change, target, nil, i); err != nil {
		panic(err) // where patterns are at hand, rows are in memory
	}
	for r, p := range s.gram.patterns {
		floats.ScaleTo(f[r*s.d:(r+1)*s.d], s.slope(p, i), change)
	}
	f[len(f)-1] = 1
	floats.Scale(s.slope(v.pattern, i)-s.slope(v.from, i), change)
}

// slope is the entry of A_p at a row.
func (s *Search) slope(pattern, row int) float64 {
	if s.p.Patterns[pattern].Active(row) {
		return 1
	}
	return s.run.Slope
}
