package dense

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
)

// Trsv solves op(A) x = b for the n-vector x, which replaces b; A is n x n
// triangular as in Trsm. It panics if the sizes do not match.
func Trsv(tA blas.Transpose, a blas64.Triangular, x blas64.Vector) {
	if a.N != x.N {
		panic(badShape)
	}
	dtrsv(a.Uplo, tA, a.Diag, a.N, a.Data, a.Stride, x.Data, x.Inc)
}

func dtrsv(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int, a []float64, lda int, x []float64, inc int) {
	t := op(tA, a, lda)
	checkTriangular(ul, tA, d)
	switch {
	case n < 0:
		panic(badShape)
	case n == 0:
		return
	case inc < 1 || len(x) < (n-1)*inc+1 || !t.fits(n, n):
		panic(badLength)
	}
	v := vectorSolve{kernel: machine, isLower: (ul == blas.Lower) != t.trans, unit: d == blas.Unit}
	if inc == 1 {
		v.solve(t, x[:n])
		return
	}
	ws := takeWorkspace()
	ws.grow(n, 0)
	y := ws.a[:n]
	for i := range y {
		y[i] = x[i*inc]
	}
	v.solve(t, y)
	for i, w := range y {
		x[i*inc] = w
	}
	workspaces.put(ws)
}

func checkTriangular(ul blas.Uplo, tA blas.Transpose, d blas.Diag) {
	switch {
	case !isUplo(ul):
		panic(badTriangle)
	case !isTranspose(tA):
		panic(badTranspose)
	case d != blas.NonUnit && d != blas.Unit:
		panic(badDiagonal)
	}
}

// vectorSolve solves T x = b in place for vectors. isLower says which triangle
// of T = op(A) is meant.
type vectorSolve struct {
	kernel        instructions
	isLower, unit bool
}

// vectorMax is the largest triangle that is solved for a vector by
// substitution; larger ones are halved, which leaves most of the work to
// products of a matrix and a vector.
const vectorMax = 32

func (s vectorSolve) solve(t operand, x []float64) {
	n := len(x)
	if n <= vectorMax {
		s.substitute(t, x)
		return
	}
	h := roundUp(n/2, 8)
	t22, x1, x2 := t.from(h, h), x[:h], x[h:]
	if s.isLower {
		s.solve(t, x1)
		s.subtract(x2, t.from(h, 0), x1)
		s.solve(t22, x2)
		return
	}
	s.solve(t22, x2)
	s.subtract(x1, t.from(0, h), x2)
	s.solve(t, x1)
}

// subtract sets y = y - op(A) x.
func (s vectorSolve) subtract(y []float64, a operand, x []float64) {
	if len(x)*len(y) >= thinStream {
		multiplyThin(operand{data: x, ld: len(x)}, a.t(), 1, len(y), len(x), -1, 1, y, 0, 1)
		return
	}
	if a.trans {
		s.kernel.addRows(-1, a.data, a.ld, x, y)
		return
	}
	s.kernel.rowDots(len(y), -1, a.data, a.ld, x, 1, y, 1)
}

// groupRows is the number of entries that substitute finishes together.
const groupRows = 4

// substitute solves for groupRows entries at a time, the other ones' part of
// them subtracted first (rows of T are rows in memory) or theirs of the others
// afterwards (rows of T are columns). Within a group it works entry by entry in
// the same way.
func (s vectorSolve) substitute(t operand, x []float64) {
	n := len(x)
	for q := 0; q < n; q += groupRows {
		from, to := q, min(q+groupRows, n)
		solvedFrom, solvedTo := 0, from
		waitFrom, waitTo := to, n
		if !s.isLower {
			from, to = n-to, n-from
			solvedFrom, solvedTo = to, n
			waitFrom, waitTo = 0, from
		}
		group := x[from:to]
		if !t.trans {
			s.kernel.rowDots(len(group), -1, t.data[from*t.ld+solvedFrom:], t.ld, x[solvedFrom:solvedTo], 1, group, 1)
		}
		s.substituteGroup(t.from(from, from), group)
		if t.trans && waitFrom < waitTo {
			s.kernel.addRows(-1, t.data[from*t.ld+waitFrom:], t.ld, group, x[waitFrom:waitTo])
		}
	}
}

func (s vectorSolve) substituteGroup(t operand, x []float64) {
	down, right := t.ld, 1 // steps to the next row and column of T
	if t.trans {
		down, right = 1, t.ld
	}
	first, step := 0, 1
	if !s.isLower {
		first, step = len(x)-1, -1
	}
	for q := range x {
		i := first + q*step
		row := t.data[i*down:]
		v := x[i]
		for k := first; k != i; k += step {
			v -= float64(row[k*right] * x[k])
		}
		if !s.unit {
			v /= row[i*right]
		}
		x[i] = v
	}
}
