package blas

import "gonum.org/v1/gonum/blas"

// Dsyrk computes one triangle of the symmetric n x n matrix
//
//	C = alpha A A' + beta C   if tA is NoTrans, A n x k
//	C = alpha A' A + beta C   otherwise, A k x n
//
// The other triangle is neither read nor written, and none of C is read if
// beta = 0.
func (impl Implementation) Dsyrk(ul blas.Uplo, tA blas.Transpose, n, k int, alpha float64, a []float64, lda int, beta float64, c []float64, ldc int) {
	x := op(tA, a, lda)
	if machine == portable || alpha == 0 || n < 4 || k < 1 || n*n*k < smallProduct ||
		!isUplo(ul) || !isTranspose(tA) || !x.fits(n, k) || !op(blas.NoTrans, c, ldc).fits(n, n) {
		impl.Implementation.Dsyrk(ul, tA, n, k, alpha, a, lda, beta, c, ldc)
		return
	}
	part := upper
	if ul == blas.Lower {
		part = lower
	}
	multiply(part, n, n, k, alpha, x, x.t(), beta, c, ldc)
}

func isUplo(ul blas.Uplo) bool { return ul == blas.Upper || ul == blas.Lower }
