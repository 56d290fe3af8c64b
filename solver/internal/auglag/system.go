package auglag

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/internal/dense"
	"multigrade/solver/internal/operator"
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
	op        *operator.Operators
	gram      *operator.GramCache
	intercept bool

	Outer   bool      // the n x n matrix is the smaller one
	Xx      []float64 // n x n: the upper triangle of X X'
	a       blas64.Symmetric
	chol    blas64.Triangular
	data    []float64        // of both
	scaled  []float64        // k x n
	blocks  []operator.Block // the active ones
	columns blas64.General   // k x d: F'1
	mean    []float64        // n
	order   int              // largest so far

	// Arguments of the method that runs, for its parts.
	m      *AugLag
	rows   blas64.General
	couple operator.CouplingRows
}

func newAugLagSystem(op *operator.Operators, gram *operator.GramCache, intercept bool) *augLagSystem {
	return &augLagSystem{op: op, gram: gram, intercept: intercept, mean: make([]float64, op.N)}
}

// Factor forms and factors the matrix for the active blocks of m; false if it
// is too large or not positive definite to rounding.
func (s *augLagSystem) Factor(m *AugLag) bool {
	order := len(m.Active) * s.op.D
	if s.Outer = s.op.N <= order; s.Outer {
		order = s.op.N
	}
	if order > operator.LargestInterior {
		return false
	}
	s.order = max(s.order, order)
	s.data = operator.Grown(s.data, order*order)
	s.a = blas64.Symmetric{N: order, Stride: max(order, 1), Data: s.data, Uplo: blas.Upper}
	if s.Outer {
		s.formOuter(m)
	} else {
		s.formBlocks(m)
	}
	var ok bool
	s.op.X.Book(operator.FactorWork(order) + operator.PassWork*float64(order)*float64(order))
	s.chol, ok = dense.Potrf(s.a)
	return ok
}

// formOuter sets the matrix to the n x n one.
func (s *augLagSystem) formOuter(m *AugLag) {
	if s.Xx == nil {
		s.Xx = outerProducts(s.op.X)
	}
	s.m, s.rows = m, s.scaledRows(m)
	operator.ParallelTask(len(m.Active), (*scaledMasks)(s))
	s.op.X.Book(2 * float64(len(m.Active)) * float64(s.a.N) * float64(s.a.N+operator.PassWork))
	dense.Syrk(blas.Trans, 1, s.rows, 0, s.a)
	operator.ParallelTask(s.a.N, (*hadamardRows)(s))
	operator.ParallelTask(len(m.Active), (*scaledProducts)(s))
	dense.Syrk(blas.Trans, 1, s.rows, 1, s.a)
	if s.intercept {
		centreBoth(s.a.Data, s.mean)
	}
	for i := range s.a.N {
		s.a.Data[i*s.a.Stride+i]++
	}
}

// scaledMasks sets rows to sqrt(sigma (1 - tau_j)) D_j.
type scaledMasks augLagSystem

func (s *scaledMasks) Part(k int) {
	j := s.m.Active[k]
	floats.ScaleTo(operator.RowOf(s.rows, k), math.Sqrt(s.m.Sigma*(1-s.m.Tau[j])), operator.RowOf(s.op.Mask, j))
}

// hadamardRows multiplies the upper triangle by X X'.
type hadamardRows augLagSystem

func (s *hadamardRows) Part(i int) {
	lo, hi := i*s.a.Stride+i, i*s.a.Stride+s.a.N
	floats.Mul(s.a.Data[lo:hi], s.Xx[lo:hi])
}

// scaledProducts sets rows to sqrt(sigma tau_j) z_j/|u_j|.
type scaledProducts augLagSystem

func (s *scaledProducts) Part(k int) {
	j := s.m.Active[k]
	floats.ScaleTo(operator.RowOf(s.rows, k), math.Sqrt(s.m.Sigma*s.m.Tau[j])/floats.Norm(operator.RowOf(s.m.Next, j), 2), operator.RowOf(s.m.rows, k))
}

// outerProducts is the upper triangle of X X' (n x n).
func outerProducts(x operator.Design) []float64 {
	n, d := x.Dims()
	v := operator.NewGeneral(n, d)
	for i := range n {
		x.Row(i, func(c int, value float64) { v.Data[i*d+c] = value })
	}
	xx := make([]float64, n*n)
	dense.Syrk(blas.NoTrans, 1, v, 0, blas64.Symmetric{N: n, Stride: n, Data: xx, Uplo: blas.Upper})
	return xx
}

// scaledRows is scratch for a row per active block.
func (s *augLagSystem) scaledRows(m *AugLag) blas64.General {
	k := len(m.Active)
	s.scaled = operator.Grown(s.scaled, k*s.op.N)
	return blas64.General{Rows: k, Cols: s.op.N, Stride: s.op.N, Data: s.scaled}
}

// formBlocks sets the matrix to that of order dk.
func (s *augLagSystem) formBlocks(m *AugLag) {
	s.blocks = s.blocks[:0]
	for _, j := range m.Active {
		s.blocks = append(s.blocks, s.op.Blocks[j])
	}
	s.gram.Require(s.blocks)
	s.couple = operator.CouplingRows{A: s.a, Blocks: s.blocks, Gram: s.gram, D: s.op.D}
	operator.ParallelTask(len(s.blocks), &s.couple)
	if s.intercept {
		s.sumColumns(m)
	}
	s.m = m
	operator.ParallelTask(len(s.blocks), (*penaltyBlocks)(s))
}

// penaltyBlocks adds P^{-1}/sigma, and takes off the constant's part.
type penaltyBlocks augLagSystem

func (s *penaltyBlocks) Part(k int) {
	d, j := s.op.D, s.m.Active[k]
	u, tau := operator.RowOf(s.m.Next, j), s.m.Tau[j]
	scale := 1 / (s.m.Sigma * (1 - tau))
	size := floats.Norm(u, 2)
	for i, v := range u {
		row := s.a.Data[(k*d+i)*s.a.Stride : (k*d+i+1)*s.a.Stride]
		floats.AddScaled(row[k*d:k*d+d], -scale*tau*v/(size*size), u)
		row[k*d+i] += scale
		if s.intercept {
			c := s.columns.Data[k*d+i:]
			floats.AddScaled(row[k*d+i:], -c[0]/float64(s.op.N), c)
		}
	}
}

// sumColumns sets columns = F'1 for the active blocks.
func (s *augLagSystem) sumColumns(m *AugLag) {
	scaled := s.scaledRows(m)
	for k, j := range m.Active {
		floats.ScaleTo(operator.RowOf(scaled, k), s.op.Blocks[j].Sign, operator.RowOf(s.op.Mask, j))
	}
	s.columns = blas64.General{Rows: len(m.Active), Cols: s.op.D, Stride: s.op.D, Data: operator.Grown(s.columns.Data, len(m.Active)*s.op.D)}
	if len(m.Active) > 0 {
		s.op.X.MulTrans(s.columns, scaled)
	}
}

// Solve overwrites b (n), centred, with the inverse times b; with a constant it
// remains to be centred.
func (s *augLagSystem) Solve(m *AugLag, b []float64) {
	if s.Outer {
		operator.SolveFactored(s.chol, b)
		return
	}
	k := len(m.Active)
	if k == 0 {
		return
	}
	scaled, v := s.scaledRows(m), operator.FirstRows(m.packed, k)
	for k, j := range m.Active {
		floats.MulTo(operator.RowOf(scaled, k), operator.RowOf(s.op.Mask, j), b)
		floats.Scale(s.op.Blocks[j].Sign, operator.RowOf(scaled, k))
	}
	s.op.X.MulTrans(v, scaled)
	operator.SolveFactored(s.chol, v.Data)
	s.op.X.Mul(scaled, v)
	for k, j := range m.Active {
		sign := s.op.Blocks[j].Sign
		for i, a := range operator.RowOf(s.op.Mask, j) {
			b[i] -= sign * a * scaled.Data[k*scaled.Stride+i]
		}
	}
}

func (s *augLagSystem) Describe() string {
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
