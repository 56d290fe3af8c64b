package admm

import (
	"gonum.org/v1/gonum/blas/blas64"

	"multigrade/solver/internal/operator"
)

// sparseCurvature forms F' diag(w) F for a sparse X from the pairs of stored entries of its
// rows.
type sparseCurvature struct {
	op   *operator.Operators
	mask []float64 // n x B: the signed diagonals of the blocks

	a blas64.Symmetric // arguments of the call that runs
	w []float64
}

func newSparseCurvature(op *operator.Operators) *sparseCurvature {
	k := len(op.Blocks)
	c := &sparseCurvature{op: op, mask: make([]float64, op.N*k)}
	for j, b := range op.Blocks {
		for i, v := range operator.RowOf(op.Mask, j) {
			c.mask[i*k+j] = b.Sign * v
		}
	}
	return c
}

// set sets the upper triangle of a (dB x dB), w >= 0.
func (c *sparseCurvature) set(a blas64.Symmetric, w []float64) {
	c.a, c.w = a, w
	c.op.X.Book(newtonSize{blocks: float64(len(c.op.Blocks)), columns: float64(c.op.D), entries: float64(c.op.X.Stored()) / float64(c.op.N), samples: float64(c.op.N)}.matrix())
	operator.ParallelTask(len(c.op.Blocks), (*curvatureRows)(c))
}

// curvatureRows sets the rows of one block.
type curvatureRows sparseCurvature

func (c *curvatureRows) Part(j int) {
	d, k, stride := c.op.D, len(c.op.Blocks), c.a.Stride
	rows := c.a.Data[j*d*stride:][:d*stride]
	clear(rows)
	for i, w := range c.w {
		masks := c.mask[i*k:][:k]
		own := w * masks[j]
		if own == 0 {
			continue
		}
		ind, val := c.op.X.Entries(i)
		for l := j; l < k; l++ {
			both := own * masks[l]
			if both == 0 {
				continue
			}
			for e, col := range ind {
				v, row := both*val[e], rows[col*stride+l*d:][:d]
				for f, other := range ind {
					row[other] += float64(v * val[f])
				}
			}
		}
	}
}
