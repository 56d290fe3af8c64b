package operator

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"multigrade/internal/dense"
)

// RowBlock is a block of rows Lo to Hi-1 of a Design, for products that go through X block by
// block: what is done with the products of one block is done while they are in the cache. Its
// products book nothing, and several goroutines may use it.
type RowBlock struct {
	Lo, Hi int
	xt     blas64.General // d x rows, a view
	whole  Design         // of the only block of sparse rows
}

// RowBlocks are the rows of x in blocks of at most rows; sparse rows, which are multiplied
// through transposes of all columns, are one.
func RowBlocks(x Design, rows int) []RowBlock {
	if c, ok := x.(*counted); ok {
		x = c.Design
	}
	n, d := x.Dims()
	m, ok := x.(*denseDesign)
	if !ok {
		return []RowBlock{{Hi: n, whole: x}}
	}
	var blocks []RowBlock
	for lo := 0; lo < n; lo += rows {
		k := min(rows, n-lo)
		blocks = append(blocks, RowBlock{Lo: lo, Hi: lo + k, xt: blas64.General{Rows: d, Cols: k, Stride: m.xt.Stride, Data: m.xt.Data[lo:]}})
	}
	return blocks
}

// Rows of the block.
func (b *RowBlock) Rows() int { return b.Hi - b.Lo }

// Mul sets Z = U X_b', for Z k x rows and U k x d.
func (b *RowBlock) Mul(z, u blas64.General) {
	if b.whole != nil {
		b.whole.Mul(z, u)
		return
	}
	dense.Gemm(blas.NoTrans, blas.NoTrans, 1, u, b.xt, 0, z)
}

// Sparse says that these are sparse rows, all of them.
func (b *RowBlock) Sparse() bool { return b.whole != nil }

// AddTrans sets C = T X_b + beta C, C k x d and T k x rows; beta is 0 or 1, of sparse rows 0,
// as there are no others to add to.
func (b *RowBlock) AddTrans(beta float64, c, t blas64.General) {
	if b.whole != nil {
		b.whole.MulTrans(c, t)
		return
	}
	dense.Gemm(blas.NoTrans, blas.Trans, 1, t, b.xt, beta, c)
}
