package solver

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/lapack/lapack64"
)

// augLagSystem solves with the Newton matrix of augLag over its k active blocks.
// With D the n x k masks, R = diag(sqrt(1 - tau)) and z_j = D_j X u_j, it is
//
//	I + sigma C [ (X X') o (D R^2 D') + sum_j tau_j z_j z_j'/|u_j|^2 ] C
//
// n x n, and its inverse
//
//	I - C F (P^{-1}/sigma + F'CF)^{-1} F'C,   P_j^{-1} = (I - tau_j u_j u_j'/|u_j|^2)/(1 - tau_j)
//
// with a matrix of order dk, F restricted to the active blocks.
type augLagSystem struct {
	op        *operators
	gram      *gramCache
	intercept bool

	outer   bool      // the n x n matrix is the smaller one
	xx      []float64 // n x n: the upper triangle of X X'
	a       blas64.Symmetric
	chol    blas64.Triangular
	data    []float64      // of both
	scaled  []float64      // k x n
	blocks  []block        // the active ones
	columns blas64.General // k x d: F'1
	mean    []float64      // n
	order   int            // largest so far

	// Arguments of the method that runs, for its parts.
	m      *augLag
	rows   blas64.General
	couple couplingRows
}

func newAugLagSystem(op *operators, gram *gramCache, intercept bool) *augLagSystem {
	return &augLagSystem{op: op, gram: gram, intercept: intercept, mean: make([]float64, op.n)}
}

// factor forms and factors the matrix for the active blocks of m; false if it
// is too large or not positive definite to rounding.
func (s *augLagSystem) factor(m *augLag) bool {
	order := len(m.active) * s.op.d
	if s.outer = s.op.n <= order; s.outer {
		order = s.op.n
	}
	if order > largestInterior {
		return false
	}
	s.order = max(s.order, order)
	s.data = grown(s.data, order*order)
	s.a = blas64.Symmetric{N: order, Stride: max(order, 1), Data: s.data, Uplo: blas.Upper}
	if s.outer {
		s.formOuter(m)
	} else {
		s.formBlocks(m)
	}
	var ok bool
	s.chol, ok = lapack64.Potrf(s.a)
	return ok
}

// formOuter sets the matrix to the n x n one.
func (s *augLagSystem) formOuter(m *augLag) {
	if s.xx == nil {
		s.xx = outerProducts(s.op.x)
	}
	s.m, s.rows = m, s.scaledRows(m)
	parallelTask(len(m.active), (*scaledMasks)(s))
	blas64.Syrk(blas.Trans, 1, s.rows, 0, s.a)
	parallelTask(s.a.N, (*hadamardRows)(s))
	parallelTask(len(m.active), (*scaledProducts)(s))
	blas64.Syrk(blas.Trans, 1, s.rows, 1, s.a)
	if s.intercept {
		centreBoth(s.a.Data, s.mean)
	}
	for i := range s.a.N {
		s.a.Data[i*s.a.Stride+i]++
	}
}

// scaledMasks sets rows to sqrt(sigma (1 - tau_j)) D_j.
type scaledMasks augLagSystem

func (s *scaledMasks) part(k int) {
	j := s.m.active[k]
	floats.ScaleTo(rowOf(s.rows, k), math.Sqrt(s.m.sigma*(1-s.m.tau[j])), rowOf(s.op.mask, j))
}

// hadamardRows multiplies the upper triangle by X X'.
type hadamardRows augLagSystem

func (s *hadamardRows) part(i int) {
	lo, hi := i*s.a.Stride+i, i*s.a.Stride+s.a.N
	floats.Mul(s.a.Data[lo:hi], s.xx[lo:hi])
}

// scaledProducts sets rows to sqrt(sigma tau_j) z_j/|u_j|.
type scaledProducts augLagSystem

func (s *scaledProducts) part(k int) {
	j := s.m.active[k]
	floats.ScaleTo(rowOf(s.rows, k), math.Sqrt(s.m.sigma*s.m.tau[j])/floats.Norm(rowOf(s.m.next, j), 2), rowOf(s.m.rows, k))
}

// outerProducts is the upper triangle of X X' (n x n).
func outerProducts(x design) []float64 {
	n, d := x.dims()
	v := newGeneral(n, d)
	for i := range n {
		x.row(i, func(c int, value float64) { v.Data[i*d+c] = value })
	}
	xx := make([]float64, n*n)
	blas64.Syrk(blas.NoTrans, 1, v, 0, blas64.Symmetric{N: n, Stride: n, Data: xx, Uplo: blas.Upper})
	return xx
}

// scaledRows is scratch for a row per active block.
func (s *augLagSystem) scaledRows(m *augLag) blas64.General {
	k := len(m.active)
	s.scaled = grown(s.scaled, k*s.op.n)
	return blas64.General{Rows: k, Cols: s.op.n, Stride: s.op.n, Data: s.scaled}
}

// formBlocks sets the matrix to that of order dk.
func (s *augLagSystem) formBlocks(m *augLag) {
	s.blocks = s.blocks[:0]
	for _, j := range m.active {
		s.blocks = append(s.blocks, s.op.blocks[j])
	}
	s.gram.require(s.blocks)
	s.couple = couplingRows{s.a, s.blocks, s.gram, s.op.d}
	parallelTask(len(s.blocks), &s.couple)
	if s.intercept {
		s.sumColumns(m)
	}
	s.m = m
	parallelTask(len(s.blocks), (*penaltyBlocks)(s))
}

// penaltyBlocks adds P^{-1}/sigma, and takes off the constant's part.
type penaltyBlocks augLagSystem

func (s *penaltyBlocks) part(k int) {
	d, j := s.op.d, s.m.active[k]
	u, tau := rowOf(s.m.next, j), s.m.tau[j]
	scale := 1 / (s.m.sigma * (1 - tau))
	size := floats.Norm(u, 2)
	for i, v := range u {
		row := s.a.Data[(k*d+i)*s.a.Stride : (k*d+i+1)*s.a.Stride]
		floats.AddScaled(row[k*d:k*d+d], -scale*tau*v/(size*size), u)
		row[k*d+i] += scale
		if s.intercept {
			c := s.columns.Data[k*d+i:]
			floats.AddScaled(row[k*d+i:], -c[0]/float64(s.op.n), c)
		}
	}
}

// sumColumns sets columns = F'1 for the active blocks.
func (s *augLagSystem) sumColumns(m *augLag) {
	scaled := s.scaledRows(m)
	for k, j := range m.active {
		floats.ScaleTo(rowOf(scaled, k), s.op.blocks[j].sign, rowOf(s.op.mask, j))
	}
	s.columns = blas64.General{Rows: len(m.active), Cols: s.op.d, Stride: s.op.d, Data: grown(s.columns.Data, len(m.active)*s.op.d)}
	if len(m.active) > 0 {
		s.op.x.mulTrans(s.columns, scaled)
	}
}

// solve overwrites b (n), centred, with the inverse times b; with a constant it
// remains to be centred.
func (s *augLagSystem) solve(m *augLag, b []float64) {
	if s.outer {
		solveFactored(s.chol, b)
		return
	}
	k := len(m.active)
	if k == 0 {
		return
	}
	scaled, v := s.scaledRows(m), firstRows(m.packed, k)
	for k, j := range m.active {
		floats.MulTo(rowOf(scaled, k), rowOf(s.op.mask, j), b)
		floats.Scale(s.op.blocks[j].sign, rowOf(scaled, k))
	}
	s.op.x.mulTrans(v, scaled)
	solveFactored(s.chol, v.Data)
	s.op.x.mul(scaled, v)
	for k, j := range m.active {
		sign := s.op.blocks[j].sign
		for i, a := range rowOf(s.op.mask, j) {
			b[i] -= sign * a * scaled.Data[k*scaled.Stride+i]
		}
	}
}

func (s *augLagSystem) describe() string {
	return fmt.Sprintf("augmented Lagrangian, Newton systems of order up to %d", s.order)
}

// centreBoth turns the upper triangle of a symmetric A (n x n) into that of
// C A C, C the centring; mean is scratch of n entries.
func centreBoth(a, mean []float64) {
	n := len(mean)
	clear(mean)
	for i := range n {
		mean[i] += a[i*n+i]
		for k := i + 1; k < n; k++ {
			mean[i] += a[i*n+k]
			mean[k] += a[i*n+k]
		}
	}
	floats.Scale(1/float64(n), mean)
	all := floats.Sum(mean) / float64(n)
	for i := range n {
		for k := i; k < n; k++ {
			a[i*n+k] += all - mean[i] - mean[k]
		}
	}
}
