package hyperplane

import (
	"errors"
	"fmt"
	"math"

	"github.com/james-bowman/sparse"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/internal/dense"
)

// rows gives the n rows of X (n x d), dense or compressed sparse. It reads the caller's storage.
type rows struct {
	n, d  int
	dense blas64.General // used when ptr is nil
	ptr   []int          // row i of a sparse X: columns ind[ptr[i]:ptr[i+1]], values val[...]
	ind   []int
	val   []float64
}

// newRows wraps x without copying a *mat.Dense or *sparse.CSR; any other matrix is copied to dense storage. Without x
// there are no rows.
func newRows(x mat.Matrix) *rows {
	switch x := x.(type) {
	case nil:
		return &rows{}
	case *mat.Dense:
		if x == nil {
			return &rows{}
		}
		n, d := x.Dims()
		return &rows{n: n, d: d, dense: x.RawMatrix()}
	case *sparse.CSR:
		if x == nil {
			return &rows{}
		}
		n, d := x.Dims()
		raw := x.RawMatrix()
		return &rows{n: n, d: d, ptr: raw.Indptr, ind: raw.Ind, val: raw.Data}
	}
	n, d := x.Dims()
	c := mat.DenseCopyOf(x)
	return &rows{n: n, d: d, dense: c.RawMatrix()}
}

// check returns an error naming the first entry that is not finite.
func (r *rows) check() error {
	if r.n == 0 || r.d == 0 {
		return errors.New("hyperplane: X has no rows or no columns")
	}
	for i := range r.n {
		ind, val := r.row(i)
		for k, v := range val {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				if ind != nil {
					k = ind[k]
				}
				return fmt.Errorf("hyperplane: X row %d, column %d is %v, expected a finite number", i, k, v)
			}
		}
	}
	return nil
}

// stored is the number of stored entries.
func (r *rows) stored() int {
	if r.ptr == nil {
		return r.n * r.d
	}
	return len(r.val)
}

// row returns row i: its values, and their columns when X is sparse (nil when dense: all columns in order).
func (r *rows) row(i int) (ind []int, val []float64) {
	if r.ptr == nil {
		at := i * r.dense.Stride
		return nil, r.dense.Data[at : at+r.d]
	}
	return r.ind[r.ptr[i]:r.ptr[i+1]], r.val[r.ptr[i]:r.ptr[i+1]]
}

// dot returns x_i·w in floating point.
func (r *rows) dot(i int, w []float64) float64 {
	ind, val := r.row(i)
	s := 0.0
	if ind == nil {
		for k, v := range val {
			s += v * w[k]
		}
		return s
	}
	for k, v := range val {
		s += v * w[ind[k]]
	}
	return s
}

// sign returns the sign of x_i·w exactly.
func (r *rows) sign(i int, w []float64) int {
	ind, val := r.row(i)
	if ind == nil {
		return dotSign(val, w)
	}
	var s, m float64
	for k, v := range val {
		p := v * w[ind[k]]
		s += p
		m += math.Abs(p)
	}
	return filtered(s, m, len(val), func() int {
		g := make([]float64, len(val))
		for k, j := range ind {
			g[k] = w[j]
		}
		return exactDotSign(val, g)
	})
}

// product sets y = X w (n).
func (r *rows) product(y, w []float64) {
	if r.ptr == nil {
		dense.Gemv(blas.NoTrans, 1, r.dense, blas64.Vector{N: r.d, Data: w, Inc: 1}, 0, blas64.Vector{N: r.n, Data: y, Inc: 1})
		return
	}
	for i := range y {
		y[i] = r.dot(i, w)
	}
}

// productOf sets the given entries of y = X w, ascending.
func (r *rows) productOf(rows []int, y, w []float64) {
	if r.ptr != nil {
		for _, i := range rows {
			y[i] = r.dot(i, w)
		}
		return
	}
	for len(rows) > 0 {
		k := 1 // neighbours
		for k < len(rows) && rows[k] == rows[0]+k {
			k++
		}
		x := blas64.General{Rows: k, Cols: r.d, Stride: r.dense.Stride, Data: r.dense.Data[rows[0]*r.dense.Stride:]}
		dense.Gemv(blas.NoTrans, 1, x, blas64.Vector{N: r.d, Data: w, Inc: 1}, 0, blas64.Vector{N: k, Data: y[rows[0]:][:k], Inc: 1})
		rows = rows[k:]
	}
}

// addTo sets dst += a x_i.
func (r *rows) addTo(dst []float64, a float64, i int) {
	ind, val := r.row(i)
	for k, v := range val {
		if ind != nil {
			k = ind[k]
		}
		dst[k] += a * v
	}
}

// isZero reports whether row i is zero.
func (r *rows) isZero(i int) bool {
	_, val := r.row(i)
	for _, v := range val {
		if v != 0 {
			return false
		}
	}
	return true
}

// norm returns ‖x_i‖, safe against overflow and underflow.
func (r *rows) norm(i int) float64 {
	_, val := r.row(i)
	return floats.Norm(val, 2)
}

// pattern returns the pattern of w, signs decided exactly, and whether some row that is not zero lies on its hyperplane.
func (r *rows) pattern(w []float64) (p Pattern, onHyperplane bool) {
	words := make([]uint64, wordsFor(r.n))
	for i := range r.n {
		switch r.sign(i, w) {
		case 1:
			words[i/64] |= 1 << (i % 64)
		case 0:
			onHyperplane = onHyperplane || !r.isZero(i)
		}
	}
	return Pattern{n: r.n, words: words}, onHyperplane
}

// inside reports whether s_i x_i·w > 0 exactly for every row that is not zero.
func (r *rows) inside(p Pattern, w []float64) bool {
	if checkFinite("", w) != nil {
		return false
	}
	for i := range r.n {
		want := -1
		if p.Active(i) {
			want = 1
		}
		if r.sign(i, w) != want && !(want == -1 && r.isZero(i)) {
			return false
		}
	}
	return true
}

// distance returns how far g can go along q before it meets the hyperplane of a row, and that row; +Inf and -1 if it
// never does. Rows in skip do not count.
func (r *rows) distance(g, q []float64, skip func(i int) bool) (float64, int) {
	best, row := math.Inf(1), -1
	for i := range r.n {
		if skip != nil && skip(i) {
			continue
		}
		if a, b := r.dot(i, g), r.dot(i, q); a*b < 0 && -a/b < best {
			best, row = -a/b, i
		}
	}
	return best, row
}

// PatternOf returns the pattern of the gate g (d) over the rows of x (n x d). The sign of every x_i·g is decided
// exactly for the float64 numbers given. It panics if len(g) != d or an entry of g is not finite.
func PatternOf(x mat.Matrix, g []float64) Pattern {
	p, _ := gated(x, g).pattern(g)
	return p
}

// gated is x by rows, for the gate g.
func gated(x mat.Matrix, g []float64) *rows {
	r := newRows(x)
	if len(g) != r.d {
		panic(fmt.Sprintf("hyperplane: gate of length %d for %d columns", len(g), r.d))
	}
	if err := checkFinite("gate", g); err != nil {
		panic(err.Error())
	}
	return r
}

func checkFinite(what string, v []float64) error {
	for j, a := range v {
		if math.IsNaN(a) || math.IsInf(a, 0) {
			return fmt.Errorf("hyperplane: %s, entry %d is %v, expected a finite number", what, j, a)
		}
	}
	return nil
}
