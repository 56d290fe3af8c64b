package admm

import (
	"sync/atomic"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/internal/dense"
	"multigrade/solver/internal/operator"
)

// polishGradients solves the Newton system of a polish by conjugate gradients,
// preconditioned by its diagonal blocks but for what the loss couples,
//
//	P_j = X' diag(w A_j^2) X + H_j.
//
// Nothing larger than d x d is formed, and a step costs two products with X.
type polishGradients struct {
	*polishSystem
	unit     blas64.General // k x d^2: X'A_j^2X for squares, whose w are all the same
	hess     blas64.General // k x d^2: P_j, then its factor
	block    []blas64.Triangular
	bad      atomic.Bool // a block could not be factored
	cg       *operator.ConjugateGradients
	accuracy float64        // of a solution: its residual relative to the gradient
	r        blas64.General // argument of the call that runs
}

const (
	// newtonAccuracy is that of a Newton step.
	newtonAccuracy = 1e-3
	// newtonGradients are the most steps for it: what they leave is the next one's.
	newtonGradients = 300
)

func newPolishGradients(s *polishSystem) *polishGradients {
	k, d := len(s.q.op.Blocks), s.q.op.D
	g := &polishGradients{polishSystem: s, hess: operator.NewGeneral(k, d*d), block: make([]blas64.Triangular, k), cg: operator.NewConjugateGradients(k * d), accuracy: newtonAccuracy}
	if s.squares {
		ones := make([]float64, s.q.op.N)
		floats.AddConst(1, ones)
		g.unit = operator.NewGeneral(k, d*d)
		g.grams(g.unit, ones)
	}
	return g
}

// grams sets the rows of to to X' diag(w A_j^2) X.
func (g *polishGradients) grams(to blas64.General, w []float64) {
	q := g.q
	for j := range q.op.Blocks {
		row, mask := operator.RowOf(q.rows, j), operator.RowOf(q.op.Mask, j)
		floats.MulTo(row, mask, mask)
		floats.Mul(row, w)
	}
	q.op.X.Grams(to, (*operator.Weights)(&q.rows))
}

func (g *polishGradients) factor() bool {
	if g.squares {
		floats.ScaleTo(g.hess.Data, g.q.loss.w[0], g.unit.Data)
	} else {
		g.grams(g.hess, g.q.loss.w)
	}
	g.bad.Store(false)
	g.q.op.X.Book(float64(len(g.block)) * operator.FactorWork(g.q.op.D))
	operator.ParallelTask(len(g.block), (*gradientBlocks)(g))
	return !g.bad.Load()
}

// gradientBlocks adds H_j to one block and factors it.
type gradientBlocks polishGradients

func (g *gradientBlocks) Part(j int) {
	d, a := g.q.op.D, operator.RowOf(g.hess, j)
	g.addBlock(j, a, d)
	var ok bool
	if g.block[j], ok = dense.Potrf(blas64.Symmetric{N: d, Stride: d, Data: a, Uplo: blas.Upper}); !ok {
		g.bad.Store(true)
	}
}

func (g *polishGradients) solve(b []float64) {
	clear(g.cg.X)
	g.cg.Solve(g, b, g.accuracy, newtonGradients)
}

// Apply sets q = (F'(I - J)F + blkdiag(H_j)) p.
func (g *polishGradients) Apply(q, p []float64) { g.times(q, p) }

func (g *polishGradients) Precondition(r []float64) {
	g.r = g.q.op.PerBlock(r)
	g.q.op.X.Book(2 * operator.SubstitutionWork * float64(len(g.hess.Data)) / 2)
	operator.ParallelTask(len(g.block), (*gradientSolves)(g))
}

// gradientSolves overwrites row j with P_j^{-1} times it.
type gradientSolves polishGradients

func (g *gradientSolves) Part(j int) { operator.SolveFactored(g.block[j], operator.RowOf(g.r, j)) }
