package solver

import (
	"fmt"
	"sync/atomic"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
)

// cgNewton solves the interior point's Newton system by conjugate gradients,
// preconditioned by its diagonal blocks
//
//	P_j = cone_j + X' diag(m_j/s_j + D_j w) X,
//
// w the diagonal of the data term's curvature. Nothing larger than d x d is
// formed, and a step costs two products with X.
type cgNewton struct {
	ip       *interior
	block    []blas64.Triangular // of P_j = R_j'R_j
	total    []float64           // n: w
	hess     blas64.General      // B x d^2
	rows     blas64.General      // B x n
	f        []float64           // n
	bad      atomic.Bool         // a block could not be factored
	cg       *conjugate
	steps    int            // so far
	to, from blas64.General // arguments of the method that runs, for its parts
}

const (
	// cgAccuracy is the residual of a solution relative to the right-hand side.
	cgAccuracy = 1e-8
	// cgSteps is the largest number of steps.
	cgSteps = 500
)

func newCGNewton(ip *interior) *cgNewton {
	b, n, d := len(ip.t), ip.op.n, ip.op.d
	c := &cgNewton{ip: ip, block: make([]blas64.Triangular, b), total: make([]float64, n), f: make([]float64, n), hess: newGeneral(b, d*d), rows: newGeneral(b, n), cg: newConjugate(b * d)}
	for j := range c.block {
		c.block[j].Data = make([]float64, d*d)
	}
	return c
}

func (c *cgNewton) factor() bool {
	c.weights()
	c.bad.Store(false)
	parallelTask(len(c.block), (*preconditionerBlocks)(c))
	return !c.bad.Load()
}

// weights sets total to the diagonal weights of the samples.
func (c *cgNewton) weights() {
	clear(c.total)
	for _, s := range c.ip.data.term.sides() {
		floats.Add(c.total, s.weight)
	}
}

// preconditionerBlocks forms and factors P_j.
type preconditionerBlocks cgNewton

func (c *preconditionerBlocks) part(j int) {
	ip, d := c.ip, c.ip.op.d
	h, w := rowOf(c.hess, j), rowOf(c.rows, j)
	floats.MulTo(w, c.total, rowOf(ip.op.mask, j))
	if ip.relu {
		floats.Add(w, rowOf(ip.weight, j))
	}
	ip.op.x.gram(h, w, rowOf(ip.tmp, j))
	ip.cone[j].addSchur(h, d)
	var ok bool
	if c.block[j], ok = factorShifted(h, c.block[j].Data, d); !ok {
		c.bad.Store(true)
	}
}

// apply sets q = (F'AF + blkdiag(H_j)) p.
func (c *cgNewton) apply(q, p []float64) {
	ip := c.ip
	c.to, c.from = ip.op.perBlock(q), ip.op.perBlock(p)
	ip.op.x.mul(c.rows, c.from)
	ip.op.predict(c.f, c.rows)
	ip.data.curvature(c.f)
	parallelTask(len(c.block), (*curvedRows)(c))
	ip.op.x.mulTrans(c.to, c.rows)
	parallelTask(len(c.block), (*coneBlocks)(c))
}

// curvedRows turns X p_j in row j into s_j D_j A F p + (m_j/s_j) o X p_j.
type curvedRows cgNewton

func (c *curvedRows) part(j int) {
	op := c.ip.op
	z, mask, s := rowOf(c.rows, j), rowOf(op.mask, j), op.blocks[j].sign
	if !c.ip.relu {
		for i, a := range mask {
			z[i] = s * a * c.f[i]
		}
		return
	}
	for i, w := range rowOf(c.ip.weight, j) {
		z[i] = s*mask[i]*c.f[i] + w*z[i]
	}
}

// coneBlocks adds the parts of the second-order cones.
type coneBlocks cgNewton

func (c *coneBlocks) part(j int) { c.ip.cone[j].addSchurTimes(rowOf(c.to, j), rowOf(c.from, j)) }

func (c *cgNewton) precondition(r []float64) {
	c.to = c.ip.op.perBlock(r)
	parallelTask(len(c.block), (*preconditioned)(c))
}

// solve starts from zero.
func (c *cgNewton) solve(b []float64) (left float64) {
	clear(c.cg.x)
	c.steps += c.cg.solve(c, b, cgAccuracy, cgSteps)
	return c.cg.left
}

// preconditioned overwrites row j with P_j^{-1} times it.
type preconditioned cgNewton

func (c *preconditioned) part(j int) { solveFactored(c.block[j], rowOf(c.to, j)) }

func (c *cgNewton) describe() string {
	return fmt.Sprintf("interior point, conjugate gradients with %d unknowns", len(c.cg.x))
}
