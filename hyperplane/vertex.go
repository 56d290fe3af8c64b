package hyperplane

import (
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
)

// Cells by their lowest vertices.
//
// In the chart a_0·w = 1 the cells with s_0 = + are the cells of an affine arrangement; with a generic linear function
// f (row `objective` of the family) each has at most one lowest vertex. At a vertex p the rows Z through p form an
// arrangement of rank r-1, and the cells with p lowest are, off Z, on p's side and, on Z, in the cones of that
// arrangement on which the derivative phi of f in the chart is positive. When Z is a basis there is exactly one:
// phi = sum c_i a_i has it at s_i = sign c_i. Otherwise the cones are the cells of the rows Z on which phi > 0, without
// those that the hyperplane phi = 0 cuts, which are the cells of the rows Z restricted to it.
//
// The cells without a lowest vertex are those that meet the hyperplane f = -M a_0 for every large M: the cells of the
// family restricted to it, of rank r-1.

// errNotGeneric reports that the random objective was not generic; about one chance in 2^40 for millions of vertices.
var errNotGeneric = errors.New("hyperplane: the sweep direction is not generic for this arrangement")

// vertexWork is the workspace of a walker at a vertex.
type vertexWork struct {
	sign  []int8    // total: the cell emitted
	zeros []int     // rows through the vertex
	mat   []float64 // r x r: rows j_1 .. j_(r-1), 0
	inv   []float64 // r x r: its inverse; columns: edge directions, then the vertex
	aug   []float64
	err   error
}

// withObjective returns the family with a generic passive row appended, and its index.
func (f *family) withObjective() (*family, int) {
	rng := rand.New(rand.NewPCG(uint64(f.r), uint64(f.m)))
	row := make([]big.Int, f.r)
	for k := range row {
		row[k].SetInt64(rng.Int64N(1<<51) - 1<<50)
	}
	n := f.total()
	g := &family{r: f.r, m: f.m, val: make([]float64, (n+1)*f.r), err: make([]float64, n+1)}
	copy(g.val, f.val)
	copy(g.err, f.err)
	g.err[n] = approximate(g.val[n*f.r:], row)
	g.exact = func(i int) []big.Int {
		if i == n {
			return row
		}
		return f.exact(i)
	}
	return g, n
}

// cells emits the signs of every cell of the family: its m rows, and for each passive row the sign somewhere on the
// closed cell, which is its sign in the cell when it does not cut the cell. emit must not keep the slice; returning
// false ends the enumeration.
func (f *family) cells(emit func(sign []int8) bool) error {
	switch {
	case f.m == 0:
		return nil
	case f.r == 1:
		f.lineCells(emit)
		return nil
	case f.r == 2:
		newCircle(f).cells(emit)
		return nil
	}
	g, objective := f.withObjective()
	w := newWalker(g)
	n := f.total()
	more := w.flats(0, 0, 1, func() bool {
		return w.lowest(objective, func(sign []int8) bool {
			if !emit(sign[:n]) {
				return false
			}
			for i := range sign {
				sign[i] = -sign[i]
			}
			return emit(sign[:n])
		})
	})
	if w.vertex.err != nil || !more {
		return w.vertex.err
	}
	return g.atInfinity(objective).cells(emit)
}

// lineCells emits the two cells of rank 1.
func (f *family) lineCells(emit func(sign []int8) bool) {
	sign := make([]int8, f.total())
	for i := range sign {
		sign[i] = int8(f.exact(i)[0].Sign())
	}
	if emit(sign) {
		for i := range sign {
			sign[i] = -sign[i]
		}
		emit(sign)
	}
}

// atInfinity returns the family restricted to f + 2^B a_0 = 0, with B so large that a_0 w > 0 implies
// f w + 2^B a_0 w > 0 at every vertex w outside a_0 = 0; without the objective row.
// A vertex is a vector of (r-1)-minors, each at most the product of r-1 row norms, and a_0 w is an integer.
func (f *family) atInfinity(objective int) *family {
	size := 0
	for i := range f.m {
		for _, v := range f.exact(i) {
			size = max(size, v.BitLen())
		}
	}
	b := uint((f.r-1)*(size+f.r) + 2*f.r + 60)
	k := make([]big.Int, f.r)
	a, obj := f.exact(0), f.exact(objective)
	for c := range k {
		k[c].Lsh(&a[c], b)
		k[c].Add(&k[c], &obj[c])
	}
	c := largest(k)
	ints := make([][]big.Int, 0, objective)
	for i := range objective {
		ints = append(ints, restrictInts(f.exact(i), k, c))
	}
	return familyOf(f.r-1, f.m, ints)
}

// lowest emits the cells, with s_0 = +, whose lowest vertex is the flat at the last level.
func (w *walker) lowest(objective int, emit func(sign []int8) bool) bool {
	v := &w.vertex
	l := &w.levels[w.f.r-1]
	v.sign = resize(v.sign, w.f.total())
	v.zeros = v.zeros[:0]
	up := int8(floatSign(l.val[0]))
	for i, x := range l.val {
		if l.zero[i] {
			v.sign[i] = 0
			if i < w.f.m {
				v.zeros = append(v.zeros, i)
			}
			continue
		}
		v.sign[i] = up
		if x < 0 {
			v.sign[i] = -up
		}
	}
	if len(v.zeros) > w.f.r-1 {
		return w.degenerate(objective, int(up), emit)
	}
	if !w.slopes(objective) {
		return false
	}
	return emit(v.sign)
}

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// slopes sets the signs of the rows through a simple vertex to those of f along its edges, the columns of the
// inverse of the rows j_1 .. j_(r-1), 0.
func (w *walker) slopes(objective int) bool {
	v := &w.vertex
	r := w.f.r
	bound := w.invert()
	f := w.f.val[objective*r : (objective+1)*r]
	for e := range r - 1 {
		var s, m, all float64
		for c, a := range f {
			x := v.inv[c*r+e]
			s += a * x
			m += math.Abs(a * x)
			all += math.Abs(a) + w.f.err[objective]
		}
		sign := floatSign(s)
		if !(math.Abs(s) > float64(r+4)*unitRoundoff*m+all*bound+tiny) {
			if sign = w.exactSlope(objective, e); sign == 0 {
				v.err = errNotGeneric
				return false
			}
		}
		v.sign[w.levels[e+1].row] = int8(sign)
	}
	return true
}

// exactSlope decides the sign of f along edge e by Cramer's rule.
func (w *walker) exactSlope(objective, e int) int {
	sign := 1
	for _, replace := range []bool{false, true} {
		a := make([][]big.Int, w.f.r)
		for i := range a {
			row := 0
			if i < w.f.r-1 {
				row = w.levels[i+1].row
			}
			if replace && i == e {
				row = objective
			}
			a[i] = make([]big.Int, w.f.r)
			for c := range a[i] {
				a[i][c].Set(&w.exact(0, row)[c])
			}
		}
		sign *= determinantSign(a)
	}
	return sign
}

// invert fills v.inv and returns a bound for the error of its entries (possibly infinite).
func (w *walker) invert() float64 {
	v, r := &w.vertex, w.f.r
	v.mat, v.inv = resize(v.mat, r*r), resize(v.inv, r*r)
	worst := 0.0
	for i := range r {
		row := 0
		if i < r-1 {
			row = w.levels[i+1].row
		}
		copy(v.mat[i*r:(i+1)*r], w.f.val[row*r:(row+1)*r])
		worst = math.Max(worst, w.f.err[row])
	}
	v.aug = resize(v.aug, r*r)
	copy(v.aug, v.mat)
	gaussInverse(v.inv, v.aug, r)
	// With R = I - M X, the inverse is X (I + R + R^2 + ..): off by at most |X| times 2 |R| when |R| < 1/2.
	rho, large := 0.0, 0.0
	for j := range r {
		sum := 0.0
		for i := range r {
			var s, m, x float64
			for k := range r {
				p := v.mat[i*r+k] * v.inv[k*r+j]
				s += p
				m += math.Abs(p)
				x += math.Abs(v.inv[k*r+j])
			}
			if i == j {
				s--
			}
			sum += math.Abs(s) + float64(r+3)*unitRoundoff*(m+1) + worst*x
			large = math.Max(large, math.Abs(v.inv[i*r+j]))
		}
		rho = math.Max(rho, sum)
	}
	if !(rho < 0.5) {
		return math.Inf(1)
	}
	return 2.1 * float64(r) * large * rho
}

// gaussInverse sets x to the inverse of the r x r matrix a, which it destroys; garbage if a is singular.
func gaussInverse(x, a []float64, r int) {
	clear(x)
	for i := range r {
		x[i*r+i] = 1
	}
	for k := range r {
		p := k
		for i := k + 1; i < r; i++ {
			if math.Abs(a[i*r+k]) > math.Abs(a[p*r+k]) {
				p = i
			}
		}
		if p != k {
			for j := range r {
				a[p*r+j], a[k*r+j] = a[k*r+j], a[p*r+j]
				x[p*r+j], x[k*r+j] = x[k*r+j], x[p*r+j]
			}
		}
		inv := 1 / a[k*r+k]
		for j := range r {
			a[k*r+j] *= inv
			x[k*r+j] *= inv
		}
		for i := range r {
			t := a[i*r+k]
			if i == k || t == 0 {
				continue
			}
			for j := range r {
				a[i*r+j] -= t * a[k*r+j]
				x[i*r+j] -= t * x[k*r+j]
			}
		}
	}
}

// degenerate emits the cells at a vertex with more than r-1 rows through it.
func (w *walker) degenerate(objective, up int, emit func(sign []int8) bool) bool {
	v, r := &w.vertex, w.f.r
	free := w.levels[r-1].coord[0] // the vertex is not zero there, so the others are coordinates modulo the vertex
	without := func(row []big.Int) []big.Int {
		out := make([]big.Int, 0, r-1)
		for c := range row {
			if c != free {
				out = append(out, big.Int{})
				out[len(out)-1].Set(&row[c])
			}
		}
		reduceContent(out)
		return out
	}
	ints := make([][]big.Int, 0, len(v.zeros)+1)
	for _, i := range v.zeros {
		ints = append(ints, without(w.exact(0, i)))
	}
	// phi = f a_0(p) - a_0 f(p), p turned to a_0(p) > 0
	phi := make([]big.Int, r)
	at0, atF := &w.exact(r-1, 0)[0], &w.exact(r-1, objective)[0]
	var tmp big.Int
	for c := range phi {
		phi[c].Mul(&w.exact(0, objective)[c], at0)
		phi[c].Sub(&phi[c], tmp.Mul(&w.exact(0, 0)[c], atF))
		if up < 0 {
			phi[c].Neg(&phi[c])
		}
	}
	local := familyOf(r-1, len(ints), append(ints, without(phi)))
	cut, err := local.cutByPassive()
	if err != nil {
		v.err = err
		return false
	}
	zeros := append([]int(nil), v.zeros...)
	more := true
	base := append([]int8(nil), v.sign...)
	err = local.cells(func(sign []int8) bool {
		if sign[len(zeros)] <= 0 || cut[signKey(sign[:len(zeros)])] {
			return true
		}
		copy(v.sign, base)
		for k, i := range zeros {
			v.sign[i] = sign[k]
		}
		more = emit(v.sign)
		return more
	})
	if err != nil {
		v.err = err
		return false
	}
	return more
}

// cutByPassive returns the cells that the hyperplane of the last row, which is passive, cuts.
func (f *family) cutByPassive() (map[string]bool, error) {
	k := f.exact(f.m)
	c := largest(k)
	ints := make([][]big.Int, f.m)
	for i := range ints {
		ints[i] = restrictInts(f.exact(i), k, c)
	}
	cut := make(map[string]bool)
	err := familyOf(f.r-1, f.m, ints).cells(func(sign []int8) bool {
		cut[signKey(sign)] = true
		return true
	})
	return cut, err
}

func signKey(sign []int8) string {
	b := make([]byte, len(sign))
	for i, s := range sign {
		b[i] = byte(s)
	}
	return string(b)
}
