package dense

import (
	"multigrade/internal/parallel"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
)

// solveMax is the largest triangle that is solved at once; larger ones are
// halved. Multiple of solveRows.
const solveMax = 96

// Trsm solves one of
//
//	op(A) X = alpha B   s = Left,  A m x m
//	X op(A) = alpha B   s = Right, A n x n
//
// for the m x n matrix X, which replaces B. A is triangular; only the triangle
// a.Uplo is read, and not its diagonal if a.Diag is Unit. A is not checked to be
// invertible. It panics if the sizes do not match.
func Trsm(s blas.Side, tA blas.Transpose, alpha float64, a blas64.Triangular, b blas64.General) {
	if s == blas.Left && a.N != b.Rows || s == blas.Right && a.N != b.Cols {
		panic(badShape)
	}
	dtrsm(s, a.Uplo, tA, a.Diag, b.Rows, b.Cols, alpha, a.Data, a.Stride, b.Data, b.Stride)
}

func dtrsm(s blas.Side, ul blas.Uplo, tA blas.Transpose, d blas.Diag, m, n int, alpha float64, a []float64, lda int, b []float64, ldb int) {
	size, count := m, n
	if s == blas.Right {
		size, count = n, m
	}
	checkTriangular(ul, tA, d)
	t, x := op(tA, a, lda), op(blas.NoTrans, b, ldb)
	switch {
	case s != blas.Left && s != blas.Right:
		panic(badSide)
	case min(m, n) < 0:
		panic(badShape)
	case m == 0 || n == 0:
		return
	case !t.fits(size, size) || !x.fits(m, n):
		panic(badLength)
	case alpha == 0:
		for i := range m {
			clear(b[i*ldb:][:n])
		}
		return
	}
	if s == blas.Right { // op(A)' X' = alpha B'
		t, x = t.t(), x.t()
	}
	v := vectorSolve{kernel: machine, isLower: (ul == blas.Lower) != t.trans, unit: d == blas.Unit}
	switch {
	case !smallSolve(s, size, count):
		solveTriangular(t, x, size, count, alpha, v.isLower, v.unit)
	case s == blas.Left && count >= 4:
		v.solveRows(t, x, size, count, alpha)
	default:
		v.solveVectors(t, x, size, count, alpha)
	}
}

// smallSolve reports whether packing would cost more than it gains. Working on
// whole rows is quick on the left.
func smallSolve(s blas.Side, size, count int) bool {
	switch {
	case count < 4 || size < 4:
		return true
	case s == blas.Left && size < 12:
		return count < 1000
	}
	return size*size*count < smallProduct
}

// solveRows solves T X = alpha X by adding multiples of rows of X.
func (s vectorSolve) solveRows(t, x operand, size, count int, alpha float64) {
	for q := range size {
		i, from, to := q, 0, q
		if !s.isLower {
			i, from, to = size-1-q, size-q, size
		}
		row := x.data[i*x.ld:][:count]
		scale(alpha, row)
		for k := from; k < to; k++ {
			s.kernel.axpy(-t.at(i, k), x.data[k*x.ld:][:count], row)
		}
		if !s.unit {
			scale(1/t.at(i, i), row)
		}
	}
}

// solveVectors solves T X = alpha X for one column of X after another.
func (s vectorSolve) solveVectors(t, x operand, size, count int, alpha float64) {
	ws := takeWorkspace()
	defer workspaces.put(ws)
	for j := range count {
		if x.trans {
			v := x.data[j*x.ld:][:size]
			scale(alpha, v)
			s.solve(t, v)
			continue
		}
		ws.grow(size, 0)
		v := ws.a[:size]
		for i := range v {
			v[i] = alpha * x.data[i*x.ld+j]
		}
		s.solve(t, v)
		for i, w := range v {
			x.data[i*x.ld+j] = w
		}
	}
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

var solves freeList[solve]

func solveOnce(t, x operand, size, count int, alpha float64, isLower, unit bool) {
	s := solves.get()
	_, nr := machine.tile()
	*s = solve{
		kernel: machine, x: x, size: size, count: count, alpha: alpha, reversed: !isLower,
		panels: ceilDiv(count, nr), packed: s.packed,
	}
	s.packTriangle(t, unit)
	tasks := min(s.panels, 4*parallel.Hands(), 1+size*size*count/grain)
	s.width = ceilDiv(s.panels, tasks)
	run(s, ceilDiv(s.panels, s.width))
	s.x = operand{}
	solves.put(s)
}

// packTriangle packs L by groups of solveRows rows: for the group that starts
// at row r, first its r columns left of the diagonal block in panels of mr rows,
// then the diagonal block with the inverse of its diagonal. Rows beyond the last
// are those of the unit matrix.
func (s *solve) packTriangle(t operand, unit bool) {
	mr, _ := s.kernel.tile()
	n := roundUp(s.size, solveRows)
	if s.packed == nil {
		s.packed = make([]float64, solveMax*(solveMax+solveRows)/2)
	}
	dst := s.packed
	for r := 0; r < n; r += solveRows {
		h := min(solveRows, s.size-r)
		left := dst[:solveRows*r]
		switch {
		case r == 0: // nothing to the left
		case s.reversed:
			s.packReversed(left, t, r, h)
		default:
			clear(left) // panels beyond the last row are not packed
			t.pack(left, mr, r, h, 0, r)
		}
		s.packDiagonal(dst[solveRows*r:solveRows*(r+solveRows)], t, r, h, unit)
		dst = dst[solveRows*(r+solveRows):]
	}
}

// packReversed packs the columns left of the diagonal of h rows from row r.
func (s *solve) packReversed(dst []float64, t operand, r, h int) {
	mr, _ := s.kernel.tile()
	clear(dst)
	last := s.size - 1
	for l := range r {
		for i := range h {
			dst[i/mr*mr*r+l*mr+i%mr] = t.at(last-r-i, last-l)
		}
	}
}

// packDiagonal packs the diagonal block of h rows from row r.
func (s *solve) packDiagonal(dst []float64, t operand, r, h int, unit bool) {
	if s.reversed {
		r = s.size - 1 - r
	}
	clear(dst)
	for i := range solveRows {
		dst[i*solveRows+i] = 1
	}
	for i := range h {
		for k := range i + 1 {
			switch {
			case k == i && unit:
			case s.reversed:
				dst[i*solveRows+k] = t.at(r-i, r-k)
			default:
				dst[i*solveRows+k] = t.at(r+i, r+k)
			}
		}
		dst[i*solveRows+i] = 1 / dst[i*solveRows+i]
	}
}

// do solves for one group of panels of nr columns.
func (s *solve) do(i int, ws *workspace) {
	_, nr := s.kernel.tile()
	rows := roundUp(s.size, solveRows)
	ws.grow(0, rows*nr)
	panel := ws.b[:rows*nr]
	for q := i * s.width; q < min((i+1)*s.width, s.panels); q++ {
		j, cols := q*nr, min(nr, s.count-q*nr)
		clear(panel[s.size*nr:])
		s.x.t().packPanel(panel[:s.size*nr], nr, j, cols, 0, s.size)
		s.prepare(panel[:s.size*nr], nr)
		s.substitute(panel, nr)
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

// substitute solves for one panel: X_r = L_rr^-1 (X_r - L_r,<r X_<r), r the
// groups of solveRows rows.
func (s *solve) substitute(panel []float64, nr int) {
	mr, _ := s.kernel.tile()
	l := s.packed
	for r := 0; r < len(panel)/nr; r += solveRows {
		x := panel[r*nr:]
		if r > 0 {
			for i := 0; i < solveRows; i += mr {
				s.kernel.multiplyTile(r, l[i*r:], panel, nr, x[i*nr:], nr, mr, nr, -1, 1, nil)
			}
		}
		s.kernel.solveTile(l[solveRows*r:], x)
		l = l[solveRows*(r+solveRows):]
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
