package solver

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/lapack/lapack64"
)

// dampedRows finds the steps of marquardt by an n x n system, however many the
// weights. As relu is homogeneous, J theta = 2 relu(XW')a = 2f. With mu =
// n (beta + lambda) and s = beta / (beta + lambda) the step is
//
//	delta = J'u - s theta,    (J J' + mu I) u + gamma 1 = 2 s f - r,    1'u = 0,
//	J J' = (X X') o (A diag(a^2) A') + H H',    A = 1[XW' > 0],  H = relu(XW').
type dampedRows struct {
	outer          blas64.General   // n x n, upper triangle: X X'
	kernel, factor blas64.Symmetric // n x n: J J', and J J' + mu I factored
	u, one         []float64        // n
}

// newRows returns a system that shares X X' with the others.
func (t *FixedWidth) newRows() *dampedRows {
	n, _ := t.x.dims()
	if t.outer.Data == nil {
		t.outer = outerProduct(t.x)
	}
	square := func() blas64.Symmetric {
		return blas64.Symmetric{N: n, Stride: n, Data: make([]float64, n*n), Uplo: blas.Upper}
	}
	return &dampedRows{outer: t.outer, kernel: square(), factor: square(), u: make([]float64, n), one: make([]float64, n)}
}

// outerProduct is the upper triangle of X X'.
func outerProduct(x design) blas64.General {
	n, d := x.dims()
	out := newGeneral(n, n)
	if dense, ok := x.(*denseDesign); ok {
		blas64.Syrk(blas.Trans, 1, dense.xt, 0, blas64.Symmetric{N: n, Stride: n, Data: out.Data, Uplo: blas.Upper})
		return out
	}
	row := newGeneral(1, d)
	for i := range n {
		clear(row.Data)
		x.row(i, func(k int, v float64) { row.Data[k] = v })
		x.mul(blas64.General{Rows: 1, Cols: n, Stride: n, Data: rowOf(out, i)}, row)
	}
	return out
}

func (t *dampedRows) form(q *marquardt, _ []float64) {
	n := q.n
	blas64.Syrk(blas.Trans, 1, q.mask, 0, t.kernel)
	parallel(n, func(i int) {
		floats.Mul(t.kernel.Data[i*n+i:i*n+n], t.outer.Data[i*n+i:i*n+n])
	})
	blas64.Syrk(blas.Trans, 1, q.h, 1, t.kernel)
}

func (t *dampedRows) step(next, v []float64, q *marquardt, lambda float64) bool {
	s := q.beta / (q.beta + lambda)
	copy(t.factor.Data, t.kernel.Data)
	for i := range q.n {
		t.factor.Data[i*q.n+i] += float64(q.n) * (q.beta + lambda)
		t.u[i], t.one[i] = 2*s*q.f[i]-q.r[i], 1
	}
	r, ok := lapack64.Potrf(t.factor)
	if !ok {
		return false
	}
	gamma := 0.0
	solveFactored(r, t.u)
	if q.intercept {
		solveFactored(r, t.one)
		gamma = floats.Sum(t.u) / floats.Sum(t.one)
		floats.AddScaled(t.u, -gamma, t.one)
	}
	t.move(next, v, q, 1-s)
	*q.constant(next) = *q.constant(v) + gamma
	return true
}

// move sets the weights of next to keep theta + J'u.
func (t *dampedRows) move(next, v []float64, q *marquardt, keep float64) {
	a, na := q.outputs(v), q.outputs(next)
	parallel(q.m, func(j int) {
		hj, zj := rowOf(q.h, j), rowOf(q.z, j)
		na[j] = a[j]*keep + floats.Dot(hj, t.u)
		for i, h := range hj {
			zj[i] = 0
			if h > 0 {
				zj[i] = t.u[i]
			}
		}
	})
	q.x.mulTrans(q.c, q.z)
	for j, aj := range a {
		nj := rowOf(q.weights(next), j)
		floats.ScaleTo(nj, keep, rowOf(q.weights(v), j))
		floats.AddScaled(nj, aj, rowOf(q.c, j))
	}
}
