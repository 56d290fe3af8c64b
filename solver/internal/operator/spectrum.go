package operator

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack"
	"gonum.org/v1/gonum/lapack/lapack64"
)

// LargestEigenvalue is lambda_max(X' diag(w) X) for w >= 0, with room for the
// rounding errors of its computation.
func LargestEigenvalue(x Design, w []float64) float64 {
	n, d := x.Dims()
	k := blas64.Symmetric{N: d, Stride: d, Data: make([]float64, d*d), Uplo: blas.Upper}
	x.Gram(k.Data, w)
	trace := 0.0
	for a := range d {
		trace += k.Data[a*d+a]
	}
	eig, work := make([]float64, d), make([]float64, 1)
	lapack64.Syev(lapack.EVNone, k, eig, work, -1)
	work = make([]float64, int(work[0]))
	if !lapack64.Syev(lapack.EVNone, k, eig, work, len(work)) {
		return trace
	}
	return math.Min(trace, eig[d-1]) + Roundoff(4*(n+Columns(x)*d))*trace
}

type spectralNorm struct{}

// SpectralNorm is |X|_2, with room for the rounding errors, found once.
func SpectralNorm(x Design) float64 {
	return booked(x, spectralNorm{}, func(x Design) float64 {
		n, _ := x.Dims()
		ones := make([]float64, n)
		for i := range ones {
			ones[i] = 1
		}
		return math.Sqrt(LargestEigenvalue(x, ones))
	})
}

// MeanSquare is the mean eigenvalue of X'X, 1 if X is zero.
func MeanSquare(x Design) float64 {
	n, d := x.Dims()
	sum := 0.0
	for i := range n {
		x.Row(i, func(_ int, v float64) { sum += v * v })
	}
	if sum == 0 {
		return 1
	}
	return sum / float64(d)
}
