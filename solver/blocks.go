package solver

import (
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/hyperplane"
)

// operators are the block operators of a list of B blocks, never formed:
//
//	F u = sum_j s_j D_j X u_j          (n)
//	(G u)_j = S_j X u_j + e_j          (B x n)
//
// where e is 1 on the zero rows of X, whose constraints say 0 >= 0, so that a
// strictly feasible G u is positive everywhere, and 0 elsewhere.
type operators struct {
	x      design
	n, d   int
	blocks []block
	mask   blas64.General // B x n, row j the diagonal of D_j
	zero   []int          // zero rows of X

	// Arguments of the method that runs, for its parts.
	t, m blas64.General
	r    []float64
}

func newOperators(x design, cells []hyperplane.Cell, blocks []block, zeroRows []int) *operators {
	n, d := x.dims()
	op := &operators{x: x, n: n, d: d, blocks: blocks, mask: newGeneral(len(blocks), n), zero: zeroRows}
	for j, b := range blocks {
		fillMask(rowOf(op.mask, j), cells[b.cell].Pattern)
	}
	return op
}

// fillMask writes the diagonal of D_p, 0 or 1.
func fillMask(dst []float64, p hyperplane.Pattern) {
	words := p.Words()
	for i := range dst {
		dst[i] = float64(words[i>>6] >> (i & 63) & 1)
	}
}

// zeroRows lists the rows of X without a nonzero entry.
func zeroRows(x design) []int {
	var rows []int
	n, _ := x.dims()
	for i := range n {
		zero := true
		x.row(i, func(_ int, v float64) { zero = zero && v == 0 })
		if zero {
			rows = append(rows, i)
		}
	}
	return rows
}

// perBlock is v (dB) as B x d.
func (op *operators) perBlock(v []float64) blas64.General {
	return blas64.General{Rows: len(op.blocks), Cols: op.d, Stride: op.d, Data: v}
}

// predict sets f = F u, given Z with X u_j in row j.
func (op *operators) predict(f []float64, z blas64.General) {
	clear(f)
	for j, b := range op.blocks {
		zj, dj := rowOf(z, j), rowOf(op.mask, j)
		if b.sign > 0 {
			for i, v := range zj {
				f[i] += dj[i] * v
			}
		} else {
			for i, v := range zj {
				f[i] -= dj[i] * v
			}
		}
	}
}

// slack turns Z (X u_j in row j) into G u, in place.
func (op *operators) slack(z blas64.General) {
	op.t = z
	parallelTask(len(op.blocks), (*slackRows)(op))
}

type slackRows operators

func (op *slackRows) part(j int) {
	zj, dj := rowOf(op.t, j), rowOf(op.mask, j)
	for i, a := range dj {
		zj[i] *= 2*a - 1
	}
	for _, i := range op.zero {
		zj[i] = 1
	}
}

// signedRows sets T with rows s_j D_j r + S_j m_j, so that T X has the rows
// F_j'r + G_j'm_j. Without cones m.Data is nil.
func (op *operators) signedRows(t blas64.General, r []float64, m blas64.General) {
	op.t, op.r, op.m = t, r, m
	parallelTask(len(op.blocks), (*signRows)(op))
}

type signRows operators

func (op *signRows) part(j int) {
	tj, dj, s := rowOf(op.t, j), rowOf(op.mask, j), op.blocks[j].sign
	if op.m.Data == nil {
		for i, a := range dj {
			tj[i] = s * a * op.r[i]
		}
		return
	}
	mj := rowOf(op.m, j)
	for i, a := range dj {
		tj[i] = s*a*op.r[i] + (2*a-1)*mj[i]
	}
}

// norms sets dst[j] = |u_j|.
func norms(dst []float64, u blas64.General) {
	for j := range dst {
		dst[j] = floats.Norm(rowOf(u, j), 2)
	}
}
