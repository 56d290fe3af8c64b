package operator

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"multigrade/internal/dense"
)

// SolveFactored overwrites b with (R'R)^{-1} b.
func SolveFactored(r blas64.Triangular, b []float64) {
	v := blas64.Vector{N: len(b), Inc: 1, Data: b}
	dense.Trsv(blas.Trans, r, v)
	dense.Trsv(blas.NoTrans, r, v)
}

// LargestInterior is the order of linear system up to which Auto takes the
// interior-point method.
const LargestInterior = 8000
