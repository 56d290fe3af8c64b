package dense

// thinMax is the number of rows (or columns) of C from which packing is worth
// while even where products of vectors read memory in order.
const thinMax = 6

// thin is C = alpha op(A) op(B) + beta C with few rows or few entries, one
// product of a matrix and a vector for each row. Entry (i, j) of C is
// c[i*down+j*right]. The columns are cut into tasks of width columns, so that
// their part of B stays in the cache from row to row.
type thin struct {
	kernel      instructions
	m, n, k     int
	alpha, beta float64
	a, b        operand
	c           []float64
	down, right int
	width       int
}

var thins freeList[thin]

// Entries of B in a task: with several rows they should stay in the cache.
const (
	thinBlock  = 1 << 15
	thinStream = 1 << 17
)

func multiplyThin(a, b operand, m, n, k int, alpha, beta float64, c []float64, down, right int) {
	block := thinBlock
	if m == 1 {
		block = thinStream
	}
	t := thins.get()
	*t = thin{
		kernel: machine, m: m, n: n, k: k, alpha: alpha, beta: beta, a: a, b: b, c: c, down: down, right: right,
		width: roundUp(max(1, block/k), 64),
	}
	run(t, ceilDiv(n, t.width))
	*t = thin{}
	thins.put(t)
}

// do computes the columns of one task: c_i = alpha op(B)' a_i + beta c_i.
func (t *thin) do(task int, ws *workspace) {
	j := task * t.width
	n := min(t.width, t.n-j)
	b := t.b.from(0, j)
	for i := range t.m {
		x := t.row(i, ws)
		c := t.c[i*t.down+j*t.right:]
		switch {
		case b.trans:
			t.kernel.rowDots(n, t.alpha, b.data, b.ld, x, t.beta, c, t.right)
		case t.right == 1:
			scale(t.beta, c[:n])
			t.kernel.addRows(t.alpha, b.data, b.ld, x, c[:n])
		default:
			t.addScattered(n, x, b, c, ws)
		}
	}
}

// row returns row i of op(A) as one piece of memory.
func (t *thin) row(i int, ws *workspace) []float64 {
	row := t.a.from(i, 0).data
	if !t.a.trans {
		return row[:t.k]
	}
	ws.grow(t.k, 0)
	x := ws.a[:t.k]
	for l := range x {
		x[l] = row[l*t.a.ld]
	}
	return x
}

// addScattered is addRows for a c whose entries lie t.right apart.
func (t *thin) addScattered(n int, x []float64, b operand, c []float64, ws *workspace) {
	ws.grow(0, n)
	y := ws.b[:n]
	if t.beta == 0 {
		clear(y)
	} else {
		for j := range y {
			y[j] = t.beta * c[j*t.right]
		}
	}
	t.kernel.addRows(t.alpha, b.data, b.ld, x, y)
	for j, v := range y {
		c[j*t.right] = v
	}
}
