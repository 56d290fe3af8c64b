package dense

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
)

// Gemm computes
//
//	C = alpha op(A) op(B) + beta C
//
// op(A) m x k, op(B) k x n, C m x n, op(A) = A or A' as tA says. C is not read
// if beta = 0. No product is left out: 0 * NaN in A or B gives NaN. It panics
// if the sizes do not match.
func Gemm(tA, tB blas.Transpose, alpha float64, a, b blas64.General, beta float64, c blas64.General) {
	m, k := turned(tA, a.Rows, a.Cols)
	l, n := turned(tB, b.Rows, b.Cols)
	if k != l || m != c.Rows || n != c.Cols {
		panic(badShape)
	}
	dgemm(tA, tB, m, n, k, alpha, a.Data, a.Stride, b.Data, b.Stride, beta, c.Data, c.Stride)
}

// Gemv computes y = alpha op(A) x + beta y. It panics if the sizes do not match.
func Gemv(tA blas.Transpose, alpha float64, a blas64.General, x blas64.Vector, beta float64, y blas64.Vector) {
	m, k := turned(tA, a.Rows, a.Cols)
	if x.N != k || y.N != m {
		panic(badShape)
	}
	if m == 0 || k == 0 || alpha == 0 {
		scaleVector(beta, y)
		return
	}
	o := op(tA, a.Data, a.Stride)
	if !o.fits(m, k) || x.Inc < 1 || y.Inc < 1 || len(x.Data) < (k-1)*x.Inc+1 || len(y.Data) < (m-1)*y.Inc+1 {
		panic(badLength)
	}
	// y' = alpha x' op(A)' + beta y', x' stored as a column
	multiplyThin(operand{data: x.Data, ld: x.Inc, trans: x.Inc != 1}, o.t(), 1, m, k, alpha, beta, y.Data, 0, y.Inc)
}

func scaleVector(beta float64, y blas64.Vector) {
	for i := range y.N {
		if beta == 0 {
			y.Data[i*y.Inc] = 0
		} else {
			y.Data[i*y.Inc] *= beta
		}
	}
}

// What illegal arguments panic with.
const (
	badTranspose = "dense: illegal transpose"
	badTriangle  = "dense: illegal triangle"
	badDiagonal  = "dense: illegal diagonal"
	badSide      = "dense: illegal side"
	badShape     = "dense: sizes do not match"
	badLength    = "dense: matrix longer than its storage"
)

// turned returns the size of op(A), A r x c.
func turned(t blas.Transpose, r, c int) (rows, cols int) {
	if !isTranspose(t) {
		panic(badTranspose)
	}
	if t == blas.NoTrans {
		return r, c
	}
	return c, r
}

func dgemm(tA, tB blas.Transpose, m, n, k int, alpha float64, a []float64, lda int, b []float64, ldb int, beta float64, c []float64, ldc int) {
	x, y := op(tA, a, lda), op(tB, b, ldb)
	switch {
	case !isTranspose(tA) || !isTranspose(tB):
		panic(badTranspose)
	case min(m, n, k) < 0:
		panic(badShape)
	case m == 0 || n == 0:
		return
	case !op(blas.NoTrans, c, ldc).fits(m, n):
		panic(badLength)
	case k == 0 || alpha == 0:
		for i := range m {
			scale(beta, c[i*ldc:][:n])
		}
		return
	case !x.fits(m, k) || !y.fits(k, n):
		panic(badLength)
	}
	small := m*n*k < smallProduct
	switch {
	case m < 4 || y.trans && m < thinMax || small && !(x.trans && y.trans):
		multiplyThin(x, y, m, n, k, alpha, beta, c, ldc, 1)
	case n < 4 || !x.trans && n < thinMax:
		multiplyThin(y.t(), x.t(), n, m, k, alpha, beta, c, 1, ldc)
	default:
		multiply(full, m, n, k, alpha, x, y, beta, c, ldc)
	}
}

// smallProduct is the number of multiplications below which packing costs more
// than it gains.
const smallProduct = 2000

func isTranspose(t blas.Transpose) bool {
	return t == blas.NoTrans || t == blas.Trans || t == blas.ConjTrans
}
