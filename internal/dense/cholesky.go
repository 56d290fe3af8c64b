package dense

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
)

// choleskyMax is the largest matrix factored row by row.
const choleskyMax = 48

// Potrf factors the symmetric positive definite n x n matrix A in place:
// A = U' U in the upper triangle or A = L L' in the lower one, and returns the
// factor, which shares the storage of A. The other triangle is neither read nor
// written. ok is false if a pivot is not positive; the triangle is then partly
// overwritten. It panics if the storage is too short.
//
// The method is recursive: factor the leading half, solve for the block beside
// it, subtract its square from the trailing half, factor that.
func Potrf(a blas64.Symmetric) (t blas64.Triangular, ok bool) {
	t = blas64.Triangular{Uplo: a.Uplo, Diag: blas.NonUnit, N: a.N, Data: a.Data, Stride: a.Stride}
	return t, dpotrf(a.Uplo, a.N, a.Data, a.Stride)
}

func dpotrf(ul blas.Uplo, n int, a []float64, lda int) (ok bool) {
	switch {
	case !isUplo(ul):
		panic(badTriangle)
	case n < 0:
		panic(badShape)
	case n == 0:
		return true
	case !op(blas.NoTrans, a, lda).fits(n, n):
		panic(badLength)
	}
	return cholesky(ul, n, a, lda)
}

func cholesky(ul blas.Uplo, n int, a []float64, lda int) bool {
	if n <= choleskyMax {
		if ul == blas.Upper {
			return machine.choleskyUpper(n, a, lda)
		}
		return machine.choleskyLower(n, a, lda)
	}
	h := roundUp(n/2, maxColumns)
	if !cholesky(ul, h, a, lda) {
		return false
	}
	trailing := a[h*lda+h:]
	if ul == blas.Upper {
		dtrsm(blas.Left, ul, blas.Trans, blas.NonUnit, h, n-h, 1, a, lda, a[h:], lda)
		dsyrk(ul, blas.Trans, n-h, h, -1, a[h:], lda, 1, trailing, lda)
	} else {
		dtrsm(blas.Right, ul, blas.Trans, blas.NonUnit, n-h, h, 1, a, lda, a[h*lda:], lda)
		dsyrk(ul, blas.NoTrans, n-h, h, -1, a[h*lda:], lda, 1, trailing, lda)
	}
	return cholesky(ul, n-h, trailing, lda)
}

// choleskyUpper computes one row of U after the other: what is left of row j of
// A when the multiples of the rows above are subtracted, over its first entry's
// root.
func (s instructions) choleskyUpper(n int, a []float64, lda int) bool {
	var above [choleskyMax]float64 // column j of U
	for j := range n {
		for k := range j {
			above[k] = a[k*lda+j]
		}
		row := a[j*lda+j : j*lda+n]
		s.addRows(-1, a[j:], lda, above[:j], row)
		if !(row[0] > 0) {
			return false
		}
		row[0] = math.Sqrt(row[0])
		scale(1/row[0], row[1:])
	}
	return true
}

// choleskyLower computes one column of L after the other: what is left of column
// j of A when the products of the rows to the left are subtracted, over its
// first entry's root.
func (s instructions) choleskyLower(n int, a []float64, lda int) bool {
	for j := range n {
		column := a[j*lda+j:]
		s.rowDots(n-j, -1, a[j*lda:], lda, a[j*lda:j*lda+j], 1, column, lda)
		if !(column[0] > 0) {
			return false
		}
		column[0] = math.Sqrt(column[0])
		r := 1 / column[0]
		for i := 1; i < n-j; i++ {
			column[i*lda] *= r
		}
	}
	return true
}
