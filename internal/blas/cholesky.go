package blas

import (
	"gonum.org/v1/gonum/blas"
	lapack "gonum.org/v1/gonum/lapack/gonum"
)

// Lapack is gonum's LAPACK with a Dpotrf of its own.
type Lapack struct {
	lapack.Implementation
}

// choleskyMax is the largest matrix factored column by column, by gonum.
const choleskyMax = 48

// Dpotrf factors the symmetric positive definite n x n matrix A in place:
// A = U' U in the upper triangle or A = L L' in the lower one. The other
// triangle is neither read nor written. ok is false if a pivot is not
// positive; the triangle is then partly overwritten.
//
// The method is recursive: factor the leading half, solve for the block beside
// it, subtract its square from the trailing half, factor that.
func (impl Lapack) Dpotrf(ul blas.Uplo, n int, a []float64, lda int) (ok bool) {
	if machine == portable || n == 0 || !isUplo(ul) || !op(blas.NoTrans, a, lda).fits(n, n) {
		return impl.Implementation.Dpotrf(ul, n, a, lda)
	}
	return cholesky(ul, n, a, lda)
}

func cholesky(ul blas.Uplo, n int, a []float64, lda int) bool {
	if n <= choleskyMax {
		return lapack.Implementation{}.Dpotf2(ul, n, a, lda)
	}
	h := roundUp(n/2, maxColumns)
	if !cholesky(ul, h, a, lda) {
		return false
	}
	var impl Implementation
	trailing := a[h*lda+h:]
	if ul == blas.Upper {
		impl.Dtrsm(blas.Left, ul, blas.Trans, blas.NonUnit, h, n-h, 1, a, lda, a[h:], lda)
		impl.Dsyrk(ul, blas.Trans, n-h, h, -1, a[h:], lda, 1, trailing, lda)
	} else {
		impl.Dtrsm(blas.Right, ul, blas.Trans, blas.NonUnit, n-h, h, 1, a, lda, a[h*lda:], lda)
		impl.Dsyrk(ul, blas.NoTrans, n-h, h, -1, a[h*lda:], lda, 1, trailing, lda)
	}
	return cholesky(ul, n-h, trailing, lda)
}
