package admm

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/internal/dense"
	"multigrade/solver/internal/operator"
)

// anderson accelerates a fixed-point iteration w -> g(w) (type II, as in Walker
// and Ni, SIAM J. Numer. Anal. 49, 2011): with f = g - w and the differences dF,
// dG of the last calls in the rows of two matrices,
//
//	w_next = g - dG'gamma,   gamma = argmin | f - dF'gamma |.
type anderson struct {
	dim, memory int
	df, dg      blas64.General // memory x dim
	f, lastF    []float64
	g, lastG    []float64
	calls       int
	normal      blas64.Symmetric
	gamma       []float64
}

func NewAnderson(dim, memory int) *anderson {
	a := &anderson{dim: dim, memory: memory, df: operator.NewGeneral(memory, dim), dg: operator.NewGeneral(memory, dim), gamma: make([]float64, memory)}
	for _, v := range []*[]float64{&a.f, &a.lastF, &a.g, &a.lastG} {
		*v = make([]float64, dim)
	}
	a.normal = blas64.Symmetric{N: memory, Stride: memory, Data: make([]float64, memory*memory), Uplo: blas.Upper}
	return a
}

// reset forgets the past, for a fixed-point map that has changed.
func (a *anderson) reset() { a.calls = 0 }

// Extrapolate replaces g = g(w) by w_next; false if it stays as it is, for want
// of history or of a solution.
func (a *anderson) Extrapolate(w, g []float64) bool {
	floats.SubTo(a.f, g, w)
	copy(a.g, g)
	defer func() {
		a.f, a.lastF = a.lastF, a.f
		a.g, a.lastG = a.lastG, a.g
		a.calls++
	}()
	if a.calls == 0 {
		return false
	}
	k := (a.calls - 1) % a.memory
	floats.SubTo(operator.RowOf(a.df, k), a.f, a.lastF)
	floats.SubTo(operator.RowOf(a.dg, k), g, a.lastG)
	used := min(a.calls, a.memory)
	if !a.solve(used) {
		return false
	}
	for j := range used {
		floats.AddScaled(g, -a.gamma[j], operator.RowOf(a.dg, j))
	}
	return true
}

// solve finds gamma from the normal equations with a small ridge.
func (a *anderson) solve(used int) bool {
	const ridge = 1e-10
	m := a.normal
	m.N = used
	df := blas64.General{Rows: used, Cols: a.dim, Stride: a.dim, Data: a.df.Data[:used*a.dim]}
	dense.Syrk(blas.NoTrans, 1, df, 0, m)
	trace := 0.0
	for j := range used {
		trace += m.Data[j*m.Stride+j]
	}
	for j := range used {
		m.Data[j*m.Stride+j] += ridge*trace + math.SmallestNonzeroFloat64
		a.gamma[j] = floats.Dot(operator.RowOf(a.df, j), a.f)
	}
	r, ok := dense.Potrf(m)
	if !ok {
		return false
	}
	operator.SolveFactored(r, a.gamma[:used])
	return !floats.HasNaN(a.gamma[:used])
}
