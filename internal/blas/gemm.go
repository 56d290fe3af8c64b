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
	if machine == portable || alpha == 0 || smallProduct(m, n, k) ||
		!isTranspose(tA) || !isTranspose(tB) || !x.fits(m, k) || !y.fits(k, n) || !op(blas.NoTrans, c, ldc).fits(m, n) {
		impl.Implementation.Dgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
		return
	}
	multiply(full, m, n, k, alpha, x, y, beta, c, ldc)
}

// smallProduct reports whether packing would cost more than it gains; so do
// empty matrices.
func smallProduct(m, n, k int) bool {
	return m < 3 || n < 3 || k < 3 || m*n*k < 2000
}

func isTranspose(t blas.Transpose) bool {
	return t == blas.NoTrans || t == blas.Trans || t == blas.ConjTrans
}
