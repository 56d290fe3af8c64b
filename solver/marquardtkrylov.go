package solver

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
)

// dampedKrylov finds the steps of marquardt by conjugate gradients on the normal
// equations of dampedWeights, with products only:
//
//	(J'J + n (beta + lambda) I_0) step = -(J'r + n beta I_0 (W, a, c)),
//
// for problems where neither system fits. It is ended early: the damping makes
// up for it.
type dampedKrylov struct {
	w        []float64 // the weights and outputs the products are at
	gradient []float64 // J'r
	jp       []float64 // n
	rows     blas64.General
	cg       *conjugate
}

// Iterations of a step, and the residual, relative to the first, that ends it.
const (
	krylovSteps = 40
	krylovTol   = 1e-3
)

func newDampedKrylov(q *marquardt) *dampedKrylov {
	return &dampedKrylov{gradient: make([]float64, len(q.grad)), jp: make([]float64, q.n), rows: newGeneral(q.m, q.n), cg: newConjugate(len(q.grad))}
}

func (t *dampedKrylov) form(q *marquardt, v []float64) {
	t.w = append(t.w[:0], v...)
	t.transposed(t.gradient, q, q.r)
}

// times sets out = J p: per row sum_j a_j 1[h_j > 0] (x.p_j) + h_j p_aj, plus the
// constant's part.
func (t *dampedKrylov) times(out []float64, q *marquardt, p []float64) {
	a := q.outputs(t.w)
	q.x.mul(t.rows, q.weights(p))
	parallel(q.m, func(j int) {
		row, pa := rowOf(t.rows, j), q.outputs(p)[j]
		for i, h := range rowOf(q.h, j) {
			if h > 0 {
				row[i] = a[j]*row[i] + h*pa
			} else {
				row[i] = 0
			}
		}
	})
	for i := range out {
		out[i] = *q.constant(p)
	}
	one := make([]float64, q.m)
	floats.AddConst(1, one)
	blas64.Gemv(blas.Trans, 1, t.rows, vector(one), 1, vector(out))
}

// transposed sets out = J'u.
func (t *dampedKrylov) transposed(out []float64, q *marquardt, u []float64) {
	a := q.outputs(t.w)
	parallel(q.m, func(j int) {
		row, sum := rowOf(t.rows, j), 0.0
		for i, h := range rowOf(q.h, j) {
			if h > 0 {
				row[i] = a[j] * u[i]
				sum += h * u[i]
			} else {
				row[i] = 0
			}
		}
		q.outputs(out)[j] = sum
	})
	q.x.mulTrans(q.weights(out), t.rows)
	*q.constant(out) = 0
	if q.intercept {
		*q.constant(out) = floats.Sum(u)
	}
}

// dampedNormal is J'J + shift I_0, without a preconditioner.
type dampedNormal struct {
	*dampedKrylov
	q     *marquardt
	shift float64
}

func (t *dampedNormal) apply(out, p []float64) {
	t.times(t.jp, t.q, p)
	t.transposed(out, t.q, t.jp)
	last := len(p) - 1
	floats.AddScaled(out[:last], t.shift, p[:last])
}

func (t *dampedNormal) precondition([]float64) {}

func (t *dampedKrylov) firstDamping(q *marquardt, _ []float64) float64 { return q.meanDamping() }

func (t *dampedKrylov) step(next, v []float64, q *marquardt, lambda float64) bool {
	last, n := len(v)-1, float64(q.n)
	b := floats.AddScaledTo(make([]float64, len(v)), t.gradient, n*q.beta, v)
	b[last] = t.gradient[last]
	floats.Scale(-1, b)
	clear(t.cg.x)
	t.cg.solve(&dampedNormal{t, q, n * (q.beta + lambda)}, b, krylovTol, krylovSteps)
	floats.AddTo(next, v, b)
	return !math.IsNaN(floats.Sum(next))
}
