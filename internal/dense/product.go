package dense

import "multigrade/internal/parallel"

// Blocks: a kc x nc block of B and an mc x kc block of A are packed at a time
// and stay in the second-level cache together.
const (
	kcMax = 256
	mcMax = 128 // multiple of every mr
	ncMax = 240 // multiple of every nr
)

// workspace holds the packed blocks of one goroutine.
type workspace struct {
	a, b, tile []float64
}

var workspaces freeList[workspace]

// takeWorkspace is a workspace with room for the largest blocks of a product,
// 736 KiB, from the start: they go from hand to hand, and one that had only seen
// small blocks would grow in the middle of somebody's steady state.
func takeWorkspace() *workspace {
	ws := workspaces.get()
	if ws.tile == nil {
		ws.a, ws.b = make([]float64, kcMax*mcMax), make([]float64, kcMax*ncMax)
		ws.tile = make([]float64, maxRows*maxColumns)
	}
	return ws
}

// grow makes room for na and nb numbers where that is more than a product needs.
func (ws *workspace) grow(na, nb int) {
	if len(ws.a) < na {
		ws.a = make([]float64, na)
	}
	if len(ws.b) < nb {
		ws.b = make([]float64, nb)
	}
}

// triangle is the part of C that a product writes.
type triangle int

const (
	full triangle = iota
	upper
	lower
)

// product is C = alpha op(A) op(B) + beta C, op(A) m x k, op(B) k x n, all of
// them non-empty and alpha != 0. The result is cut into blocks of rows x cols
// that are computed independently; an entry is the same wherever the cuts are:
//
//	c = beta c + alpha s_1, c = c + alpha s_2, ...
//
// s_q being the fused sum over the q-th block of k in ascending order.
type product struct {
	kernel      instructions
	part        triangle
	m, n, k     int
	alpha, beta float64
	a, bt       operand // op(A) m x k and op(B)' n x k
	c           []float64
	ldc         int

	rows, cols int // size of a block
	across     int // blocks in a row of blocks
}

var products freeList[product]

// multiply computes the given part of C = alpha op(A) op(B) + beta C.
func multiply(part triangle, m, n, k int, alpha float64, a, b operand, beta float64, c []float64, ldc int) {
	p := products.get()
	*p = product{
		kernel: machine, part: part, m: m, n: n, k: k, alpha: alpha, beta: beta,
		a: a, bt: b.t(), c: c, ldc: ldc,
	}
	run(p, p.cut(parallel.Hands()))
	*p = product{}
	products.put(p)
}

// grain is the number of multiplications that is worth a task of its own.
const grain = 1 << 19

// cut chooses the size of the blocks for the given number of goroutines and
// returns the number of tasks.
func (p *product) cut(procs int) int {
	mr, nr := p.kernel.tile()
	p.rows, p.cols = roundUp(p.m, mr), min(ncMax, roundUp(p.n, nr))
	if p.part != full {
		p.rows = min(p.rows, ncMax)
	}
	want := 1
	if procs > 1 {
		want = min(4*procs, p.m*p.n/grain*p.k+p.m*p.n%grain*p.k/grain)
	}
	for ceilDiv(p.m, p.rows)*ceilDiv(p.n, p.cols) < want {
		switch {
		case p.cols >= p.rows && p.cols > nr:
			p.cols = roundUp(p.cols/2, nr)
		case p.rows > mr:
			p.rows = roundUp(p.rows/2, mr)
		case p.cols > nr:
			p.cols = roundUp(p.cols/2, nr)
		default:
			want = 0
		}
	}
	p.across = ceilDiv(p.n, p.cols)
	return p.across * ceilDiv(p.m, p.rows)
}

// do computes one block.
func (p *product) do(i int, ws *workspace) {
	i0, j0 := i/p.across*p.rows, i%p.across*p.cols
	i1, j1 := min(i0+p.rows, p.m), min(j0+p.cols, p.n)
	if p.skips(i0, i1, j0, j1) {
		return
	}
	mr, nr := p.kernel.tile()
	steps := ceilDiv(p.k, kcMax)
	step := roundUp(ceilDiv(p.k, steps), 4)
	ws.grow(step*min(mcMax, roundUp(i1-i0, mr)), step*roundUp(j1-j0, nr))
	beta := p.beta
	for k0 := 0; k0 < p.k; k0 += step {
		kc := min(step, p.k-k0)
		p.bt.pack(ws.b, nr, j0, j1-j0, k0, kc)
		for i := i0; i < i1; i += mcMax {
			mc := min(mcMax, i1-i)
			p.a.pack(ws.a, mr, i, mc, k0, kc)
			p.tiles(ws, i, i+mc, j0, j1, kc, beta)
		}
		beta = 1
	}
}

// skips reports whether the block lies outside the part of C to be written.
func (p *product) skips(i0, i1, j0, j1 int) bool {
	return p.part == upper && i0 >= j1 || p.part == lower && j0 >= i1
}

// crosses reports whether the block is only partly to be written.
func (p *product) crosses(i0, i1, j0, j1 int) bool {
	return p.part == upper && i1-1 > j0 || p.part == lower && j1-1 > i0
}

// tiles adds one packed block of A times one packed block of B.
func (p *product) tiles(ws *workspace, i0, i1, j0, j1, kc int, beta float64) {
	mr, nr := p.kernel.tile()
	for i := i0; i < i1; i += mr {
		rows := min(mr, i1-i)
		a := ws.a[(i-i0)*kc:]
		for j := j0; j < j1; j += nr {
			cols := min(nr, j1-j)
			b := ws.b[(j-j0)*kc:]
			switch {
			case p.skips(i, i+rows, j, j+cols):
			case p.crosses(i, i+rows, j, j+cols):
				p.kernel.multiplyTile(kc, a, b, nr, ws.tile, nr, rows, nr, p.alpha, 0, nil)
				p.mergeTriangle(ws.tile, i, j, rows, cols, beta)
			default:
				p.kernel.multiplyTile(kc, a, b, nr, p.c[i*p.ldc+j:], p.ldc, rows, cols, p.alpha, beta, ws.tile)
			}
		}
	}
}

// mergeTriangle writes the tile at (i0, j0) that the diagonal crosses.
func (p *product) mergeTriangle(tile []float64, i0, j0, rows, cols int, beta float64) {
	_, nr := p.kernel.tile()
	for i := i0; i < i0+rows; i++ {
		from, to := j0, j0+cols
		if p.part == upper {
			from = max(from, i)
		} else {
			to = min(to, i+1)
		}
		if from < to {
			merge(p.c[i*p.ldc+from:i*p.ldc+to], tile[(i-i0)*nr+from-j0:], beta)
		}
	}
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

func roundUp(a, b int) int { return ceilDiv(a, b) * b }
