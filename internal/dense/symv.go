package dense

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
)

// Symv computes y = alpha A x + beta y for a symmetric n x n matrix of which
// the triangle a.Uplo is read. x and y must be of one piece (Inc 1); it panics
// if they are not, or if the sizes do not match.
func Symv(alpha float64, a blas64.Symmetric, x blas64.Vector, beta float64, y blas64.Vector) {
	checkSymmetric(a, x, y)
	scale(beta, y.Data[:a.N])
	for i := range a.N {
		from, to := rowOfTriangle(a.Uplo, a.N, i)
		row := a.Data[i*a.Stride : i*a.Stride+a.N]
		y.Data[i] += float64(alpha * machine.dot(row[from:to], x.Data[from:to]))
		if a.Uplo == blas.Upper { // the mirrored entries, without the diagonal
			from++
		} else {
			to--
		}
		machine.axpy(alpha*x.Data[i], row[from:to], y.Data[from:to])
	}
}

// Syr2 computes A = A + alpha (x y' + y x') in the triangle a.Uplo, under the
// conditions of Symv.
func Syr2(alpha float64, x, y blas64.Vector, a blas64.Symmetric) {
	checkSymmetric(a, x, y)
	for i := range a.N {
		from, to := rowOfTriangle(a.Uplo, a.N, i)
		row := a.Data[i*a.Stride+from : i*a.Stride+to]
		machine.axpy(alpha*x.Data[i], y.Data[from:to], row)
		machine.axpy(alpha*y.Data[i], x.Data[from:to], row)
	}
}

func checkSymmetric(a blas64.Symmetric, x, y blas64.Vector) {
	switch {
	case !isUplo(a.Uplo):
		panic(badTriangle)
	case x.N != a.N || y.N != a.N:
		panic(badShape)
	case x.Inc != 1 || y.Inc != 1 || len(x.Data) < a.N || len(y.Data) < a.N:
		panic(badLength)
	case a.N > 0 && !(operand{data: a.Data, ld: a.Stride}).fits(a.N, a.N):
		panic(badLength)
	}
}
