package hyperplane

import (
	"encoding/binary"
	"math"
	"math/big"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

// Arrangement is the central arrangement of the hyperplanes {w : x_i·w = 0} of the rows of X (n x d), reduced to what
// its cells depend on: r independent columns of X (r its rank over the rationals; the gates of the arrangement are zero
// in the other columns), and of the rows one for each distinct hyperplane. It is immutable and safe for concurrent use.
type Arrangement struct {
	rows    *rows
	cols    []int     // r columns of X that span its column space
	m       int       // distinct hyperplanes
	first   []int     // m: the first row of X on each hyperplane
	class   []int     // n: the hyperplane of each row, -1 for zero rows
	nonzero []uint64  // bits of the rows that are not zero
	plain   bool      // every row is its own hyperplane
	flip    []bool    // n: is the row a negative multiple of its hyperplane's first row
	value   []float64 // m x r: the first rows, in cols, rows and columns scaled by powers of two to about 1
	shift   []int     // r: column k of value is column cols[k] of X times 2^-shift[k], up to the scale of the row
	exact   bool      // scaling was exact and leaves nothing near underflow
}

// NewArrangement prepares the arrangement of the rows of x (n x d), which must not change as long as the arrangement is
// used. The error names the entry of x that is not finite.
func NewArrangement(x mat.Matrix) (*Arrangement, error) {
	r := newRows(x)
	if err := r.check(); err != nil {
		return nil, err
	}
	a := &Arrangement{rows: r, class: make([]int, r.n), flip: make([]bool, r.n), nonzero: make([]uint64, wordsFor(r.n))}
	a.cols, _ = r.independentColumns()
	a.classify()
	a.plain = a.m == r.n
	a.balance()
	return a, nil
}

// Rank returns the rank of x (n x d) over the rationals, without the arrangement of its rows, which for many rows takes much
// longer. The error names the entry of x that is not finite.
func Rank(x mat.Matrix) (int, error) {
	r := newRows(x)
	if err := r.check(); err != nil {
		return 0, err
	}
	cols, _ := r.independentColumns()
	return len(cols), nil
}

// balance scales the columns, then the rows of value by powers of two, which changes neither patterns nor, by the
// inverse powers, gates. Values too far apart for that are left as they are.
func (a *Arrangement) balance() {
	r := len(a.cols)
	a.shift = make([]int, r)
	for k := range r {
		a.shift[k] = math.MinInt
		for i := range a.m {
			if v := a.value[i*r+k]; v != 0 {
				_, e := math.Frexp(v)
				a.shift[k] = max(a.shift[k], e)
			}
		}
	}
	scaled := make([]float64, len(a.value))
	for i := range a.m {
		top := math.MinInt
		for k := range r {
			if v := a.value[i*r+k]; v != 0 {
				_, e := math.Frexp(v)
				top = max(top, e-a.shift[k])
			}
		}
		for k := range r {
			v := a.value[i*r+k]
			s := math.Ldexp(v, -a.shift[k]-top)
			if v != 0 && !(math.Abs(s) > 0x1p-300) || a.shift[k] > 300 || a.shift[k] < -300 {
				clear(a.shift)
				return
			}
			scaled[i*r+k] = s
		}
	}
	a.value, a.exact = scaled, true
}

// family returns the hyperplanes as a family, whose approximations are exact if scaling succeeded.
func (a *Arrangement) family() *family {
	r := len(a.cols)
	exact := func(i int) []big.Int { return integers(a.value[i*r : (i+1)*r]) }
	if a.exact {
		return &family{r: r, m: a.m, val: a.value, err: make([]float64, a.m), exact: exact}
	}
	ints := make([][]big.Int, a.m)
	for i := range ints {
		ints[i] = exact(i)
	}
	return familyOf(r, a.m, ints)
}

// scaledRows returns the matrix value as rows.
func (a *Arrangement) scaledRows() *rows {
	r := len(a.cols)
	return &rows{n: a.m, d: r, dense: blas64.General{Rows: a.m, Cols: r, Stride: r, Data: a.value}}
}

// Rank returns the rank r of X over the rationals.
func (a *Arrangement) Rank() int { return len(a.cols) }

// Hyperplanes returns the number of distinct hyperplanes.
func (a *Arrangement) Hyperplanes() int { return a.m }

// classify groups the rows by hyperplane. Proportional rows have the same real quotients by their first non-zero
// entry, so also the same rounded ones: these are the hash keys, and only equal keys are compared exactly.
func (a *Arrangement) classify() {
	r := len(a.cols)
	same := make(map[string][]int)
	v := make([]float64, r)
	key := make([]byte, 8*r)
	for i := range a.rows.n {
		a.pick(v, i)
		pivot := firstNonZero(v)
		if pivot < 0 {
			a.class[i] = -1
			continue
		}
		for j, e := range v {
			binary.LittleEndian.PutUint64(key[8*j:], math.Float64bits(e/v[pivot]+0))
		}
		c := -1
		for _, k := range same[string(key)] {
			if proportional(v, a.value[k*r:(k+1)*r], pivot) {
				c = k
			}
		}
		if c < 0 {
			c = a.m
			a.m++
			a.first = append(a.first, i)
			a.value = append(a.value, v...)
			same[string(key)] = append(same[string(key)], c)
		}
		a.class[i] = c
		a.nonzero[i/64] |= 1 << (i % 64)
		a.flip[i] = math.Signbit(v[pivot]) != math.Signbit(a.value[c*r+pivot])
	}
}

// pick sets v to row i in the columns of the arrangement.
func (a *Arrangement) pick(v []float64, i int) {
	if a.rows.ptr == nil {
		_, val := a.rows.row(i)
		for k, c := range a.cols {
			v[k] = val[c]
		}
		return
	}
	dense := a.rows.denseRow(i)
	for k, c := range a.cols {
		v[k] = dense[c]
	}
}

func firstNonZero(v []float64) int {
	for j, e := range v {
		if e != 0 {
			return j
		}
	}
	return -1
}

// proportional reports whether v and w, both first non-zero at pivot, are exact multiples of each other.
func proportional(v, w []float64, pivot int) bool {
	for j := range v {
		if det2Sign(v[j], v[pivot], w[j], w[pivot]) != 0 {
			return false
		}
	}
	return true
}

// pattern turns the signs of the hyperplanes into a pattern of the rows.
func (a *Arrangement) pattern(words []uint64, sign []int8) {
	clear(words)
	if a.plain {
		for i, s := range sign[:a.m] {
			words[i/64] |= uint64(^s) >> 63 << (i % 64)
		}
		return
	}
	for i, c := range a.class {
		if c >= 0 && (sign[c] > 0) != a.flip[i] {
			words[i/64] |= 1 << (i % 64)
		}
	}
}

// embed returns the gate (d) with the scaled coordinates v (r); nil if that overflows or underflows.
func (a *Arrangement) embed(v []float64) []float64 {
	g := make([]float64, a.rows.d)
	for k, c := range a.cols {
		g[c] = math.Ldexp(v[k], -a.shift[k])
		if math.IsInf(g[c], 0) || v[k] != 0 && math.Abs(g[c]) < 0x1p-1000 {
			return nil
		}
	}
	return g
}
