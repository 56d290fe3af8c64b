package sphere

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/operator"
)

// ascent looks for neurons with a large |nu'phi(Xw)| (gated: |X'D_g nu| for a
// gate g), many at a time: a batch is W (m x d), and a step costs the products
// X W' and (nu o phi'(XW'))'X.
//
// On the cell of w the function s nu'phi(Xw) is linear, with the gradient
// c = s X'A nu, so its maximum over the unit sphere is at c/|c| if that lies in
// the cell. A step goes there, w <- (1 - theta) w + theta c/|c| normalised;
// where that does not increase the value, theta is halved.
type ascent struct {
	x          operator.Design
	n, d       int
	activation operator.Activation

	z, c blas64.General // chunk x n, chunk x d
}

const (
	ascentSteps = 30
	ascentChunk = 128 // rows at a time
)

// AscentWork is about the cost of an ascent from one start, on n rows of so many entries.
func AscentWork(n, stored float64) float64 {
	return ascentSteps * (4*stored + 2*operator.PassWork*n)
}

func newAscent(x operator.Design, activation operator.Activation) *ascent {
	n, d := x.Dims()
	return &ascent{x: x, n: n, d: d, activation: activation, z: operator.NewGeneral(ascentChunk, n), c: operator.NewGeneral(ascentChunk, d)}
}

// Climb moves each row of w (m x d) uphill in place, and returns the values
// reached. Rows end as unit vectors.
func (a *ascent) Climb(ctx context.Context, w blas64.General, nu []float64) []float64 {
	value := make([]float64, w.Rows)
	for lo := 0; lo < w.Rows && ctx.Err() == nil; lo += ascentChunk {
		k := min(ascentChunk, w.Rows-lo)
		part := blas64.General{Rows: k, Cols: a.d, Stride: a.d, Data: w.Data[lo*a.d : (lo+k)*a.d]}
		a.climbChunk(ctx, part, nu, value[lo:lo+k])
	}
	return value
}

func (a *ascent) climbChunk(ctx context.Context, w blas64.General, nu, value []float64) {
	k := w.Rows
	trial, next := operator.NewGeneral(k, a.d), operator.NewGeneral(k, a.d)
	theta, reached := make([]float64, k), make([]float64, k)
	for j := range k {
		theta[j] = 1
		operator.Normalise(operator.RowOf(w, j))
	}
	copy(trial.Data, w.Data)
	for step := 0; step < ascentSteps && ctx.Err() == nil; step++ {
		a.evaluate(trial, nu, reached)
		for j := range k {
			wj, cj, tj := operator.RowOf(w, j), operator.RowOf(a.c, j), operator.RowOf(trial, j)
			if step == 0 || reached[j] > value[j]*(1+1e-13) {
				value[j] = reached[j]
				copy(wj, tj)
				copy(operator.RowOf(next, j), cj)
				operator.Normalise(operator.RowOf(next, j))
				theta[j] = math.Min(1, 2*theta[j])
			} else {
				theta[j] /= 4
			}
			floats.ScaleTo(tj, 1-theta[j], wj)
			floats.AddScaled(tj, theta[j], operator.RowOf(next, j))
			operator.Normalise(tj)
		}
	}
}

// evaluate sets reached to the values at the rows of w and the first rows of c
// to the directions to go.
func (a *ascent) evaluate(w blas64.General, nu, reached []float64) {
	k := w.Rows
	z, c := operator.FirstRows(a.z, k), operator.FirstRows(a.c, k)
	a.x.Book(2 * operator.PassWork * float64(len(z.Data)))
	a.x.Mul(z, w)
	operator.Parallel(k, func(j int) {
		reached[j] = slopes(operator.RowOf(z, j), nu, a.activation.Slope)
	})
	a.x.MulTrans(c, z)
	if !a.activation.Gated {
		for j, v := range reached {
			reached[j] = math.Abs(v)
			if v < 0 {
				floats.Scale(-1, operator.RowOf(c, j))
			}
		}
		return
	}
	a.separate(z, c, nu, reached)
}

// slopes makes of every z_i the slope nu_i phi'(z_i) and returns the sum of slopes times z_i. It chooses
// between words, which takes no jump: one that half of all rows take costs eight times as much as
// the rest.
func slopes(z, nu []float64, slope float64) (sum float64) {
	nu = nu[:len(z)]
	for i, t := range z {
		s, idle := math.Float64bits(nu[i]), math.Float64bits(slope*nu[i])
		if int64(math.Float64bits(t)) <= 0 { // t <= 0
			s = idle
		}
		z[i] = math.Float64frombits(s)
		sum += float64(z[i] * t)
	}
	return sum
}

// separate is the gated step. The value of gate g is |c|, c = X'D_g nu; with the
// unit u = c/|c| fixed it is the sum of nu_i x_i.u over the active rows, so the
// best gate separates the rows by the sign of nu_i x_i.u. The direction to go is
// a cheap attempt at that, X'(nu o Xu).
func (a *ascent) separate(z, c blas64.General, nu, reached []float64) {
	for j := range reached {
		reached[j] = floats.Norm(operator.RowOf(c, j), 2)
		operator.Normalise(operator.RowOf(c, j))
	}
	a.x.Mul(z, c)
	operator.Parallel(len(reached), func(j int) { floats.Mul(operator.RowOf(z, j), nu) })
	a.x.MulTrans(c, z)
}
