package operator

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/lapack"
	"gonum.org/v1/gonum/lapack/lapack64"

	"multigrade/internal/dense"
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
	room := Roundoff(4*(n+Columns(x)*d)) * trace
	if d >= provedFrom {
		if top, ok := aboveSpectrum(k); ok {
			return math.Min(trace, top) + room
		}
	}
	eig, work := make([]float64, d), make([]float64, 1)
	lapack64.Syev(lapack.EVNone, k, eig, work, -1)
	work = make([]float64, int(work[0]))
	if !lapack64.Syev(lapack.EVNone, k, eig, work, len(work)) {
		return trace
	}
	return math.Min(trace, eig[d-1]) + room
}

// provedFrom columns on the eigenvalues, which are found by one processor (d = 784: .4 s), are not found.
const provedFrom = 192

// aboveSpectrum is a bound of the largest eigenvalue of K >= 0, hardly above it: t where t I - K has
// a Cholesky factor, which is that of a matrix within d gamma_(d+1) t of it. What the power method
// says of the eigenvalue is where t is looked for.
func aboveSpectrum(k blas64.Symmetric) (t float64, ok bool) {
	const steps, settled = 60, 1e-12
	d := k.N
	rng := rand.New(rand.NewPCG(1, uint64(d)))
	v, kv := make([]float64, d), make([]float64, d)
	for i := range v {
		v[i] = rng.NormFloat64()
	}
	floats.Scale(1/floats.Norm(v, 2), v)
	most := 0.0
	for range steps {
		dense.Symv(1, k, blas64.Vector{N: d, Inc: 1, Data: v}, 0, blas64.Vector{N: d, Inc: 1, Data: kv})
		before := most
		if most = floats.Norm(kv, 2); !(most > 0) || math.IsInf(most, 1) {
			return 0, false
		}
		floats.ScaleTo(v, 1/most, kv)
		if most-before <= settled*most {
			break
		}
	}
	shifted := blas64.Symmetric{N: d, Stride: d, Uplo: k.Uplo, Data: make([]float64, len(k.Data))}
	for _, above := range []float64{1e-9, 1e-6, 1e-4, 1e-2} {
		t = most * (1 + above)
		for i := range d {
			row := shifted.Data[i*d : i*d+d]
			floats.ScaleTo(row, -1, k.Data[i*k.Stride:i*k.Stride+d])
			row[i] += t
		}
		if _, ok := dense.Potrf(shifted); ok {
			return t * (1 + float64(d)*Roundoff(2*d)), true
		}
	}
	return 0, false
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
