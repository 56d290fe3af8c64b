package blas

import "gonum.org/v1/gonum/blas"

// Dtrsv solves op(A) x = b for the n-vector x, which replaces b; A is n x n
// triangular as in Dtrsm. Halving leaves most of the work to Dgemv.
func (impl Implementation) Dtrsv(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int, a []float64, lda int, x []float64, incX int) {
	t := op(tA, a, lda)
	if machine == portable || n <= vectorMax || incX < 1 || len(x) < (n-1)*incX+1 ||
		!isUplo(ul) || !isTranspose(tA) || d != blas.NonUnit && d != blas.Unit || !t.fits(n, n) {
		impl.Implementation.Dtrsv(ul, tA, d, n, a, lda, x, incX)
		return
	}
	h := roundUp(n/2, 8)
	t22, x2 := t.from(h, h).data, x[h*incX:]
	if (ul == blas.Lower) != t.trans {
		impl.Dtrsv(ul, tA, d, h, a, lda, x, incX)
		impl.subtractVector(x2, t.from(h, 0), x, n-h, h, incX)
		impl.Dtrsv(ul, tA, d, n-h, t22, lda, x2, incX)
		return
	}
	impl.Dtrsv(ul, tA, d, n-h, t22, lda, x2, incX)
	impl.subtractVector(x, t.from(0, h), x2, h, n-h, incX)
	impl.Dtrsv(ul, tA, d, h, a, lda, x, incX)
}

// vectorMax is the largest triangle that gonum solves for a vector at once.
const vectorMax = 32

// subtractVector sets y = y - op(A) x, op(A) m x k.
func (impl Implementation) subtractVector(y []float64, a operand, x []float64, m, k, inc int) {
	if a.trans {
		impl.Dgemv(blas.Trans, k, m, -1, a.data, a.ld, x, inc, 1, y, inc)
		return
	}
	impl.Dgemv(blas.NoTrans, m, k, -1, a.data, a.ld, x, inc, 1, y, inc)
}

// solveVectors solves T X = alpha X for few columns, one after another. ul is
// the triangle of the stored matrix.
func (impl Implementation) solveVectors(t, x operand, size, count int, alpha float64, ul blas.Uplo, d blas.Diag) {
	tA, inc := blas.NoTrans, x.ld
	if t.trans {
		tA = blas.Trans
	}
	if x.trans {
		inc = 1
	}
	for j := range count {
		v := x.from(0, j).data
		if alpha != 1 {
			impl.Dscal(size, alpha, v, inc)
		}
		impl.Dtrsv(ul, tA, d, size, t.data, t.ld, v, inc)
	}
}
