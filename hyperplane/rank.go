package hyperplane

import (
	"math/big"

	"multigrade/internal/parallel"
)

// The rank of X over the rationals, and as many independent columns. Elimination modulo the prime 2^61 - 1 finds
// columns that are certainly independent (a determinant that is not zero modulo p is not zero); a row that is orthogonal to what
// those before are orthogonal to is passed over. That there are no
// more is certain when they are as many as the rows or columns; otherwise the other columns' (or rows') dependence is
// verified in integers (see span).

// rowsReduced is how many rows are reduced side by side.
const rowsReduced = 32

// independentColumns returns r columns of X that span its column space and r rows on which they are independent,
// r the rank.
func (r *rows) independentColumns() (cols, basis []int) {
	var e echelon
	some, held := reduction{echelon: &e}, make([]int, 0, rowsReduced) // the rows of some
	work := make([][]uint64, rowsReduced)
	for k := range work {
		work[k] = make([]uint64, r.d)
	}
	limit := min(r.n, r.d)
	var across nullVector // once a row was in the span of those before
	for i := 0; i < r.n && len(basis) < limit; {
		for held = held[:0]; i < r.n && len(held) < rowsReduced; i++ {
			w := work[len(held)]
			r.residues(w, i)
			if across == nil || dotMod(across, w) != 0 { // else it is in their span, as the check of what depends on what will find
				held = append(held, i)
			}
		}
		known := len(e.rows)
		some.work = work[:len(held)]
		parallel.Share(len(held), parallel.Hands(), &some)
		for k, i := range held {
			if e.reduce(work[k], known); len(basis) < limit && e.add(work[k]) {
				basis = append(basis, i)
			}
		}
		if added := len(e.rows) - known; added < len(held) || across != nil && added > 0 {
			across = e.nullVector(r.d)
		}
	}
	cols = e.pivots
	if len(cols) < limit {
		if i, c, ok := r.dependent(cols, basis); !ok {
			return r.independentExactly(cols, basis, i, c)
		}
	}
	return cols, basis
}

// residues sets w to row i modulo the prime.
func (r *rows) residues(w []uint64, i int) {
	clear(w)
	ind, val := r.row(i)
	for k, v := range val {
		j := k
		if ind != nil {
			j = ind[k]
		}
		w[j] = residue(v)
	}
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
