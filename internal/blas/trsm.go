package blas

import (
	"runtime"

	"gonum.org/v1/gonum/blas"
)

// solveMax is the largest triangle that is solved at once; larger ones are
// halved. Multiple of every mr.
const solveMax = 96

// Dtrsm solves one of
//
//	op(A) X = alpha B   s = Left,  A m x m
//	X op(A) = alpha B   s = Right, A n x n
//
// for the m x n matrix X, which replaces B. A is triangular; only the triangle
// ul is read, and not its diagonal if d is Unit. A is not checked to be
// invertible. The solution is by substitution, the diagonal inverted first.
func (impl Implementation) Dtrsm(s blas.Side, ul blas.Uplo, tA blas.Transpose, d blas.Diag, m, n int, alpha float64, a []float64, lda int, b []float64, ldb int) {
	size, count := m, n
	if s == blas.Right {
		size, count = n, m
	}
	t, x := op(tA, a, lda), op(blas.NoTrans, b, ldb)
	if machine == portable || alpha == 0 || smallSolve(s, size, count) || s != blas.Left && s != blas.Right ||
		!isUplo(ul) || !isTranspose(tA) || d != blas.NonUnit && d != blas.Unit || !t.fits(size, size) || !x.fits(m, n) {
		impl.Implementation.Dtrsm(s, ul, tA, d, m, n, alpha, a, lda, b, ldb)
		return
	}
	if s == blas.Right { // op(A)' X' = alpha B'
		t, x = t.t(), x.t()
	}
	if count < 4 {
		impl.solveVectors(t, x, size, count, alpha, ul, d)
		return
	}
	isLower := (ul == blas.Lower) != t.trans
	solveTriangular(t, x, size, count, alpha, isLower, d == blas.Unit)
}

// smallSolve reports whether packing would cost more than it gains; so do
// empty matrices. gonum is quick on the left, where it works on whole rows.
func smallSolve(s blas.Side, size, count int) bool {
	switch {
	case count < 4:
		return count < 1 || size < 16
	case s == blas.Left && size < 12:
		return size < 4 || count < 1000
	}
	return size < 4 || size*size*count < smallProduct
}

// solveTriangular solves T X = alpha X in place, T size x size, X size x count.
func solveTriangular(t, x operand, size, count int, alpha float64, isLower, unit bool) {
	if size <= solveMax {
		solveOnce(t, x, size, count, alpha, isLower, unit)
		return
	}
	half := roundUp(size/2, maxColumns)
	t22, x2 := t.from(half, half), x.from(half, 0)
	if isLower {
		solveTriangular(t, x, half, count, alpha, isLower, unit)
		subtract(x2, t.from(half, 0), x, size-half, count, half, alpha)
		solveTriangular(t22, x2, size-half, count, 1, isLower, unit)
		return
	}
	solveTriangular(t22, x2, size-half, count, alpha, isLower, unit)
	subtract(x, t.from(0, half), x2, half, count, size-half, alpha)
	solveTriangular(t, x, half, count, 1, isLower, unit)
}

// subtract sets Y = beta Y - A X, Y m x n, A m x k.
func subtract(y, a, x operand, m, n, k int, beta float64) {
	if y.trans { // Y' = beta Y' - X' A'
		m, n, a, x = n, m, x.t(), a.t()
	}
	multiply(full, m, n, k, -1, a, x, beta, y.data, y.ld)
}

// solve is L X = alpha X with L lower triangular of at most solveMax rows, or
// upper triangular and the order of rows and columns reversed throughout.
type solve struct {
	kernel        instructions
	x             operand // size x count
	size, count   int
	alpha         float64
	reversed      bool
	panels, width int       // panels in all, panels in a task
	packed        []float64 // see packTriangle
}

var solves = make(freeList[solve], 64)

func solveOnce(t, x operand, size, count int, alpha float64, isLower, unit bool) {
	s := solves.get()
	_, nr := machine.tile()
	*s = solve{
		kernel: machine, x: x, size: size, count: count, alpha: alpha, reversed: !isLower,
		panels: ceilDiv(count, nr), packed: s.packed,
	}
	s.packTriangle(t, unit)
	tasks := min(s.panels, 4*runtime.GOMAXPROCS(0), 1+size*size*count/grain)
	s.width = ceilDiv(s.panels, tasks)
	run(s, ceilDiv(s.panels, s.width))
	s.x = operand{}
	solves.put(s)
}

// packTriangle packs L by groups of mr rows: for the group that starts at row
// r, first its r columns left of the diagonal block as a panel, then the
// diagonal block mr x mr with the inverse of its diagonal. Rows beyond the
// last are those of the unit matrix.
func (s *solve) packTriangle(t operand, unit bool) {
	mr, _ := s.kernel.tile()
	n := roundUp(s.size, mr)
	if s.packed == nil {
		s.packed = make([]float64, solveMax*(solveMax+maxRows)/2)
	}
	dst := s.packed
	for r := 0; r < n; r += mr {
		h := min(mr, s.size-r)
		switch {
		case r == 0: // nothing to the left
		case s.reversed:
			s.packReversed(dst[:mr*r], t, r, h)
		default:
			t.pack(dst[:mr*r], mr, r, h, 0, r)
		}
		s.packDiagonal(dst[mr*r:mr*r+mr*mr], t, r, h, unit)
		dst = dst[mr*r+mr*mr:]
	}
}

// packReversed packs the columns left of the diagonal of h rows from row r.
func (s *solve) packReversed(dst []float64, t operand, r, h int) {
	mr, _ := s.kernel.tile()
	clear(dst)
	last := s.size - 1
	for l := range r {
		for i := range h {
			dst[l*mr+i] = t.at(last-r-i, last-l)
		}
	}
}

// packDiagonal packs the diagonal block of h rows from row r.
func (s *solve) packDiagonal(dst []float64, t operand, r, h int, unit bool) {
	mr, _ := s.kernel.tile()
	if s.reversed {
		r = s.size - 1 - r
	}
	clear(dst)
	for i := range mr {
		dst[i*mr+i] = 1
	}
	for i := range h {
		for k := range i + 1 {
			switch {
			case k == i && unit:
			case s.reversed:
				dst[i*mr+k] = t.at(r-i, r-k)
			default:
				dst[i*mr+k] = t.at(r+i, r+k)
			}
		}
		dst[i*mr+i] = 1 / dst[i*mr+i]
	}
}

// do solves for one group of panels of nr columns.
func (s *solve) do(i int, ws *workspace) {
	mr, nr := s.kernel.tile()
	rows := roundUp(s.size, mr)
	ws.grow(0, rows*nr)
	panel := ws.b[:rows*nr]
	for q := i * s.width; q < min((i+1)*s.width, s.panels); q++ {
		j, cols := q*nr, min(nr, s.count-q*nr)
		clear(panel[s.size*nr:])
		s.x.t().packPanel(panel[:s.size*nr], nr, j, cols, 0, s.size)
		s.prepare(panel[:s.size*nr], nr)
		s.substitute(panel, mr, nr)
		if s.reversed {
			reverseRows(panel[:s.size*nr], nr)
		}
		s.x.t().unpackPanel(panel, nr, j, cols, s.size)
	}
}

// prepare multiplies a panel by alpha and puts its rows in the order of L.
func (s *solve) prepare(panel []float64, nr int) {
	if s.alpha != 1 {
		for i := range panel {
			panel[i] *= s.alpha
		}
	}
	if s.reversed {
		reverseRows(panel, nr)
	}
}

// substitute solves for one panel: X_r = L_rr^-1 (X_r - L_r,<r X_<r).
func (s *solve) substitute(panel []float64, mr, nr int) {
	l := s.packed
	for r := 0; r < len(panel)/nr; r += mr {
		x := panel[r*nr:]
		if r > 0 {
			s.kernel.multiplyTile(r, l, panel, nr, x, nr, mr, nr, -1, 1, nil)
		}
		s.kernel.solveTile(l[mr*r:], x)
		l = l[mr*r+mr*mr:]
	}
}

// reverseRows reverses the order of rows of length w.
func reverseRows(p []float64, w int) {
	for i, j := 0, len(p)-w; i < j; i, j = i+w, j-w {
		for l := range w {
			p[i+l], p[j+l] = p[j+l], p[i+l]
		}
	}
}
