package hyperplane

import (
	"math"
	"math/big"
)

// walker visits the flats (intersections of hyperplanes) of a family depth first, by elimination: level k holds all
// rows restricted to a flat of dimension r-k, in the coordinates that no pivot used up.
//
// A flat is reached from several lists of hyperplanes; it is visited only by its lexicographically first basis
// j_1 < j_2 < ... : when j_k is added, no row before j_k that did not contain the flat may start to contain it.
// Hyperplane 0 is the infinity of the affine picture and in no basis, and a flat inside it is not visited.
type walker struct {
	f      *family
	levels []level
	tmp    big.Int
	vertex vertexWork
}

// level is the family restricted to a flat.
type level struct {
	dim   int
	coord []int     // dim: the coordinates left
	val   []float64 // total x dim, each row up to a positive factor
	err   []float64 // total
	zero  []bool    // total: the row contains the flat
	skip  []bool    // m: the row meets the flat where an earlier one does

	// How the level came from the one above.
	row, col int // the row restricted to, and the position of the pivot in it

	ints   [][]big.Int // total: exact rows, filled on demand
	filled []int       // the version at which ints was filled
	made   int         // version of the level
	divide big.Int     // magnitude of the pivot above, divides the cross products of the next level (Bareiss)
}

func newWalker(f *family) *walker {
	w := &walker{f: f, levels: make([]level, f.r)}
	n := f.total()
	for k := range w.levels {
		l := &w.levels[k]
		l.dim = f.r - k
		l.coord = make([]int, l.dim)
		l.err = make([]float64, n)
		l.val = make([]float64, n*l.dim)
		l.zero = make([]bool, n)
		l.skip = make([]bool, f.m)
		l.ints = make([][]big.Int, n)
		l.filled = make([]int, n)
		l.made = 1
	}
	top := &w.levels[0]
	copy(top.val, f.val)
	copy(top.err, f.err)
	for k := range top.coord {
		top.coord[k] = k
	}
	return w
}

// exact returns row i at level k in integers.
func (w *walker) exact(k, i int) []big.Int {
	l := &w.levels[k]
	if l.filled[i] == l.made {
		return l.ints[i]
	}
	l.filled[i] = l.made
	if k == 0 {
		l.ints[i] = w.f.exact(i)
		return l.ints[i]
	}
	if l.ints[i] == nil {
		l.ints[i] = make([]big.Int, l.dim)
	}
	a, h := w.exact(k-1, i), w.exact(k-1, l.row)
	out := 0
	for o := range a {
		if o == l.col {
			continue
		}
		z := &l.ints[i][out]
		cross(z, &w.tmp, a, h, o, l.col)
		if k > 1 {
			z.Quo(z, w.divisor(k-1))
		}
		out++
	}
	return l.ints[i]
}

// divisor returns the magnitude of the pivot that made level k.
func (w *walker) divisor(k int) *big.Int {
	l := &w.levels[k]
	if l.divide.Sign() == 0 {
		l.divide.Abs(&w.exact(k-1, l.row)[l.col])
	}
	return &l.divide
}

// refresh replaces the approximation of row i at level k by one from its exact value; it returns false for a zero row.
func (w *walker) refresh(k, i int) bool {
	l := &w.levels[k]
	v := w.exact(k, i)
	nonzero := false
	for o := range v {
		nonzero = nonzero || v[o].Sign() != 0
	}
	if nonzero {
		l.err[i] = approximate(l.val[i*l.dim:(i+1)*l.dim], v)
	}
	return nonzero
}

// pivot returns the position of the largest entry of row j at level k, certain enough to divide by.
func (w *walker) pivot(k, j int) int {
	l := &w.levels[k]
	v := l.val[j*l.dim : (j+1)*l.dim]
	c := largestFloat(v)
	if !(math.Abs(v[c])*0x1p-20 > l.err[j]) {
		w.refresh(k, j)
		c = largestFloat(v)
	}
	return c
}

func largestFloat(v []float64) int {
	c := 0
	for k, a := range v {
		if math.Abs(a) > math.Abs(v[c]) {
			c = k
		}
	}
	return c
}

// restrict fills level k+1 with level k restricted to row j. It returns false, leaving the level unusable, when j is
// not the first row to contain the new flat.
func (w *walker) restrict(k, j int) bool {
	l, next := &w.levels[k], &w.levels[k+1]
	c := w.pivot(k, j)
	next.row, next.col = j, c
	next.made++
	next.divide.SetInt64(0)
	copy(next.coord, l.coord[:c])
	copy(next.coord[c:], l.coord[c+1:])
	copy(next.zero, l.zero)
	next.zero[j] = true
	if l.dim == 2 {
		return w.restrict2(k, j, c)
	}
	dim := l.dim
	h := l.val[j*dim : (j+1)*dim]
	inverse, eh := 1/h[c], l.err[j]
	for i := range l.err {
		if next.zero[i] {
			continue
		}
		v := l.val[i*dim : (i+1)*dim]
		out := next.val[i*(dim-1) : (i+1)*(dim-1)]
		t := v[c] * inverse
		size, most, at := 0.0, 0.0, 0
		for o, a := range v {
			if o == c {
				continue
			}
			p := t * h[o]
			b := a - p
			out[at] = b
			at++
			size = math.Max(size, math.Abs(a)+math.Abs(p))
			most = math.Max(most, math.Abs(b))
		}
		e := 2.1*(l.err[i]+math.Abs(t)*eh) + 6*unitRoundoff*size + tiny
		next.err[i] = e
		if !(most > e) && !w.refresh(k+1, i) {
			next.zero[i] = true
			if i < j {
				return false
			}
			w.cover(k, i)
		}
	}
	return true
}

// restrict2 is restrict from dimension 2 to 1: the innermost loop.
func (w *walker) restrict2(k, j, c int) bool {
	l, next := &w.levels[k], &w.levels[k+1]
	ho, inverse, eh := l.val[2*j+1-c], 1/l.val[2*j+c], l.err[j]
	out, errs := next.val, next.err
	for i := range out {
		if next.zero[i] {
			continue
		}
		a := l.val[2*i+1-c]
		t := l.val[2*i+c] * inverse
		p := t * ho
		b := a - p
		e := 2.1*(l.err[i]+math.Abs(t)*eh) + 6*unitRoundoff*(math.Abs(a)+math.Abs(p)) + tiny
		out[i] = b
		errs[i] = e
		if !(math.Abs(b) > e) && !w.refresh(k+1, i) {
			next.zero[i] = true
			if i < j {
				return false
			}
			w.cover(k, i)
		}
	}
	return true
}

func (w *walker) cover(k, i int) {
	if i < w.f.m {
		w.levels[k].skip[i] = true
	}
}

// flats visits the flats of dimension dim below the one at level k, whose last basis row is last. visit finds the flat
// at level r-dim and its basis in the row fields of the levels 1..r-dim.
func (w *walker) flats(k, last, dim int, visit func() bool) bool {
	l := &w.levels[k]
	if l.dim == dim {
		return visit()
	}
	clear(l.skip)
	for j := last + 1; j < w.f.m; j++ {
		if l.zero[j] || l.skip[j] || !w.restrict(k, j) {
			continue
		}
		if !w.flats(k+1, j, dim, visit) {
			return false
		}
	}
	return true
}
