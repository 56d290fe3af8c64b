package admm

import (
	"fmt"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/internal/dense"
	"multigrade/solver/internal/operator"
)

// LinearSystem solves the u-step of ADMM,
//
//	(F'F + blkdiag(K)) u = b,    K = kappa I + X'X   (gated: K = kappa I),
//
// the same matrix in every iteration and for every penalty.
type LinearSystem interface {
	// Solve overwrites b (B x d) with u; what is left of b by it is at most accuracy
	// times b, if the system is one that can stop early.
	Solve(b blas64.General, accuracy float64)
	// Describe says in a few words which system was chosen.
	Describe() string
}

// newLinearSystem takes the smaller of the n x n and the dB x dB matrix if it
// can be factored, otherwise conjugate gradients.
func newLinearSystem(op *operator.Operators, gram *operator.GramCache, kappa float64, relu bool, o Options) (LinearSystem, error) {
	size := len(op.Blocks) * op.D
	switch {
	case min(size, op.N) > o.LargestSystem:
		return NewCGSystem(op, kappa, relu, o)
	case size <= op.N:
		return NewBlockSystem(op, gram, kappa, relu)
	default:
		return NewWoodburySystem(op, kappa, relu)
	}
}

// blockMatrix is K (d x d).
func blockMatrix(op *operator.Operators, kappa float64, relu bool) []float64 {
	k := make([]float64, op.D*op.D)
	if relu {
		ones := make([]float64, op.N)
		for i := range ones {
			ones[i] = 1
		}
		op.X.Gram(k, ones)
	}
	for a := range op.D {
		k[a*op.D+a] += kappa
	}
	return k
}

// factorBlock is K, factored as R'R.
func factorBlock(op *operator.Operators, kappa float64, relu bool) (blas64.Triangular, error) {
	k := blas64.Symmetric{N: op.D, Stride: op.D, Data: blockMatrix(op, kappa, relu), Uplo: blas.Upper}
	r, ok := dense.Potrf(k)
	if !ok {
		return r, fmt.Errorf("solver: kappa I + X'X (%d x %d) is not positive definite in float64", op.D, op.D)
	}
	return r, nil
}

// woodburySystem factors only the n x n matrix of
//
//	(F'F + blkdiag(K))^{-1} = K^{-1} - K^{-1}F' (I + F K^{-1} F')^{-1} F K^{-1}
//	I + F K^{-1} F' = I + (X K^{-1} X') o (A'A)         A = B x n masks
type woodburySystem struct {
	op    *operator.Operators
	k     blas64.Triangular
	outer blas64.Triangular
	rows  blas64.General // B x n
	corr  blas64.General // B x d
	f     []float64
}

func NewWoodburySystem(op *operator.Operators, kappa float64, relu bool) (*woodburySystem, error) {
	k, err := factorBlock(op, kappa, relu)
	if err != nil {
		return nil, err
	}
	n, d := op.N, op.D
	// V = X R^{-1} (n x d), so X K^{-1} X' = V V'
	v := operator.NewGeneral(n, d)
	for i := range n {
		op.X.Row(i, func(c int, x float64) { v.Data[i*d+c] = x })
	}
	dense.Trsm(blas.Right, blas.NoTrans, 1, k, v)
	outer, count := operator.NewGeneral(n, n), operator.NewGeneral(n, n)
	dense.Gemm(blas.NoTrans, blas.Trans, 1, v, v, 0, outer)
	dense.Gemm(blas.Trans, blas.NoTrans, 1, op.Mask, op.Mask, 0, count)
	floats.Mul(outer.Data, count.Data)
	for i := range n {
		outer.Data[i*n+i]++
	}
	r, ok := dense.Potrf(blas64.Symmetric{N: n, Stride: n, Data: outer.Data, Uplo: blas.Upper})
	if !ok {
		return nil, fmt.Errorf("solver: the %d x %d Woodbury matrix is not positive definite in float64", n, n)
	}
	return &woodburySystem{op: op, k: k, outer: r, rows: operator.NewGeneral(len(op.Blocks), n), corr: operator.NewGeneral(len(op.Blocks), d), f: make([]float64, n)}, nil
}

func (s *woodburySystem) Solve(b blas64.General, _ float64) {
	operator.SolveRows(s.k, b)
	s.op.X.Mul(s.rows, b)
	s.op.Predict(s.f, s.rows)
	v := blas64.Vector{N: len(s.f), Inc: 1, Data: s.f}
	dense.Trsv(blas.Trans, s.outer, v)
	dense.Trsv(blas.NoTrans, s.outer, v)
	s.op.SignedRows(s.rows, s.f, blas64.General{})
	s.op.X.MulTrans(s.corr, s.rows)
	operator.SolveRows(s.k, s.corr)
	floats.Sub(b.Data, s.corr.Data)
}

func (s *woodburySystem) Describe() string {
	return fmt.Sprintf("Woodbury, %d x %d", len(s.f), len(s.f))
}

// blockSystem factors the dB x dB matrix itself.
type blockSystem struct {
	r blas64.Triangular
}

func NewBlockSystem(op *operator.Operators, gram *operator.GramCache, kappa float64, relu bool) (*blockSystem, error) {
	gram.Require(op.Blocks)
	size, d := len(op.Blocks)*op.D, op.D
	a := blas64.Symmetric{N: size, Stride: size, Data: make([]float64, size*size), Uplo: blas.Upper}
	operator.Coupling(a, op.Blocks, gram, d)
	k := blockMatrix(op, kappa, relu)
	for j := range op.Blocks {
		for i := range d {
			row := a.Data[(j*d+i)*size+j*d:]
			floats.Add(row[:d], k[i*d:i*d+d])
		}
	}
	r, ok := dense.Potrf(a)
	if !ok {
		return nil, fmt.Errorf("solver: the %d x %d block matrix is not positive definite in float64", size, size)
	}
	return &blockSystem{r}, nil
}

func (s *blockSystem) Solve(b blas64.General, _ float64) {
	v := blas64.Vector{N: len(b.Data), Inc: 1, Data: b.Data}
	dense.Trsv(blas.Trans, s.r, v)
	dense.Trsv(blas.NoTrans, s.r, v)
}

func (s *blockSystem) Describe() string { return fmt.Sprintf("blocks, %d x %d", s.r.N, s.r.N) }

// CGSystem solves by conjugate gradients, preconditioned by blkdiag(K) and
// started from the last solution. (The diagonal blocks K + X'D_j^2X as a
// preconditioner made iterations a fifth cheaper on a9a, 24 gated blocks, but 260 of
// them left a gap of 4.5e-4 where 140 had left 1.1e-6, in one run of either.)
type CGSystem struct {
	Op          *operator.Operators
	Kappa       float64
	o           Options
	Relu        bool
	k           blas64.Triangular
	Rows, Rows2 blas64.General // B x n
	F           []float64      // n
	cg          *operator.ConjugateGradients
}

func NewCGSystem(op *operator.Operators, kappa float64, relu bool, o Options) (*CGSystem, error) {
	k, err := factorBlock(op, kappa, relu)
	if err != nil {
		return nil, err
	}
	b := len(op.Blocks)
	return &CGSystem{Op: op, Kappa: kappa, o: o, Relu: relu, k: k, F: make([]float64, op.N),
		Rows: operator.NewGeneral(b, op.N), Rows2: operator.NewGeneral(b, op.N), cg: operator.NewConjugateGradients(b * op.D)}, nil
}

// Apply sets q = (F'F + blkdiag(K)) p.
func (s *CGSystem) Apply(q, p []float64) {
	s.Op.X.Mul(s.Rows, s.Op.PerBlock(p))
	s.Op.Predict(s.F, s.Rows)
	s.Op.SignedRows(s.Rows2, s.F, blas64.General{})
	if s.Relu {
		floats.Add(s.Rows2.Data, s.Rows.Data) // G'G p = X'X p, since S^2 = I
	}
	s.Op.X.MulTrans(s.Op.PerBlock(q), s.Rows2)
	floats.AddScaled(q, s.Kappa, p)
}

func (s *CGSystem) Precondition(r []float64) { operator.SolveRows(s.k, s.Op.PerBlock(r)) }

func (s *CGSystem) Solve(b blas64.General, accuracy float64) {
	s.cg.Solve(s, b.Data, max(accuracy, s.o.CGAccuracy), s.o.CGSteps)
}

func (s *CGSystem) Describe() string {
	return fmt.Sprintf("conjugate gradients, %d unknowns", len(s.cg.X))
}
