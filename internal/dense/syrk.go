package dense

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
)

// Syrk computes
//
//	C = alpha op(A) op(A)' + beta C
//
// in the triangle c.Uplo of C; op(A) is n x k, C n x n. The other triangle is
// neither read nor written, the one asked for not read if beta = 0. It panics
// if the sizes do not match.
func Syrk(tA blas.Transpose, alpha float64, a blas64.General, beta float64, c blas64.Symmetric) {
	n, k := turned(tA, a.Rows, a.Cols)
	if n != c.N {
		panic(badShape)
	}
	dsyrk(c.Uplo, tA, n, k, alpha, a.Data, a.Stride, beta, c.Data, c.Stride)
}

func dsyrk(ul blas.Uplo, tA blas.Transpose, n, k int, alpha float64, a []float64, lda int, beta float64, c []float64, ldc int) {
	x := op(tA, a, lda)
	switch {
	case !isUplo(ul):
		panic(badTriangle)
	case !isTranspose(tA):
		panic(badTranspose)
	case min(n, k) < 0:
		panic(badShape)
	case n == 0:
		return
	case !op(blas.NoTrans, c, ldc).fits(n, n):
		panic(badLength)
	case k == 0 || alpha == 0:
		for i := range n {
			from, to := rowOfTriangle(ul, n, i)
			scale(beta, c[i*ldc+from:i*ldc+to])
		}
		return
	case !x.fits(n, k):
		panic(badLength)
	}
	if n < 4 || n*n*k < smallProduct {
		for i := range n {
			from, to := rowOfTriangle(ul, n, i)
			multiplyThin(x.from(i, 0), x.from(from, 0).t(), 1, to-from, k, alpha, beta, c[i*ldc+from:], ldc, 1)
		}
		return
	}
	part := upper
	if ul == blas.Lower {
		part = lower
	}
	multiply(part, n, n, k, alpha, x, x.t(), beta, c, ldc)
}

// rowOfTriangle returns the columns of row i that lie in the triangle ul.
func rowOfTriangle(ul blas.Uplo, n, i int) (from, to int) {
	if ul == blas.Upper {
		return i, n
	}
	return 0, i + 1
}

func isUplo(ul blas.Uplo) bool { return ul == blas.Upper || ul == blas.Lower }
