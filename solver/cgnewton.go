package solver

import (
	"fmt"
	"math"
	"sync/atomic"

	"gonum.org/v1/gonum/blas"
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
	ip         *interior
	block      []blas64.Triangular // of P_j = R_j'R_j
	total      []float64           // n: w
	hess       blas64.General      // B x d^2
	x, r, p, q blas64.General      // B x d
	w          blas64.General      // B x d: P^{-1} r
	rows       blas64.General      // B x n
	f          []float64           // n
	bad        atomic.Bool         // a block could not be factored
	steps      int                 // so far
	to, from   blas64.General      // arguments of the method that runs, for its parts
}

const (
	// cgAccuracy is the residual of a solution relative to the right-hand side.
	cgAccuracy = 1e-8
	// cgSteps is the largest number of steps.
	cgSteps = 500
)

func newCGNewton(ip *interior) *cgNewton {
	b, n, d := len(ip.t), ip.op.n, ip.op.d
	c := &cgNewton{ip: ip, block: make([]blas64.Triangular, b), total: make([]float64, n), f: make([]float64, n), hess: newGeneral(b, d*d), rows: newGeneral(b, n)}
	for _, g := range []*blas64.General{&c.x, &c.r, &c.p, &c.q, &c.w} {
		*g = newGeneral(b, d)
	}
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
	if c.ip.data == nil {
		for i := range c.total {
			c.total[i] = 1
		}
		return
	}
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
func (c *cgNewton) apply(q, p blas64.General) {
	ip := c.ip
	ip.op.x.mul(c.rows, p)
	ip.op.predict(c.f, c.rows)
	c.curvature()
	c.to, c.from = q, p
	parallelTask(len(c.block), (*curvedRows)(c))
	ip.op.x.mulTrans(q, c.rows)
	parallelTask(len(c.block), (*coneBlocks)(c))
}

// curvature overwrites f with A f.
func (c *cgNewton) curvature() {
	if c.ip.data != nil {
		c.ip.data.curvature(c.f)
	} else if c.ip.intercept {
		floats.AddConst(-floats.Sum(c.f)/float64(len(c.f)), c.f)
	}
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

// solve starts from zero. It ends early when no progress is made, which is
// what rounding allows.
func (c *cgNewton) solve(b []float64) {
	clear(c.x.Data)
	copy(c.r.Data, b)
	target := cgAccuracy * floats.Norm(b, 2)
	rho := 0.0
	for k := range cgSteps {
		if floats.Norm(c.r.Data, 2) <= target {
			break
		}
		copy(c.w.Data, c.r.Data)
		parallelTask(len(c.block), (*preconditioned)(c))
		next := floats.Dot(c.r.Data, c.w.Data)
		if k == 0 {
			copy(c.p.Data, c.w.Data)
		} else {
			floats.AddScaledTo(c.p.Data, c.w.Data, next/rho, c.p.Data)
		}
		rho = next
		c.apply(c.q, c.p)
		alpha := rho / floats.Dot(c.p.Data, c.q.Data)
		if math.IsNaN(alpha) || math.IsInf(alpha, 0) {
			break
		}
		floats.AddScaled(c.x.Data, alpha, c.p.Data)
		floats.AddScaled(c.r.Data, -alpha, c.q.Data)
		c.steps++
	}
	copy(b, c.x.Data)
}

// preconditioned overwrites row j of w with P_j^{-1} times it.
type preconditioned cgNewton

func (c *preconditioned) part(j int) {
	v := blas64.Vector{N: c.w.Cols, Inc: 1, Data: rowOf(c.w, j)}
	blas64.Trsv(blas.Trans, c.block[j], v)
	blas64.Trsv(blas.NoTrans, c.block[j], v)
}

func (c *cgNewton) describe() string {
	return fmt.Sprintf("interior point, conjugate gradients with %d unknowns", len(c.x.Data))
}
