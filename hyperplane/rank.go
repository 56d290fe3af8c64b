package hyperplane

import (
	"math"
	"math/big"
	"math/bits"
	"math/rand/v2"
)

// The rank of X over the rationals, and as many independent columns. Elimination modulo the prime 2^61 - 1 finds
// columns that are certainly independent (a determinant that is not zero modulo p is not zero); a row that is orthogonal to what
// those before are orthogonal to is passed over. That there are no
// more is certain when they are as many as the rows or columns; otherwise the other columns' (or rows') dependence is
// verified in integers (see span).

const mersenne = 1<<61 - 1

// residue returns v modulo 2^61 - 1, where 2 has order 61, so every float64 has one.
func residue(v float64) uint64 {
	if v == 0 {
		return 0
	}
	m, e := integerParts(math.Abs(v))
	x := uint64(m)
	s := ((e % 61) + 61) % 61
	hi, lo := bits.Mul64(x, 1<<s)
	x = fold(hi, lo)
	if v < 0 && x != 0 {
		x = mersenne - x
	}
	return x
}

// fold reduces the 128-bit number hi, lo (below 2^122) modulo 2^61 - 1.
func fold(hi, lo uint64) uint64 {
	x := lo&mersenne + (hi<<3 | lo>>61)
	x = x&mersenne + x>>61
	if x >= mersenne {
		x -= mersenne
	}
	return x
}

func mulMod(a, b uint64) uint64 { return fold(bits.Mul64(a, b)) }

func inverseMod(a uint64) uint64 {
	x := uint64(1)
	for e := uint64(mersenne - 2); e > 0; e >>= 1 {
		if e&1 != 0 {
			x = mulMod(x, a)
		}
		a = mulMod(a, a)
	}
	return x
}

// independentColumns returns r columns of X that span its column space and r rows on which they are independent,
// r the rank.
func (r *rows) independentColumns() (cols, basis []int) {
	var echelon [][]uint64 // reduced rows, 1 at their pivot column
	work := make([]uint64, r.d)
	limit := min(r.n, r.d)
	var across nullVector // once a row was in the span of those before
	for i := 0; i < r.n && len(cols) < limit; i++ {
		clear(work)
		ind, val := r.row(i)
		for k, v := range val {
			j := k
			if ind != nil {
				j = ind[k]
			}
			work[j] = residue(v)
		}
		if across != nil && across.dot(work) == 0 {
			continue // it is in their span, as the check of what depends on what will find
		}
		c := reduceMod(work, echelon, cols)
		if c >= 0 {
			inv := inverseMod(work[c])
			row := make([]uint64, r.d)
			for j, v := range work {
				row[j] = mulMod(v, inv)
			}
			echelon, cols, basis = append(echelon, row), append(cols, c), append(basis, i)
		}
		if across != nil || c < 0 {
			across = newNullVector(echelon, cols, r.d)
		}
	}
	if len(cols) < limit {
		if i, c, ok := r.dependent(cols, basis); !ok {
			return r.independentExactly(cols, basis, i, c)
		}
	}
	return cols, basis
}

// A nullVector modulo the prime is orthogonal to all rows of an echelon, and otherwise random: a row outside of their span is
// orthogonal to it with probability 2^-61, and a product with it costs as much as the elimination of one row by another.
type nullVector []uint64

// newNullVector is that of the echelon rows with pivots in cols.
func newNullVector(echelon [][]uint64, cols []int, d int) nullVector {
	rng := rand.New(rand.NewPCG(1, uint64(len(cols))))
	z := make(nullVector, d)
	for j := range z {
		z[j] = rng.Uint64N(mersenne)
	}
	for k := len(echelon) - 1; k >= 0; k-- {
		z[cols[k]] = 0
		if s := z.dot(echelon[k]); s != 0 {
			z[cols[k]] = mersenne - s
		}
	}
	return z
}

// dot is the product with a row.
func (z nullVector) dot(row []uint64) uint64 {
	s := uint64(0)
	for j, v := range row {
		if v != 0 {
			if s += mulMod(v, z[j]); s >= mersenne {
				s -= mersenne
			}
		}
	}
	return s
}

// reduceMod subtracts multiples of the echelon rows from work and returns a column that is left, or -1.
func reduceMod(work []uint64, echelon [][]uint64, cols []int) int {
	for k, row := range echelon {
		f := work[cols[k]]
		if f == 0 {
			continue
		}
		f = mersenne - f
		for j, v := range row {
			if v != 0 {
				s := work[j] + mulMod(f, v)
				if s >= mersenne {
					s -= mersenne
				}
				work[j] = s
			}
		}
	}
	for j, v := range work {
		if v != 0 {
			return j
		}
	}
	return -1
}

// dependent reports whether every column is, on all rows, a combination of cols, given that these are independent on
// the rows basis; if not, it names a row and a column where it fails. Where fewer rows than columns are left over, it
// shows the same of the rows instead.
func (r *rows) dependent(cols, basis []int) (row, col int, ok bool) {
	if r.n-len(basis) < r.d-len(cols) {
		span := newSpan(r.transposedAt, r.d, r.n, basis, cols)
		col, row, ok = span.holdsAll()
		return row, col, ok
	}
	span := newSpan(r.at, r.n, r.d, cols, basis)
	return span.holdsAll()
}

// at returns entry (i, j).
func (r *rows) at(i, j int) float64 {
	ind, val := r.row(i)
	if ind == nil {
		return val[j]
	}
	v := 0.0
	for k, c := range ind { // in any order
		if c == j {
			v += val[k]
		}
	}
	return v
}

func (r *rows) transposedAt(j, i int) float64 { return r.at(i, j) }

// independentExactly adds column c and row i, which were found independent of the others, and looks again.
func (r *rows) independentExactly(cols, basis []int, i, c int) ([]int, []int) {
	for {
		cols, basis = append(cols, c), append(basis, i)
		var ok bool
		if len(cols) == min(r.n, r.d) {
			return cols, basis
		}
		if i, c, ok = r.dependent(cols, basis); ok {
			return cols, basis
		}
	}
}

func (r *rows) denseRow(i int) []float64 {
	w := make([]float64, r.d)
	r.addTo(w, 1, i)
	return w
}

// gaussJordan brings the first k columns of the k rows of a to the identity; it returns false if they are dependent.
func gaussJordan(a [][]*big.Rat, k int) bool {
	t := new(big.Rat)
	for c := range k {
		p := c
		for p < k && a[p][c].Sign() == 0 {
			p++
		}
		if p == k {
			return false
		}
		a[c], a[p] = a[p], a[c]
		inv := new(big.Rat).Inv(a[c][c])
		for j := range a[c] {
			a[c][j].Mul(a[c][j], inv)
		}
		for i := range a {
			if i == c || a[i][c].Sign() == 0 {
				continue
			}
			f := new(big.Rat).Set(a[i][c])
			for j := range a[i] {
				a[i][j].Sub(a[i][j], t.Mul(f, a[c][j]))
			}
		}
	}
	return true
}
