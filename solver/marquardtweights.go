package solver

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/lapack/lapack64"
)

// dampedWeights finds the steps of marquardt by the normal equations, of the
// order of the variables (W, a, c), J with the column 1 of the constant:
//
//	(J'J + n (beta + lambda) I_0) step = -(J'r + n beta I_0 (W, a, c)),
//
// I_0 the identity without the entry of the constant.
type dampedWeights struct {
	jt           blas64.General   // p x n: J'
	gram, factor blas64.Symmetric // p x p
	gradient     []float64        // J'r
	b            []float64
}

func newDampedWeights(q *marquardt) *dampedWeights {
	p := len(q.grad)
	square := func() blas64.Symmetric {
		return blas64.Symmetric{N: p, Stride: p, Data: make([]float64, p*p), Uplo: blas.Upper}
	}
	return &dampedWeights{jt: newGeneral(p, q.n), gram: square(), factor: square(), gradient: make([]float64, p), b: make([]float64, p)}
}

func (t *dampedWeights) form(q *marquardt, v []float64) {
	n, d, m := q.n, q.d, q.m
	a := q.outputs(v)
	clear(t.jt.Data[:m*d*n])
	for i := range n {
		q.x.row(i, func(k int, x float64) {
			for j, aj := range a {
				if q.h.Data[j*n+i] > 0 {
					t.jt.Data[(j*d+k)*n+i] = aj * x
				}
			}
		})
	}
	copy(t.jt.Data[m*d*n:], q.h.Data)
	if q.intercept {
		for i := range n {
			t.jt.Data[m*(d+1)*n+i] = 1
		}
	}
	blas64.Syrk(blas.NoTrans, 1, t.jt, 0, t.gram)
	blas64.Gemv(blas.NoTrans, 1, t.jt, vector(q.r), 0, vector(t.gradient))
}

func (t *dampedWeights) firstDamping(q *marquardt, _ []float64) float64 { return q.meanDamping() }

func (t *dampedWeights) step(next, v []float64, q *marquardt, lambda float64) bool {
	p, n := t.gram.N, float64(q.n)
	copy(t.factor.Data, t.gram.Data)
	for i := range p - 1 {
		t.factor.Data[i*p+i] += n * (q.beta + lambda)
		t.b[i] = -t.gradient[i] - n*q.beta*v[i]
	}
	t.b[p-1] = -t.gradient[p-1]
	if !q.intercept {
		t.factor.Data[p*p-1] = 1
	}
	r, ok := lapack64.Potrf(t.factor)
	if !ok {
		return false
	}
	solveFactored(r, t.b)
	floats.AddTo(next, v, t.b)
	return true
}
