package train

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/internal/dense"
	"multigrade/solver/internal/operator"
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
	cg       *operator.ConjugateGradients
}

// Iterations of a step, and the residual, relative to the first, that ends it.
const (
	krylovSteps = 40
	krylovTol   = 1e-3
)

func NewDampedKrylov(q *Marquardt) *dampedKrylov {
	return &dampedKrylov{gradient: make([]float64, len(q.Grad)), jp: make([]float64, q.N), rows: operator.NewGeneral(q.M, q.N), cg: operator.NewConjugateGradients(len(q.Grad))}
}

func (t *dampedKrylov) Form(q *Marquardt, v []float64) {
	t.w = append(t.w[:0], v...)
	t.transposed(t.gradient, q, q.R)
}

// times sets out = J p: per row sum_j a_j 1[h_j > 0] (x.p_j) + h_j p_aj, plus the
// constant's part.
func (t *dampedKrylov) times(out []float64, q *Marquardt, p []float64) {
	a := q.Outputs(t.w)
	q.x.Mul(t.rows, q.Weights(p))
	operator.Parallel(q.M, func(j int) {
		row, pa := operator.RowOf(t.rows, j), q.Outputs(p)[j]
		for i, h := range operator.RowOf(q.H, j) {
			if h > 0 {
				row[i] = a[j]*row[i] + h*pa
			} else {
				row[i] = 0
			}
		}
	})
	for i := range out {
		out[i] = *q.Constant(p)
	}
	one := make([]float64, q.M)
	floats.AddConst(1, one)
	dense.Gemv(blas.Trans, 1, t.rows, operator.Vector(one), 1, operator.Vector(out))
}

// transposed sets out = J'u.
func (t *dampedKrylov) transposed(out []float64, q *Marquardt, u []float64) {
	a := q.Outputs(t.w)
	operator.Parallel(q.M, func(j int) {
		row, sum := operator.RowOf(t.rows, j), 0.0
		for i, h := range operator.RowOf(q.H, j) {
			if h > 0 {
				row[i] = a[j] * u[i]
				sum += h * u[i]
			} else {
				row[i] = 0
			}
		}
		q.Outputs(out)[j] = sum
	})
	q.x.MulTrans(q.Weights(out), t.rows)
	*q.Constant(out) = 0
	if q.Intercept {
		*q.Constant(out) = floats.Sum(u)
	}
}

// dampedNormal is J'J + shift I_0, without a preconditioner.
type dampedNormal struct {
	*dampedKrylov
	q     *Marquardt
	shift float64
}

func (t *dampedNormal) Apply(out, p []float64) {
	t.times(t.jp, t.q, p)
	t.transposed(out, t.q, t.jp)
	last := len(p) - 1
	floats.AddScaled(out[:last], t.shift, p[:last])
}

func (t *dampedNormal) Precondition([]float64) {}

func (t *dampedKrylov) firstDamping(q *Marquardt, _ []float64) float64 { return q.meanDamping() }

func (t *dampedKrylov) Step(next, v []float64, q *Marquardt, lambda float64) bool {
	last, n := len(v)-1, float64(q.N)
	b := floats.AddScaledTo(make([]float64, len(v)), t.gradient, n*q.Beta, v)
	b[last] = t.gradient[last]
	floats.Scale(-1, b)
	clear(t.cg.X)
	t.cg.Solve(&dampedNormal{t, q, n * (q.Beta + lambda)}, b, krylovTol, krylovSteps)
	floats.AddTo(next, v, b)
	return !math.IsNaN(floats.Sum(next))
}
