package solver

import (
	"fmt"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/lapack/lapack64"
)

// linearSystem solves the u-step of ADMM,
//
//	(F'F + blkdiag(K)) u = b,    K = kappa I + X'X   (gated: K = kappa I),
//
// the same matrix in every iteration and for every penalty.
type linearSystem interface {
	// solve overwrites b (B x d) with u.
	solve(b blas64.General)
	// describe says in a few words which system was chosen.
	describe() string
}

// largestSystem is the order up to which a matrix is formed and factored.
const largestSystem = 12_000

// newLinearSystem takes the smaller of the n x n and the dB x dB matrix if it
// can be factored, otherwise conjugate gradients.
func newLinearSystem(op *operators, gram *gramCache, kappa float64, relu bool) (linearSystem, error) {
	size := len(op.blocks) * op.d
	switch {
	case min(size, op.n) > largestSystem:
		return newCGSystem(op, kappa, relu)
	case size <= op.n:
		return newBlockSystem(op, gram, kappa, relu)
	default:
		return newWoodburySystem(op, kappa, relu)
	}
}

// blockMatrix is K (d x d).
func blockMatrix(op *operators, kappa float64, relu bool) []float64 {
	k := make([]float64, op.d*op.d)
	if relu {
		ones := make([]float64, op.n)
		for i := range ones {
			ones[i] = 1
		}
		op.x.gram(k, ones, make([]float64, op.n))
	}
	for a := range op.d {
		k[a*op.d+a] += kappa
	}
	return k
}

// factorBlock is K, factored as R'R.
func factorBlock(op *operators, kappa float64, relu bool) (blas64.Triangular, error) {
	k := blas64.Symmetric{N: op.d, Stride: op.d, Data: blockMatrix(op, kappa, relu), Uplo: blas.Upper}
	r, ok := lapack64.Potrf(k)
	if !ok {
		return r, fmt.Errorf("solver: kappa I + X'X (%d x %d) is not positive definite in float64", op.d, op.d)
	}
	return r, nil
}

// woodburySystem factors only the n x n matrix of
//
//	(F'F + blkdiag(K))^{-1} = K^{-1} - K^{-1}F' (I + F K^{-1} F')^{-1} F K^{-1}
//	I + F K^{-1} F' = I + (X K^{-1} X') o (A'A)         A = B x n masks
type woodburySystem struct {
	op    *operators
	k     blas64.Triangular
	outer blas64.Triangular
	rows  blas64.General // B x n
	corr  blas64.General // B x d
	f     []float64
}

func newWoodburySystem(op *operators, kappa float64, relu bool) (*woodburySystem, error) {
	k, err := factorBlock(op, kappa, relu)
	if err != nil {
		return nil, err
	}
	n, d := op.n, op.d
	// V = X R^{-1} (n x d), so X K^{-1} X' = V V'
	v := newGeneral(n, d)
	for i := range n {
		op.x.row(i, func(c int, x float64) { v.Data[i*d+c] = x })
	}
	blas64.Trsm(blas.Right, blas.NoTrans, 1, k, v)
	outer, count := newGeneral(n, n), newGeneral(n, n)
	blas64.Gemm(blas.NoTrans, blas.Trans, 1, v, v, 0, outer)
	blas64.Gemm(blas.Trans, blas.NoTrans, 1, op.mask, op.mask, 0, count)
	floats.Mul(outer.Data, count.Data)
	for i := range n {
		outer.Data[i*n+i]++
	}
	r, ok := lapack64.Potrf(blas64.Symmetric{N: n, Stride: n, Data: outer.Data, Uplo: blas.Upper})
	if !ok {
		return nil, fmt.Errorf("solver: the %d x %d Woodbury matrix is not positive definite in float64", n, n)
	}
	return &woodburySystem{op: op, k: k, outer: r, rows: newGeneral(len(op.blocks), n), corr: newGeneral(len(op.blocks), d), f: make([]float64, n)}, nil
}

func (s *woodburySystem) solve(b blas64.General) {
	solveRows(s.k, b)
	s.op.x.mul(s.rows, b)
	s.op.predict(s.f, s.rows)
	v := blas64.Vector{N: len(s.f), Inc: 1, Data: s.f}
	blas64.Trsv(blas.Trans, s.outer, v)
	blas64.Trsv(blas.NoTrans, s.outer, v)
	s.op.signedRows(s.rows, s.f, blas64.General{})
	s.op.x.mulTrans(s.corr, s.rows)
	solveRows(s.k, s.corr)
	floats.Sub(b.Data, s.corr.Data)
}

func (s *woodburySystem) describe() string {
	return fmt.Sprintf("Woodbury, %d x %d", len(s.f), len(s.f))
}

// blockSystem factors the dB x dB matrix itself.
type blockSystem struct {
	r blas64.Triangular
}

func newBlockSystem(op *operators, gram *gramCache, kappa float64, relu bool) (*blockSystem, error) {
	gram.require(op.blocks)
	size, d := len(op.blocks)*op.d, op.d
	a := blas64.Symmetric{N: size, Stride: size, Data: make([]float64, size*size), Uplo: blas.Upper}
	coupling(a, op.blocks, gram, d)
	k := blockMatrix(op, kappa, relu)
	for j := range op.blocks {
		for i := range d {
			row := a.Data[(j*d+i)*size+j*d:]
			floats.Add(row[:d], k[i*d:i*d+d])
		}
	}
	r, ok := lapack64.Potrf(a)
	if !ok {
		return nil, fmt.Errorf("solver: the %d x %d block matrix is not positive definite in float64", size, size)
	}
	return &blockSystem{r}, nil
}

func (s *blockSystem) solve(b blas64.General) {
	v := blas64.Vector{N: len(b.Data), Inc: 1, Data: b.Data}
	blas64.Trsv(blas.Trans, s.r, v)
	blas64.Trsv(blas.NoTrans, s.r, v)
}

func (s *blockSystem) describe() string { return fmt.Sprintf("blocks, %d x %d", s.r.N, s.r.N) }

// cgSystem solves by conjugate gradients, preconditioned by blkdiag(K) and
// started from the last solution.
type cgSystem struct {
	op          *operators
	kappa       float64
	relu        bool
	k           blas64.Triangular
	rows, rows2 blas64.General // B x n
	f           []float64      // n
	cg          *conjugate
}

func newCGSystem(op *operators, kappa float64, relu bool) (*cgSystem, error) {
	k, err := factorBlock(op, kappa, relu)
	if err != nil {
		return nil, err
	}
	b := len(op.blocks)
	return &cgSystem{op: op, kappa: kappa, relu: relu, k: k, f: make([]float64, op.n),
		rows: newGeneral(b, op.n), rows2: newGeneral(b, op.n), cg: newConjugate(b * op.d)}, nil
}

// apply sets q = (F'F + blkdiag(K)) p.
func (s *cgSystem) apply(q, p []float64) {
	s.op.x.mul(s.rows, s.op.perBlock(p))
	s.op.predict(s.f, s.rows)
	s.op.signedRows(s.rows2, s.f, blas64.General{})
	if s.relu {
		floats.Add(s.rows2.Data, s.rows.Data) // G'G p = X'X p, since S^2 = I
	}
	s.op.x.mulTrans(s.op.perBlock(q), s.rows2)
	floats.AddScaled(q, s.kappa, p)
}

func (s *cgSystem) precondition(r []float64) { solveRows(s.k, s.op.perBlock(r)) }

func (s *cgSystem) solve(b blas64.General) {
	const most, accuracy = 50, 1e-9
	s.cg.solve(s, b.Data, accuracy, most)
}

func (s *cgSystem) describe() string {
	return fmt.Sprintf("conjugate gradients, %d unknowns", len(s.cg.x))
}
