package blas

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// thinMax is the number of rows (or columns) of C from which packing is worth
// while even where gonum's Dgemv reads memory in order.
const thinMax = 6

// thin is C = alpha op(A) op(B) + beta C with few rows, one Dgemv for each.
// Entry (i, j) of C is c[i*down+j*right]. The columns are cut into tasks of
// width columns, so that their part of B stays in the cache from row to row.
type thin struct {
	m, n, k     int
	alpha, beta float64
	a, b        operand
	c           []float64
	down, right int
	width       int
}

var thins = make(freeList[thin], 64)

// thinBlock is the number of entries of B in a task.
const thinBlock = 1 << 15

func multiplyThin(a, b operand, m, n, k int, alpha, beta float64, c []float64, down, right int) {
	t := thins.get()
	*t = thin{
		m: m, n: n, k: k, alpha: alpha, beta: beta, a: a, b: b, c: c, down: down, right: right,
		width: roundUp(max(1, thinBlock/k), 64),
	}
	run(t, ceilDiv(n, t.width))
	*t = thin{}
	thins.put(t)
}

// do computes the columns of one task: c_i = alpha op(B)' a_i + beta c_i.
func (t *thin) do(task int, _ *workspace) {
	var impl gonum.Implementation
	j := task * t.width
	n := min(t.width, t.n-j)
	b := t.b.from(0, j)
	for i := range t.m {
		row, inc := t.a.from(i, 0).data, 1
		if t.a.trans {
			inc = t.a.ld
		}
		c := t.c[i*t.down+j*t.right:]
		if b.trans {
			impl.Dgemv(blas.NoTrans, n, t.k, t.alpha, b.data, b.ld, row, inc, t.beta, c, t.right)
		} else {
			impl.Dgemv(blas.Trans, t.k, n, t.alpha, b.data, b.ld, row, inc, t.beta, c, t.right)
		}
	}
}
