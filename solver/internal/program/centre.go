package program

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/hyperplane"
	"multigrade/internal/dense"
	"multigrade/internal/elementary"
	"multigrade/solver/internal/operator"
)

// centring computes the analytic centre of {u : |u| < 1, S X u > 0}, the
// minimiser of the barrier
//
//	-n/2 log(1 - |u|^2) - sum_i log(s_i x_i.u),
//
// by Newton's method. The rows in zero carry no constraint.
type centring struct {
	x       operator.Design
	signs   []float64
	zero    []int
	u, step []float64      // d
	next    []float64      // d
	s, ds   blas64.General // 1 x n: S X u and S X step; 1 and 0 at zero rows
	w       blas64.General // 1 x n, scratch
	tmp     []float64
	h       blas64.Symmetric
}

// Centre returns the analytic centre of a cell, to a Newton decrement of 1e-6, or where ctx ends what it has come to.
func Centre(ctx context.Context, x operator.Design, cell hyperplane.Cell, zero []int) []float64 {
	return CentreWithin(ctx, x, cell, zero, 1e-6)
}

// CentreWithin returns a point of a cell whose Newton decrement is less than
// the given one, as far as float64 and ctx allow.
func CentreWithin(ctx context.Context, x operator.Design, cell hyperplane.Cell, zero []int, least float64) []float64 {
	n, d := x.Dims()
	c := &centring{
		x: x, signs: make([]float64, n), zero: zero, u: make([]float64, d), step: make([]float64, d), next: make([]float64, d),
		s: operator.NewGeneral(1, n), ds: operator.NewGeneral(1, n), w: operator.NewGeneral(1, n), tmp: make([]float64, n),
		h: blas64.Symmetric{N: d, Stride: d, Data: make([]float64, d*d), Uplo: blas.Upper},
	}
	operator.Signs(c.signs, cell.Pattern)
	floats.ScaleTo(c.u, math.Sqrt(0.5)/floats.Norm(cell.Gate, 2), cell.Gate)
	c.slack(c.s, c.u, 1)
	for range 100 {
		if ctx.Err() != nil {
			break
		}
		decrement, ok := c.newton()
		if !ok || !c.advance(decrement) || decrement < least {
			break
		}
	}
	return c.u
}

// slack sets s = S X u, and fill at the zero rows.
func (c *centring) slack(s blas64.General, u []float64, fill float64) {
	c.x.Mul(s, blas64.General{Rows: 1, Cols: len(u), Stride: len(u), Data: u})
	for i, a := range c.signs {
		s.Data[i] *= a
	}
	for _, i := range c.zero {
		s.Data[i] = fill
	}
}

// newton sets step to the Newton step and returns its decrement:
//
//	gradient  n v u - X'S(1/s),   Hessian  n v (I + 2 v u u') + X' diag(1/s^2) X,   v = 1/(1 - |u|^2)
func (c *centring) newton() (decrement float64, ok bool) {
	n, d := c.x.Dims()
	for i, a := range c.signs {
		c.w.Data[i] = a / c.s.Data[i]
	}
	g := blas64.General{Rows: 1, Cols: d, Stride: d, Data: c.step}
	c.x.MulTrans(g, c.w)
	for i, v := range c.w.Data {
		c.w.Data[i] = v * v
	}
	c.x.Gram(c.h.Data, c.w.Data)
	v := 1 / (1 - floats.Dot(c.u, c.u))
	for a := range d {
		c.step[a] -= float64(n) * v * c.u[a]
		floats.AddScaled(c.h.Data[a*d:a*d+d], 2*float64(n)*v*v*c.u[a], c.u)
		c.h.Data[a*d+a] += float64(n) * v
	}
	c.x.Book(operator.FactorWork(d) + 4*operator.PassWork*float64(n))
	r, ok := dense.Potrf(c.h)
	if !ok {
		return 0, false
	}
	b := blas64.Vector{N: d, Inc: 1, Data: c.step}
	dense.Trsv(blas.Trans, r, b)
	decrement = floats.Norm(c.step, 2)
	dense.Trsv(blas.NoTrans, r, b)
	return decrement, true
}

// advance goes along the step: nine tenths of the way to the boundary at most,
// and half as far as long as the barrier does not fall. It returns false when
// that comes to nothing.
func (c *centring) advance(decrement float64) bool {
	c.slack(c.ds, c.step, 0)
	longest := operator.OrthantStep(c.s.Data, c.ds.Data)
	size := min(1, operator.SocStep(1, c.u, 0, c.step), longest)
	if size < 1 {
		size *= 0.9
	}
	for ; size > 1e-12; size /= 2 {
		if decrement < 0.25 || c.change(size) < 0 {
			floats.AddScaledTo(c.next, c.u, size, c.step)
			c.slack(c.ds, c.next, 1)
			if !(floats.Min(c.ds.Data) > 0) {
				return false // less than rounding
			}
			copy(c.u, c.next)
			c.s, c.ds = c.ds, c.s
			return true
		}
	}
	return false
}

// change is the barrier at u + size step less that at u.
func (c *centring) change(size float64) float64 {
	before := 1 - floats.Dot(c.u, c.u)
	after := before - size*(2*floats.Dot(c.u, c.step)+size*floats.Dot(c.step, c.step))
	if !(after > 0) {
		return math.Inf(1)
	}
	const logWork = 30 // of a logarithm
	c.x.Book(logWork * float64(len(c.s.Data)))
	sum := 0.0
	for i, s := range c.s.Data {
		sum += elementary.Log1p(size * c.ds.Data[i] / s)
	}
	return -float64(len(c.signs))/2*elementary.Log(after/before) - sum
}
