package train

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/internal/dense"
	"multigrade/solver/internal/operator"
)

// dampedWeights finds the steps of marquardt by the normal equations, of the
// order of the variables (W, a, c), J with the column 1 of the constant:
//
//	(J'J + n (beta + lambda) I_0) step = -(J'r + n beta I_0 (W, a, c)),
//
// I_0 the identity without the entry of the constant.
type dampedWeights struct {
	Jt           blas64.General   // p x n: J'
	gram, factor blas64.Symmetric // p x p
	gradient     []float64        // J'r
	b            []float64
}

func NewDampedWeights(q *Marquardt) *dampedWeights {
	p := len(q.Grad)
	square := func() blas64.Symmetric {
		return blas64.Symmetric{N: p, Stride: p, Data: make([]float64, p*p), Uplo: blas.Upper}
	}
	return &dampedWeights{Jt: operator.NewGeneral(p, q.N), gram: square(), factor: square(), gradient: make([]float64, p), b: make([]float64, p)}
}

func (t *dampedWeights) Form(q *Marquardt, v []float64) {
	n, d, m := q.N, q.D, q.M
	a := q.Outputs(v)
	clear(t.Jt.Data[:m*d*n])
	for i := range n {
		q.x.Row(i, func(k int, x float64) {
			for j, aj := range a {
				if q.H.Data[j*n+i] > 0 {
					t.Jt.Data[(j*d+k)*n+i] = aj * x
				}
			}
		})
	}
	copy(t.Jt.Data[m*d*n:], q.H.Data)
	if q.Intercept {
		for i := range n {
			t.Jt.Data[m*(d+1)*n+i] = 1
		}
	}
	dense.Syrk(blas.NoTrans, 1, t.Jt, 0, t.gram)
	dense.Gemv(blas.NoTrans, 1, t.Jt, operator.Vector(q.R), 0, operator.Vector(t.gradient))
}

func (t *dampedWeights) firstDamping(q *Marquardt, _ []float64) float64 { return q.meanDamping() }

func (t *dampedWeights) Step(next, v []float64, q *Marquardt, lambda float64) bool {
	p, n := t.gram.N, float64(q.N)
	copy(t.factor.Data, t.gram.Data)
	for i := range p - 1 {
		t.factor.Data[i*p+i] += n * (q.Beta + lambda)
		t.b[i] = -t.gradient[i] - n*q.Beta*v[i]
	}
	t.b[p-1] = -t.gradient[p-1]
	if !q.Intercept {
		t.factor.Data[p*p-1] = 1
	}
	r, ok := dense.Potrf(t.factor)
	if !ok {
		return false
	}
	operator.SolveFactored(r, t.b)
	floats.AddTo(next, v, t.b)
	return true
}
