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
//	(F'F + kappa I) u = b,
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
func newLinearSystem(op *operator.Operators, gram *operator.GramCache, kappa float64, o Options) (LinearSystem, error) {
	size := len(op.Blocks) * op.D
	switch {
	case min(size, op.N) > o.LargestSystem:
		return NewCGSystem(op, kappa, o), nil
	case size <= op.N:
		return NewBlockSystem(op, gram, kappa)
	default:
		return NewWoodburySystem(op, kappa)
	}
}

// warmProjection is about what a projection costs that starts from the last one: so many
// products with X (measured on 1440 x 94 and 1440 x 12).
const warmProjection = 4

// Work is about how many operations it takes to prepare for so many blocks with cones, the factor
// of their linear system above all, and then an iteration.
func Work(x operator.Design, blocks int, o Options) (setup, step float64) {
	rows, d := x.Dims()
	n, b, stored := float64(rows), float64(blocks), float64(x.Stored())
	product := b * (2*stored + operator.PassWork*n)
	step = 4*product + warmProjection*b*(8*stored+12*n)
	switch size := b * float64(d); {
	case min(size, n) > float64(o.LargestSystem):
		step += 2 * float64(o.CGSteps) * product
	case size <= n:
		setup = operator.FactorWork(blocks*d) + operator.PassWork*size*size + 3*stored*stored/n*b*(b+1)/2
		step += operator.SubstitutionWork * size * size
	default:
		setup = operator.FactorWork(rows) + 2*n*n*(float64(d)+b+operator.PassWork)
		step += operator.SubstitutionWork * n * n
	}
	return setup, step
}

// woodburySystem factors only the n x n matrix of
//
//	(F'F + kappa I)^{-1} = (I - F' (kappa I + F F')^{-1} F)/kappa
//	F F' = (X X') o (A'A)         A = B x n masks
type woodburySystem struct {
	op    *operator.Operators
	kappa float64
	outer blas64.Triangular
	rows  blas64.General // B x n
	corr  blas64.General // B x d
	f     []float64
}

func NewWoodburySystem(op *operator.Operators, kappa float64) (*woodburySystem, error) {
	n, d := op.N, op.D
	x := operator.NewGeneral(n, d)
	for i := range n {
		op.X.Row(i, func(c int, v float64) { x.Data[i*d+c] = v })
	}
	op.X.Book(operator.FactorWork(n) + 2*float64(n)*float64(n)*float64(d+len(op.Blocks)+operator.PassWork))
	outer, count := operator.NewGeneral(n, n), operator.NewGeneral(n, n)
	dense.Gemm(blas.NoTrans, blas.Trans, 1, x, x, 0, outer)
	dense.Gemm(blas.Trans, blas.NoTrans, 1, op.Mask, op.Mask, 0, count)
	floats.Mul(outer.Data, count.Data)
	for i := range n {
		outer.Data[i*n+i] += kappa
	}
	r, ok := dense.Potrf(blas64.Symmetric{N: n, Stride: n, Data: outer.Data, Uplo: blas.Upper})
	if !ok {
		return nil, fmt.Errorf("solver: the %d x %d Woodbury matrix is not positive definite in float64", n, n)
	}
	return &woodburySystem{op: op, kappa: kappa, outer: r, rows: operator.NewGeneral(len(op.Blocks), n), corr: operator.NewGeneral(len(op.Blocks), d), f: make([]float64, n)}, nil
}

func (s *woodburySystem) Solve(b blas64.General, _ float64) {
	s.op.Forward(s.f, b, s.rows)
	s.op.X.Book(operator.SubstitutionWork * float64(len(s.f)) * float64(len(s.f)))
	operator.SolveFactored(s.outer, s.f)
	s.op.Backward(s.corr, s.f, s.rows)
	floats.Sub(b.Data, s.corr.Data)
	floats.Scale(1/s.kappa, b.Data)
}

func (s *woodburySystem) Describe() string {
	return fmt.Sprintf("Woodbury, %d x %d", len(s.f), len(s.f))
}

// blockSystem factors the dB x dB matrix itself.
type blockSystem struct {
	x operator.Design
	r blas64.Triangular
}

func NewBlockSystem(op *operator.Operators, gram *operator.GramCache, kappa float64) (*blockSystem, error) {
	gram.Require(op.Blocks)
	size := len(op.Blocks) * op.D
	a := blas64.Symmetric{N: size, Stride: size, Data: make([]float64, size*size), Uplo: blas.Upper}
	operator.Coupling(a, op.Blocks, gram, op.D)
	for i := range size {
		a.Data[i*size+i] += kappa
	}
	op.X.Book(operator.FactorWork(size) + operator.PassWork*float64(size)*float64(size))
	r, ok := dense.Potrf(a)
	if !ok {
		return nil, fmt.Errorf("solver: the %d x %d block matrix is not positive definite in float64", size, size)
	}
	return &blockSystem{op.X, r}, nil
}

func (s *blockSystem) Solve(b blas64.General, _ float64) {
	s.x.Book(operator.SubstitutionWork * float64(len(b.Data)) * float64(len(b.Data)))
	operator.SolveFactored(s.r, b.Data)
}

func (s *blockSystem) Describe() string { return fmt.Sprintf("blocks, %d x %d", s.r.N, s.r.N) }

// CGSystem solves by conjugate gradients, started from the last solution. (The diagonal
// blocks kappa I + X'A_j^2X do not pay as a preconditioner, for the blocks of a working set
// are nearly parallel: on 3000 rows of a9a 5100 steps in 4.3 CPU seconds instead of 3000 in
// 2.4 with cones and 5400 in 5.1 instead of 1300 in 1.5 without. What an inexact solution
// leaves is then in the directions that ADMM settles last.)
type CGSystem struct {
	Op          *operator.Operators
	Kappa       float64
	o           Options
	Rows, Rows2 blas64.General // B x n
	F           []float64      // n
	cg          *operator.ConjugateGradients
}

func NewCGSystem(op *operator.Operators, kappa float64, o Options) *CGSystem {
	b := len(op.Blocks)
	return &CGSystem{Op: op, Kappa: kappa, o: o, F: make([]float64, op.N),
		Rows: operator.NewGeneral(b, op.N), Rows2: operator.NewGeneral(b, op.N), cg: operator.NewConjugateGradients(b * op.D)}
}

// Apply sets q = (F'F + kappa I) p.
func (s *CGSystem) Apply(q, p []float64) {
	s.Op.Forward(s.F, s.Op.PerBlock(p), s.Rows)
	s.Op.Backward(s.Op.PerBlock(q), s.F, s.Rows2)
	floats.AddScaled(q, s.Kappa, p)
}

// Precondition does nothing.
func (*CGSystem) Precondition([]float64) {}

func (s *CGSystem) Solve(b blas64.General, accuracy float64) {
	s.cg.Solve(s, b.Data, max(accuracy, s.o.CGAccuracy), s.o.CGSteps)
}

func (s *CGSystem) Describe() string {
	return fmt.Sprintf("conjugate gradients, %d unknowns", len(s.cg.X))
}
