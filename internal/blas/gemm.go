package blas

import "gonum.org/v1/gonum/blas"

// Dgemm computes
//
//	C = alpha op(A) op(B) + beta C
//
// op(A) m x k, op(B) k x n, C m x n, op(A) = A or A' as tA says. C is not read
// if beta = 0. No product is left out: 0 * NaN in A or B gives NaN.
func (impl Implementation) Dgemm(tA, tB blas.Transpose, m, n, k int, alpha float64, a []float64, lda int, b []float64, ldb int, beta float64, c []float64, ldc int) {
	x, y := op(tA, a, lda), op(tB, b, ldb)
	if machine == portable || alpha == 0 || !isTranspose(tA) || !isTranspose(tB) || min(m, n, k) < 1 ||
		!x.fits(m, k) || !y.fits(k, n) || !op(blas.NoTrans, c, ldc).fits(m, n) {
		impl.Implementation.Dgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
		return
	}
	switch {
	case m*n*k < smallProduct && max(m, n) <= 2*64: // few of gonum's blocks: it stays on one goroutine
		impl.Implementation.Dgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
	case m < 4 || y.trans && m < thinMax:
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
