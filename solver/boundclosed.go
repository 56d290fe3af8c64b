package solver

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/lapack"
	"gonum.org/v1/gonum/lapack/lapack64"
)

// closedForm bounds m(nu) for ReLU without a search, by
//
//	m(nu) <= 1/2 |X'nu| + 1/2 max over s of sqrt( sum (s nu)+ lambda_s ),
//	lambda_s >= lambda_max(X' diag((s nu)+) X)
//
// (see GlobalBound). plus and minus are the lambda_s.
type closedForm struct {
	bound       float64
	plus, minus float64
}

func newClosedForm(x design, nu []float64) closedForm {
	n, d := x.dims()
	c := newGeneral(1, d)
	x.mulTrans(c, blas64.General{Rows: 1, Cols: n, Stride: n, Data: nu})
	magnitude := 0.0
	norms := rowNorms(x)
	for i, v := range nu {
		magnitude += math.Abs(v) * norms[i]
	}
	linear := floats.Norm(c.Data, 2) + roundoff(n+d+4)*magnitude
	side := func(s float64) (eigen, root float64) {
		part := make([]float64, n)
		for i, v := range nu {
			part[i] = math.Max(s*v, 0)
		}
		eigen = largestEigenvalue(x, part)
		return eigen, math.Sqrt(floats.Sum(part) * eigen)
	}
	f := closedForm{}
	var p, m float64
	f.plus, p = side(1)
	f.minus, m = side(-1)
	f.bound = (linear + math.Max(p, m)) / 2 * (1 + roundoff(4*n))
	return f
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
