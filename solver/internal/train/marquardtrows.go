package train

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/internal/dense"
	"multigrade/solver/internal/operator"
)

// dampedRows finds steps by an n x n system, however many the weights. It
// measures a step of the weights by what it does to Xw: |delta|_C with C = X'X/n
// (and a little of I), because the features of a grade are strongly correlated.
// With s_j = |a_j| / |w_j|_C, so that both factors of a neuron may change by the
// same share, the step minimises the linearised loss and penalty with the damping
//
//	1/2 sum_j s_j delta_wj' M delta_wj + (beta + lambda)/s_j delta_aj^2,    M = beta I + lambda C,
//
// in which the penalty's second derivatives are included, up to the s_j:
//
//	delta_wj = M^{-1} (a_j X'D_j u/n - beta w_j) / s_j,   delta_aj = s_j (h_j'u/n - beta a_j) / (beta + lambda),
//	(I + K/n) u + gamma 1 = beta g - r,    1'u = 0,
//	K = (X M^{-1} X') o (A diag(a^2/s) A') + H diag(s) H' / (beta + lambda),    A = 1[XW' > 0],  H = relu(XW'),
//	g = sum_j a_j/s_j D_j X M^{-1} w_j + s_j a_j h_j / (beta + lambda).
type dampedRows struct {
	x             blas64.General   // n x d
	c             []float64        // d x d: C
	root          blas64.General   // n x d: X R^{-1}, M = R'R
	masks, hidden blas64.Symmetric // n x n: A diag(a^2/s) A', H diag(s) H'
	factor        blas64.Symmetric // n x n: I + K/n, factored
	S             []float64        // m
	scaled        blas64.General   // m x n
	u, one        []float64        // n
}

func NewDampedRows(q *Marquardt) *dampedRows {
	n, d := q.N, q.D
	square := func() blas64.Symmetric {
		return blas64.Symmetric{N: n, Stride: n, Data: make([]float64, n*n), Uplo: blas.Upper}
	}
	t := &dampedRows{x: operator.NewGeneral(n, d), root: operator.NewGeneral(n, d), masks: square(), hidden: square(), factor: square(),
		S: make([]float64, q.M), scaled: operator.NewGeneral(q.M, n), u: make([]float64, n), one: make([]float64, n)}
	for i := range n {
		row := operator.RowOf(t.x, i)
		q.x.Row(i, func(k int, v float64) { row[k] = v })
	}
	t.c, _ = gramOf(q.x)
	return t
}

// gramOf is X'X/n, and a little of I so that it can be factored; mean is that of
// its diagonal.
func gramOf(x operator.Design) (c []float64, mean float64) {
	const little = 1e-10
	n, d := x.Dims()
	c, weights := make([]float64, d*d), make([]float64, n)
	floats.AddConst(1/float64(n), weights)
	x.Gram(c, weights)
	for k := range d {
		mean += c[k*d+k] / float64(d)
	}
	mean = math.Max(mean, math.SmallestNonzeroFloat64)
	return raised(c, d, little*mean).Data, mean
}

// size is |w_j|_C.
func (t *dampedRows) size(w []float64) float64 {
	d, sum := len(w), 0.0
	for k, v := range w {
		sum += v * floats.Dot(t.c[k*d:k*d+d], w)
	}
	return math.Sqrt(math.Max(sum, 0))
}

func (t *dampedRows) Form(q *Marquardt, v []float64) {
	w, a := q.Weights(v), q.Outputs(v)
	operator.Parallel(q.M, func(j int) {
		t.S[j] = 1
		if size := t.size(operator.RowOf(w, j)); size > 0 && a[j] != 0 {
			t.S[j] = math.Abs(a[j]) / size
		}
		floats.ScaleTo(operator.RowOf(t.scaled, j), 1/math.Sqrt(t.S[j]), operator.RowOf(q.mask, j))
	})
	dense.Syrk(blas.Trans, 1, t.scaled, 0, t.masks)
	operator.Parallel(q.M, func(j int) {
		floats.ScaleTo(operator.RowOf(t.scaled, j), math.Sqrt(t.S[j]), operator.RowOf(q.H, j))
	})
	dense.Syrk(blas.Trans, 1, t.scaled, 0, t.hidden)
}

// firstDamping is a thousandth of the mean eigenvalue that J M^{-1} J'/n has at
// lambda = 1, roughly.
func (t *dampedRows) firstDamping(q *Marquardt, v []float64) float64 {
	sum := 0.0
	for j, a := range q.Outputs(v) {
		sum += math.Abs(a) * t.size(operator.RowOf(q.Weights(v), j))
	}
	return sum * float64(q.D+1) / (2000 * float64(q.N))
}

func (t *dampedRows) Step(next, v []float64, q *Marquardt, lambda float64) bool {
	n, d := q.N, q.D
	r, ok := dense.Potrf(t.Metric(q.Beta, lambda, d))
	if !ok {
		return false
	}
	copy(t.root.Data, t.x.Data)
	dense.Trsm(blas.Right, blas.NoTrans, 1, r, t.root)
	dense.Syrk(blas.NoTrans, 1/float64(n), t.root, 0, t.factor)
	share := 1 / (float64(n) * (q.Beta + lambda))
	operator.Parallel(n, func(i int) {
		row := t.factor.Data[i*n+i : i*n+n]
		floats.Mul(row, t.masks.Data[i*n+i:i*n+n])
		floats.AddScaled(row, share, t.hidden.Data[i*n+i:i*n+n])
		row[0]++
	})
	t.penalty(v, q, r, lambda)
	for i := range t.u {
		t.u[i], t.one[i] = q.Beta*t.u[i]-q.R[i], 1
	}
	factor, ok := dense.Potrf(t.factor)
	if !ok {
		return false
	}
	gamma := 0.0
	operator.SolveFactored(factor, t.u)
	if q.Intercept {
		operator.SolveFactored(factor, t.one)
		gamma = floats.Sum(t.u) / floats.Sum(t.one)
		floats.AddScaled(t.u, -gamma, t.one)
	}
	t.move(next, v, q, r, lambda)
	*q.Constant(next) = *q.Constant(v) + gamma
	return true
}

// Metric is M.
func (t *dampedRows) Metric(beta, lambda float64, d int) blas64.Symmetric {
	m := raised(t.c, d, 0)
	floats.Scale(lambda, m.Data)
	for k := range d {
		m.Data[k*d+k] += beta
	}
	return m
}

// penalty sets u = g.
func (t *dampedRows) penalty(v []float64, q *Marquardt, r blas64.Triangular, lambda float64) {
	copy(q.c.Data, q.Weights(v).Data)
	dense.Trsm(blas.Right, blas.NoTrans, 1, r, q.c)
	dense.Trsm(blas.Right, blas.Trans, 1, r, q.c)
	q.x.Mul(q.z, q.c)
	a := q.Outputs(v)
	operator.Parallel(q.M, func(j int) {
		zj := operator.RowOf(q.z, j)
		inner, outer := a[j]/t.S[j], t.S[j]*a[j]/(q.Beta+lambda)
		for i, h := range operator.RowOf(q.H, j) {
			if h > 0 {
				zj[i] = inner*zj[i] + outer*h
			} else {
				zj[i] = 0
			}
		}
	})
	one := make([]float64, q.M)
	floats.AddConst(1, one)
	dense.Gemv(blas.Trans, 1, q.z, operator.Vector(one), 0, operator.Vector(t.u))
}

// move sets the weights of next, given u.
func (t *dampedRows) move(next, v []float64, q *Marquardt, r blas64.Triangular, lambda float64) {
	n, a, na := float64(q.N), q.Outputs(v), q.Outputs(next)
	operator.Parallel(q.M, func(j int) {
		hj, zj := operator.RowOf(q.H, j), operator.RowOf(q.z, j)
		na[j] = a[j] + t.S[j]*(floats.Dot(hj, t.u)/n-q.Beta*a[j])/(q.Beta+lambda)
		for i, h := range hj {
			zj[i] = 0
			if h > 0 {
				zj[i] = t.u[i]
			}
		}
	})
	q.x.MulTrans(q.c, q.z)
	for j, aj := range a {
		cj := operator.RowOf(q.c, j)
		floats.Scale(aj/(n*t.S[j]), cj)
		floats.AddScaled(cj, -q.Beta/t.S[j], operator.RowOf(q.Weights(v), j))
	}
	dense.Trsm(blas.Right, blas.NoTrans, 1, r, q.c)
	dense.Trsm(blas.Right, blas.Trans, 1, r, q.c)
	floats.AddTo(q.Weights(next).Data, q.Weights(v).Data, q.c.Data)
}
