package train

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/internal/dense"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// Marquardt trains a fixed number of neurons by the method of Levenberg and
// Marquardt. With theta = (W, a) and the prediction linearised at theta, a step
// (delta, gamma) of the weights and the constant minimises
//
//	1/2n |r + J delta + gamma 1|^2 + beta/2 |theta + delta|^2 + lambda/2 |delta|^2,
//
//	r = c + relu(XW')a - y,   J_Wj = a_j D_j X,   J_a = relu(XW'),   D_j = diag(1[Xw_j > 0]),
//
// by one of three methods (marquardtrows.go, marquardtweights.go, marquardtkrylov.go). Before
// every step the neurons are balanced, |w_j| = |a_j|, where the penalty is
// beta sum_j |a_j| |w_j|.
type Marquardt struct {
	*Descent
	H, mask blas64.General // m x n: relu(WX'), |a_j| 1[WX' > 0]
	f       []float64      // n: relu(XW')a
	system  dampedSystem
}

// dampedSystem finds the steps.
type dampedSystem interface {
	// Form assembles the system at v, where q.at was called last.
	Form(q *Marquardt, v []float64)
	// firstDamping is the lambda to begin with, after form.
	firstDamping(q *Marquardt, v []float64) float64
	// Step sets next = v + (delta, gamma); false if the system is singular.
	Step(next, v []float64, q *Marquardt, lambda float64) bool
}

// train makes at most steps steps from v, in place.
func (t *FixedWidth) train(ctx context.Context, v []float64, steps int) {
	m := t.Width(v)
	if m == 0 || steps == 0 || ctx.Err() != nil {
		return
	}
	q := NewMarquardt(t.X, &t.P, m)
	q.system = t.newSystem(q)
	q.run(ctx, v, steps)
}

// newSystem is the cheapest of the three whose matrices are not too large.
func (t *FixedWidth) newSystem(q *Marquardt) dampedSystem {
	rows, weights, krylov := StepWork(q.N, q.D, q.M)
	switch least := math.Min(rows, math.Min(weights, krylov)); least {
	case rows:
		return NewDampedRows(q)
	case weights:
		return NewDampedWeights(q)
	}
	return NewDampedKrylov(q)
}

// largestDamped is the largest order of a matrix that is factored for a step.
const largestDamped = 6000

// StepWork is about how many floating-point operations a step of the training of
// m neurons on n rows and d columns costs, by a system in the rows, in the
// weights, and by products only; Inf where the system is too large.
func StepWork(n, d, m int) (rows, weights, krylov float64) {
	a, w, size := float64(n), float64(m), float64(m*(d+1)+1)
	rows, weights = 2*a*a*w+a*a*a/3, size*size*a+size*size*size/3
	krylov = 4 * krylovSteps * a * float64(d+2) * w
	if n > largestDamped {
		rows = math.Inf(1)
	}
	if size > largestDamped {
		weights = math.Inf(1)
	}
	if !math.IsInf(math.Min(rows, weights), 1) {
		krylov = math.Inf(1) // the exact step is worth its price
	}
	return rows, weights, krylov
}

func NewMarquardt(x operator.Design, p *program.Problem, m int) *Marquardt {
	n, d := x.Dims()
	t := newVariables(x, p, m)
	t.z, t.c = operator.NewGeneral(m, n), operator.NewGeneral(m, d)
	return &Marquardt{Descent: t, H: operator.NewGeneral(m, n), mask: operator.NewGeneral(m, n), f: make([]float64, n)}
}

// stepWork is that of the system, of which products with X book themselves.
func (q *Marquardt) stepWork() float64 {
	rows, weights, krylov := StepWork(q.N, q.D, q.M)
	if _, byProducts := q.system.(*dampedKrylov); byProducts {
		return krylov / float64(q.D+2) * operator.PassWork / 4
	}
	return math.Min(rows, weights)
}

// run makes steps until there are enough or several together gain little.
func (q *Marquardt) run(ctx context.Context, v []float64, steps int) {
	const longer, shorter, most = 4, 4, 1e12
	const several, little = 8, 1e-3
	var values []float64
	failed := false
	q.balance(v)
	value := q.At(v)
	q.system.Form(q, v)
	next, lambda := make([]float64, len(v)), q.system.firstDamping(q, v)
	for range steps {
		if ctx.Err() != nil || lambda > most {
			return
		}
		q.x.Book(q.stepWork())
		if q.system.Step(next, v, q, lambda) {
			q.balance(next)
			if reached := q.At(next); reached < value {
				copy(v, next)
				value = reached
				values = append(values, value)
				if k := len(values) - 1; k >= several && values[k-several]-value < little*value {
					return
				}
				if ctx.Err() != nil {
					return
				}
				q.system.Form(q, v)
				if !failed {
					lambda /= longer
				}
				failed = false
				continue
			}
			q.At(v)
		}
		lambda *= shorter
		failed = true
	}
}

// At returns the objective at v and leaves r, f, h and mask there.
func (q *Marquardt) At(v []float64) float64 {
	w, a, c := q.Weights(v), q.Outputs(v), *q.Constant(v)
	q.x.Mul(q.H, w)
	operator.Parallel(q.M, func(j int) {
		hj, mj, size := operator.RowOf(q.H, j), operator.RowOf(q.mask, j), math.Abs(a[j])
		for i, z := range hj {
			if z > 0 {
				mj[i] = size
			} else {
				hj[i], mj[i] = 0, 0
			}
		}
	})
	dense.Gemv(blas.Trans, 1, q.H, operator.Vector(a), 0, operator.Vector(q.f))
	for i, y := range q.y {
		q.R[i] = q.f[i] + c - y
	}
	return floats.Dot(q.R, q.R)/float64(2*q.N) + q.Beta/2*(floats.Dot(w.Data, w.Data)+floats.Dot(a, a))
}

// meanDamping is a thousandth of the largest diagonal entry of J J'/n, a share
// of its mean eigenvalue.
func (q *Marquardt) meanDamping() float64 {
	diagonal, norms := make([]float64, q.N), operator.RowNorms(q.x)
	for j := range q.M {
		for i, h := range operator.RowOf(q.H, j) {
			s := q.mask.Data[j*q.N+i] * norms[i]
			diagonal[i] += s*s + h*h
		}
	}
	return floats.Max(diagonal) / float64(1000*q.N)
}

// balance scales every neuron to |w_j| = |a_j|.
func (q *Marquardt) balance(v []float64) {
	w, a := q.Weights(v), q.Outputs(v)
	for j := range a {
		wj := operator.RowOf(w, j)
		if norm := floats.Norm(wj, 2); norm > 0 && a[j] != 0 {
			t := math.Sqrt(math.Abs(a[j]) / norm)
			floats.Scale(t, wj)
			a[j] /= t
		}
	}
}
