package solver

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/lapack/lapack64"

	"multigrade/hyperplane"
)

// centre returns the analytic centre of {u : |u| < 1, S X u > 0}, the minimiser
// of
//
//	-n/2 log(1 - |u|^2) - sum_i log(s_i x_i.u),
//
// by damped Newton steps from the cell's gate until the Newton decrement is
// below 1e-6. The rows in zero carry no constraint.
func centre(x design, c hyperplane.Cell, zero []int) []float64 {
	n, d := x.dims()
	u := make([]float64, d)
	floats.ScaleTo(u, math.Sqrt(0.5)/floats.Norm(c.Gate, 2), c.Gate)
	um := blas64.General{Rows: 1, Cols: d, Stride: d, Data: u}
	gm := newGeneral(1, d)
	mask, s, w, tmp := make([]float64, n), newGeneral(1, n), newGeneral(1, n), make([]float64, n)
	next := make([]float64, d)
	h := blas64.Symmetric{N: d, Stride: d, Data: make([]float64, d*d), Uplo: blas.Upper}
	fillMask(mask, c.Pattern)
	for range 100 {
		x.mul(s, um)
		for i, a := range mask {
			s.Data[i] *= 2*a - 1
			w.Data[i] = (2*a - 1) / s.Data[i]
		}
		for _, i := range zero {
			w.Data[i] = 0
		}
		x.mulTrans(gm, w) // X'S(1/s) = minus the gradient of the logarithms
		for i, v := range w.Data {
			w.Data[i] = v * v
		}
		x.gram(h.Data, w.Data, tmp)
		inv := 1 / (1 - floats.Dot(u, u))
		weight := float64(n) * inv
		step := gm.Data
		for a := range d {
			step[a] -= weight * u[a]
			floats.AddScaled(h.Data[a*d:a*d+d], 2*weight*inv*u[a], u)
			h.Data[a*d+a] += weight
		}
		r, ok := lapack64.Potrf(h)
		if !ok {
			return u
		}
		v := blas64.Vector{N: d, Inc: 1, Data: step}
		blas64.Trsv(blas.Trans, r, v)
		decrement := floats.Norm(step, 2)
		blas64.Trsv(blas.NoTrans, r, v)
		size := 1.0
		if decrement > 0.25 {
			size = 1 / (1 + decrement)
		}
		floats.AddScaledTo(next, u, size, step)
		for !strictlyInside(x, next, mask, zero, s) {
			if size /= 2; size < 1e-6 {
				return u
			}
			floats.AddScaledTo(next, u, size, step)
		}
		copy(u, next)
		if decrement < 1e-6 {
			break
		}
	}
	return u
}

// strictlyInside reports whether |u| < 1 and S X u > 0 in float64.
func strictlyInside(x design, u, mask []float64, zero []int, s blas64.General) bool {
	if !(floats.Norm(u, 2) < 1) {
		return false
	}
	x.mul(s, blas64.General{Rows: 1, Cols: len(u), Stride: len(u), Data: u})
	for _, i := range zero {
		s.Data[i] = 2*mask[i] - 1
	}
	for i, a := range mask {
		if !((2*a-1)*s.Data[i] > 0) || math.IsInf(s.Data[i], 0) {
			return false
		}
	}
	return true
}
