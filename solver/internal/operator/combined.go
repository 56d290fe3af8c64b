package operator

import (
	"gonum.org/v1/gonum/blas/blas64"

	"multigrade/internal/dense"
)

// Forward sets f = F u. It overwrites rows (B x n), which where X is sparse it does without: the products of a row
// of X with all blocks are added up while they are at hand.
func (op *Operators) Forward(f []float64, u, rows blas64.General) {
	if c := op.combined(); c != nil {
		c.book(op, 4)
		c.forward(f, u)
		return
	}
	op.X.Mul(rows, u)
	op.Predict(f, rows)
}

// Backward sets the rows of to to F_j'r. It overwrites rows (B x n), or does without.
func (op *Operators) Backward(to blas64.General, r []float64, rows blas64.General) {
	if c := op.combined(); c != nil {
		c.book(op, 2*sparseSlabs)
		c.backward(to, r)
		return
	}
	op.SignedRows(rows, r, blas64.General{})
	op.X.MulTrans(to, rows)
}

// combined multiplies a sparse X with many blocks and adds up over these.
type combined struct {
	x       *sparseDesign
	counted *counted       // nil: not counted
	signed  blas64.General // n x B: s_j A_j, with columns of zeros up to a multiple of four
	p       *sparseProduct // of the call that runs, with its vector
	v       []float64
}

// combined is nil where X is not sparse or the blocks are few.
func (op *Operators) combined() *combined {
	if op.sums != nil {
		return op.sums
	}
	x := op.X
	c, isCounted := x.(*counted)
	if isCounted {
		x = c.Design
	}
	s, ok := x.(*sparseDesign)
	if !ok || len(op.Blocks) < SparseTogether {
		return nil
	}
	m := &combined{x: s, signed: NewGeneral(op.N, dense.Quads(len(op.Blocks)))}
	if isCounted {
		m.counted = c
	}
	dense.Transpose(m.signed, op.Mask)
	for j, b := range op.Blocks {
		if b.Sign < 0 {
			for i := range op.N {
				m.signed.Data[i*m.signed.Stride+j] *= -1
			}
		}
	}
	op.sums = m
	return m
}

// book counts what the products and the passes over their rows would do one after the other.
func (c *combined) book(op *Operators, passes int) {
	if c.counted != nil {
		c.counted.product(len(op.Blocks), passes)
		c.counted.Book(PassWork * float64(len(op.Mask.Data)))
	}
}

func (c *combined) forward(f []float64, u blas64.General) {
	c.p, c.v = c.x.product(blas64.General{}, u), f
	dense.Transpose(c.p.narrow, u)
	ParallelTask((c.x.n+predictedRows-1)/predictedRows, (*forwardRows)(c))
	c.x.pool.Put(c.p)
}

// forwardRows sets entries of F u.
type forwardRows combined

func (c *forwardRows) Part(k int) {
	block := c.p.block()
	z := RowOf(*block, 0)
	for i := k * predictedRows; i < min((k+1)*predictedRows, c.x.n); i++ {
		ind, val := c.x.Entries(i)
		dense.GatherRows(z, val, ind, c.p.narrow)
		sum := 0.0
		for j, a := range RowOf(c.signed, i) {
			sum += float64(a * z[j])
		}
		c.v[i] = sum
	}
	c.p.blocks.Give(block)
}

func (c *combined) backward(to blas64.General, r []float64) {
	c.p, c.v = c.x.product(blas64.General{}, to), r
	ParallelTask(len(c.p.slabs), (*backwardSlabs)(c))
	c.p.addSlabs(to)
	c.x.pool.Put(c.p)
}

// backwardSlabs adds up rows of X times what their entries of r are for the blocks.
type backwardSlabs combined

func (c *backwardSlabs) Part(task int) {
	sum, block := c.p.slabs[task], c.p.block()
	clear(sum.Data)
	t := RowOf(*block, 0)
	for i := task * c.x.n / sparseSlabs; i < (task+1)*c.x.n/sparseSlabs; i++ {
		for j, a := range RowOf(c.signed, i) {
			t[j] = a * c.v[i]
		}
		ind, val := c.x.Entries(i)
		dense.ScatterRows(sum, val, ind, t)
	}
	c.p.blocks.Give(block)
}
