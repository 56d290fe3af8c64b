package solver

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/lapack"
	"gonum.org/v1/gonum/lapack/lapack64"
)

// GlobalBound is a lower bound of the optimum of the training problem over all
// activation patterns, not only the listed ones, from the certificate's nu
// alone. For ReLU it scales nu by the closed-form bound
//
//	m(nu) = max_{|w| <= 1} |nu'relu(Xw)|
//	     <= 1/2 |X'nu| + 1/2 sqrt( sum(nu+) lambda_max(X' diag(nu+) X) )
//
// and the same with -nu, the larger of the two (since relu(a) = (a + |a|)/2, and
// sum nu+_i |x_i.w| by Cauchy's inequality). For gated units
// |X'D nu| <= sqrt(lambda_max(X'X)) |nu| is used. It always holds and is loose:
// gaps of tens of percent are common.
func GlobalBound(p *Problem, nu []float64) (float64, error) {
	x, err := newDesign(p.X)
	if err != nil {
		return 0, err
	}
	n := len(nu)
	var m float64
	if p.Activation == ReLU {
		m = math.Max(oneSided(x, nu, 1), oneSided(x, nu, -1))
	} else {
		ones := make([]float64, n)
		for i := range ones {
			ones[i] = 1
		}
		m = math.Sqrt(largestEigenvalue(x, ones)) * floats.Norm(nu, 2)
	}
	if p.loss() != Squared {
		limit := math.Inf(1)
		if m > 0 {
			limit = p.Beta * float64(n) / (1 + 0x1p-40) / m
		}
		scaled := make([]float64, n)
		floats.ScaleTo(scaled, bestMultiple(p.loss(), nu, p.Y, limit).t, nu)
		return math.Max(0, p.loss().Dual(scaled, p.Y)-p.loss().dualError(scaled, p.Y)), nil
	}
	t, _ := bestScale(nu, p.Y, p.Beta*float64(n)/(1+0x1p-40), m)
	scaled := make([]float64, n)
	floats.ScaleTo(scaled, t, nu)
	return math.Max(0, dualLowerBound(scaled, p.Y)), nil
}

// oneSided bounds max_{|w| <= 1} s nu'relu(Xw).
func oneSided(x design, nu []float64, s float64) float64 {
	n, d := x.dims()
	plus := make([]float64, n)
	for i, v := range nu {
		plus[i] = math.Max(s*v, 0)
	}
	c := newGeneral(1, d)
	x.mulTrans(c, blas64.General{Rows: 1, Cols: n, Stride: n, Data: nu})
	return floats.Norm(c.Data, 2)/2 + math.Sqrt(floats.Sum(plus)*largestEigenvalue(x, plus))/2
}

// largestEigenvalue is lambda_max(X' diag(w) X) for w >= 0, with room for the
// rounding errors of its computation.
func largestEigenvalue(x design, w []float64) float64 {
	n, d := x.dims()
	k := blas64.Symmetric{N: d, Stride: d, Data: make([]float64, d*d), Uplo: blas.Upper}
	x.gram(k.Data, w, make([]float64, n))
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
	return math.Min(trace, eig[d-1]) + roundoff(4*(n+d*d))*trace
}
