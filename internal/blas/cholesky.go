package blas

import (
	"math"

	"gonum.org/v1/gonum/blas"
	lapack "gonum.org/v1/gonum/lapack/gonum"
)

// Lapack is gonum's LAPACK with a Dpotrf of its own.
type Lapack struct {
	lapack.Implementation
}

// choleskyMax is the largest matrix factored entry by entry.
const choleskyMax = 24

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
		if ul == blas.Upper {
			return choleskyUpper(n, a, lda)
		}
		return choleskyLower(n, a, lda)
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

// choleskyUpper: row k of U, then its square off the rows below.
func choleskyUpper(n int, a []float64, lda int) bool {
	for k := range n {
		row := a[k*lda+k : k*lda+n]
		if !(row[0] > 0) {
			return false
		}
		row[0] = math.Sqrt(row[0])
		inverse := 1 / row[0]
		for j := 1; j < len(row); j++ {
			row[j] *= inverse
		}
		for i := 1; i < len(row); i++ {
			v, below := row[i], a[(k+i)*lda+k+i:][:len(row)-i]
			for j, u := range row[i:] {
				below[j] -= float64(v * u)
			}
		}
	}
	return true
}

// choleskyLower: row i of L from the rows above it.
func choleskyLower(n int, a []float64, lda int) bool {
	for i := range n {
		row := a[i*lda : i*lda+i+1]
		for j := range row {
			v := row[j]
			for k, l := range a[j*lda : j*lda+j] {
				v -= float64(l * row[k])
			}
			if j < i {
				row[j] = v / a[j*lda+j]
				continue
			}
			if !(v > 0) {
				return false
			}
			row[j] = math.Sqrt(v)
		}
	}
	return true
}
