package interior

import (
	"fmt"
	"sync/atomic"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// Far from the end solutions to coarseShare times the gap, at most coarsestAccuracy, do
// as well as accurate ones: the same 68 iterations in 2.0 instead of 3.3 CPU seconds on a
// planted problem of 1000 x 60, the same 17 in 1.0 instead of 1.2 on 3000 rows of a9a.
const (
	coarseShare      = 1e-3
	coarsestAccuracy = 1e-4
)

// cgNewton solves the interior point's Newton system by conjugate gradients,
// preconditioned by its diagonal blocks
//
//	P_j = cone_j + X' diag(m_j/s_j + D_j w) X,
//
// w the diagonal of the data term's curvature. Nothing larger than d x d is
// formed, and a step costs two products with X.
type cgNewton struct {
	ip       *Interior
	block    []blas64.Triangular // of P_j = R_j'R_j
	total    []float64           // n: w
	hess     blas64.General      // B x d^2
	rows     blas64.General      // B x n
	f        []float64           // n
	bad      atomic.Bool         // a block could not be factored
	cg       *operator.ConjugateGradients
	steps    int            // so far
	to, from blas64.General // arguments of the method that runs, for its parts
}

func NewCGNewton(ip *Interior) *cgNewton {
	b, n, d := len(ip.T), ip.Op.N, ip.Op.D
	c := &cgNewton{ip: ip, block: make([]blas64.Triangular, b), total: make([]float64, n), f: make([]float64, n), hess: operator.NewGeneral(b, d*d), rows: operator.NewGeneral(b, n), cg: operator.NewConjugateGradients(b * d)}
	for j := range c.block {
		c.block[j].Data = make([]float64, d*d)
	}
	return c
}

func (c *cgNewton) Factor() bool {
	c.weights()
	c.bad.Store(false)
	operator.ParallelTask(len(c.block), (*preconditionerWeights)(c))
	c.ip.Op.X.Grams(c.hess, (*operator.Weights)(&c.rows))
	operator.ParallelTask(len(c.block), (*preconditionerBlocks)(c))
	return !c.bad.Load()
}

// weights sets total to the diagonal weights of the samples.
func (c *cgNewton) weights() {
	clear(c.total)
	for _, s := range c.ip.data.Term.Sides() {
		floats.Add(c.total, s.Weight)
	}
}

// preconditionerWeights sets rows to the weights of the blocks, m_j/s_j + A_j^2 w.
type preconditionerWeights cgNewton

func (c *preconditionerWeights) Part(j int) {
	ip, w := c.ip, operator.RowOf(c.rows, j)
	floats.MulTo(w, c.total, operator.RowOf(ip.Op.Mask, j))
	floats.Mul(w, operator.RowOf(ip.Op.Mask, j))
	if ip.relu {
		floats.Add(w, operator.RowOf(ip.weight, j))
	}
}

// preconditionerBlocks adds the cone to P_j and factors it.
type preconditionerBlocks cgNewton

func (c *preconditionerBlocks) Part(j int) {
	ip, d := c.ip, c.ip.Op.D
	h := operator.RowOf(c.hess, j)
	ip.cone[j].addSchur(h, d)
	var ok bool
	if c.block[j], ok = factorShifted(h, c.block[j].Data, d); !ok {
		c.bad.Store(true)
	}
}

// Apply sets q = (F'AF + blkdiag(H_j)) p.
func (c *cgNewton) Apply(q, p []float64) {
	ip := c.ip
	ip.Op.X.Book(operator.PassWork * float64(len(c.rows.Data)))
	c.to, c.from = ip.Op.PerBlock(q), ip.Op.PerBlock(p)
	ip.Op.X.Mul(c.rows, c.from)
	ip.Op.Predict(c.f, c.rows)
	ip.data.Curvature(c.f)
	operator.ParallelTask(len(c.block), (*curvedRows)(c))
	ip.Op.X.MulTrans(c.to, c.rows)
	operator.ParallelTask(len(c.block), (*coneBlocks)(c))
}

// curvedRows turns X p_j in row j into s_j A_j A F p + (m_j/s_j) o X p_j.
type curvedRows cgNewton

func (c *curvedRows) Part(j int) {
	op := c.ip.Op
	z, mask, s := operator.RowOf(c.rows, j), operator.RowOf(op.Mask, j), op.Blocks[j].Sign
	if !c.ip.relu {
		for i, a := range mask {
			z[i] = s * a * c.f[i]
		}
		return
	}
	for i, w := range operator.RowOf(c.ip.weight, j) {
		z[i] = s*mask[i]*c.f[i] + w*z[i]
	}
}

// coneBlocks adds the parts of the second-order cones.
type coneBlocks cgNewton

func (c *coneBlocks) Part(j int) {
	c.ip.cone[j].addSchurTimes(operator.RowOf(c.to, j), operator.RowOf(c.from, j))
}

func (c *cgNewton) Precondition(r []float64) {
	c.to = c.ip.Op.PerBlock(r)
	operator.ParallelTask(len(c.block), (*preconditioned)(c))
}

// Solve starts from zero.
func (c *cgNewton) Solve(b []float64) (left float64) {
	clear(c.cg.X)
	c.steps += c.cg.Solve(c, b, c.accuracy(), c.ip.o.CGSteps)
	return c.cg.Left
}

// accuracy is coarse while the gap is wide: a step is then mostly not a long one.
func (c *cgNewton) accuracy() float64 {
	gap := program.RelGap(c.ip.Primal, c.ip.Dual)
	return min(max(c.ip.o.CGAccuracy, coarseShare*gap), coarsestAccuracy)
}

// preconditioned overwrites row j with P_j^{-1} times it.
type preconditioned cgNewton

func (c *preconditioned) Part(j int) { operator.SolveFactored(c.block[j], operator.RowOf(c.to, j)) }

func (c *cgNewton) Describe() string {
	return fmt.Sprintf("interior point, conjugate gradients with %d unknowns", len(c.cg.X))
}
