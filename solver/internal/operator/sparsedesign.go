package operator

import (
	"sync"

	"github.com/james-bowman/sparse"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/internal/dense"
	"multigrade/internal/parallel"
)

// sparseDesign works on the rows of a CSR matrix. It multiplies by itself: the
// products of package sparse take 2.8 times as long for the 40 rows of a working set
// and 1.3 times for the transpose, one thread, 20,000 x 2000 with 14 entries in a row
// (MulVecTo; MulMatMat, which wants transposes, 4 and 2.9 times); for a single row
// they take 0.9 and 2.1 times as long (BenchmarkSparse, the fastest of four on a busy machine). They allocate, run on one
// thread, and their sums have another order on amd64 than elsewhere.
type sparseDesign struct {
	uncounted
	n, d   int
	indptr []int
	ind    []int
	val    []float64
	memo
	pool sync.Pool // *sparseProduct
}

func newSparseDesign(m *sparse.CSR) *sparseDesign {
	r := m.RawMatrix()
	return &sparseDesign{n: r.I, d: r.J, indptr: r.Indptr, ind: r.Ind, val: r.Data}
}

func (x *sparseDesign) Dims() (n, d int) { return x.n, x.d }

func (x *sparseDesign) Stored() int { return len(x.val) }

func (x *sparseDesign) Entries(i int) (ind []int, val []float64) {
	lo, hi := x.indptr[i], x.indptr[i+1]
	return x.ind[lo:hi], x.val[lo:hi]
}

func (x *sparseDesign) Mul(z, u blas64.General) {
	p := x.product(z, u)
	if u.Rows < SparseTogether {
		ParallelTask(u.Rows, (*sparseMulRows)(p))
	} else {
		dense.Transpose(p.narrow, u)
		ParallelTask((x.n+SparseRows-1)/SparseRows, (*sparseMul)(p))
	}
	x.pool.Put(p)
}

func (x *sparseDesign) MulTrans(c, t blas64.General) {
	p := x.product(t, c)
	if t.Rows < SparseTogether {
		ParallelTask(t.Rows, (*sparseMulTransRows)(p))
	} else {
		ParallelTask(len(p.slabs), (*sparseMulTrans)(p))
		p.addSlabs(c)
	}
	x.pool.Put(p)
}

// addSlabs sets c to the sum of the slabs, transposed.
func (p *sparseProduct) addSlabs(c blas64.General) {
	sum := p.slabs[0]
	for _, s := range p.slabs[1:] {
		floats.Add(sum.Data, s.Data)
	}
	sum.Cols = c.Rows
	dense.Transpose(c, sum)
}

// sparseProduct is the workspace of a product of X with a matrix of k rows. Few
// rows are multiplied one by one. For more it goes through the stored entries
// once for all k, which are contiguous in the transposes it works on, with columns of
// zeros up to a multiple of four.
type sparseProduct struct {
	x      *sparseDesign
	wide   blas64.General                    // k x n: the result of mul, the argument of mulTrans
	short  blas64.General                    // k x d: the other one
	narrow blas64.General                    // d x k
	slabs  []blas64.General                  // d x k: sums over the rows of X from s n/slabs on
	blocks parallel.FreeList[blas64.General] // sparseRows x k: scratch of the tasks that run
}

const (
	// SparseTogether is the number of rows from which they are multiplied together.
	SparseTogether = 8
	// SparseRows rows of X at a time are multiplied, which with some tens of columns stay
	// in the cache.
	SparseRows = 64
	// sparseSlabs are the tasks of mulTrans, whatever the number of processors,
	// for the same bits.
	sparseSlabs = 8
)

// product returns a workspace for the k x n matrix wide and the k x d matrix of
// the other side.
func (x *sparseDesign) product(wide, other blas64.General) *sparseProduct {
	p, _ := x.pool.Get().(*sparseProduct)
	if p == nil {
		p = &sparseProduct{x: x, slabs: make([]blas64.General, sparseSlabs)}
	}
	p.wide, p.short = wide, other
	k := dense.Quads(other.Rows)
	if other.Rows < SparseTogether || p.narrow.Cols == k {
		return p
	}
	p.narrow = reshaped(p.narrow, x.d, k)
	for i := range p.slabs {
		p.slabs[i] = reshaped(p.slabs[i], x.d, k)
	}
	p.blocks = parallel.FreeList[blas64.General]{}
	return p
}

// reshaped is a zero r x c matrix, in the memory of a if that is enough.
func reshaped(a blas64.General, r, c int) blas64.General {
	a = blas64.General{Rows: r, Cols: c, Stride: c, Data: Grown(a.Data, r*c)}
	clear(a.Data)
	return a
}

// block is scratch for a task, which gives it back.
func (p *sparseProduct) block() *blas64.General {
	if b := p.blocks.Take(); b != nil {
		return b
	}
	return new(NewGeneral(SparseRows, p.narrow.Cols))
}

// sparseMulRows sets rows of wide: row j of short times X'.
type sparseMulRows sparseProduct

func (p *sparseMulRows) Part(j int) {
	uj, zj := RowOf(p.short, j), RowOf(p.wide, j)
	for i := range zj {
		ind, val := p.x.Entries(i)
		s := 0.0
		for k, c := range ind {
			s += val[k] * uj[c]
		}
		zj[i] = s
	}
}

// sparseMulTransRows sets rows of short: row j of wide times X.
type sparseMulTransRows sparseProduct

func (p *sparseMulTransRows) Part(j int) {
	cj, tj := RowOf(p.short, j), RowOf(p.wide, j)
	clear(cj)
	for i, v := range tj {
		if v == 0 {
			continue
		}
		ind, val := p.x.Entries(i)
		for k, col := range ind {
			cj[col] += v * val[k]
		}
	}
}

// sparseMul sets columns of wide: rows i of X times narrow.
type sparseMul sparseProduct

func (m *sparseMul) Part(task int) {
	p := (*sparseProduct)(m)
	block := p.block()
	lo := task * SparseRows
	hi := min(lo+SparseRows, p.x.n)
	for i := lo; i < hi; i++ {
		ind, val := p.x.Entries(i)
		dense.GatherRows(RowOf(*block, i-lo), val, ind, p.narrow)
	}
	part := blas64.General{Rows: hi - lo, Cols: p.wide.Rows, Stride: block.Stride, Data: block.Data}
	dense.Transpose(p.columns(lo, hi), part)
	p.blocks.Give(block)
}

// columns are those of wide from lo to hi.
func (p *sparseProduct) columns(lo, hi int) blas64.General {
	return blas64.General{Rows: p.wide.Rows, Cols: hi - lo, Stride: p.wide.Stride, Data: p.wide.Data[lo:]}
}

// sparseMulTrans adds up rows of X times columns of wide.
type sparseMulTrans sparseProduct

func (m *sparseMulTrans) Part(task int) {
	p := (*sparseProduct)(m)
	sum, block := p.slabs[task], p.block()
	clear(sum.Data)
	end := (task + 1) * p.x.n / sparseSlabs
	for lo := task * p.x.n / sparseSlabs; lo < end; lo += SparseRows {
		hi := min(lo+SparseRows, end)
		dense.Transpose(*block, p.columns(lo, hi))
		for i := lo; i < hi; i++ {
			ind, val := p.x.Entries(i)
			dense.ScatterRows(sum, val, ind, RowOf(*block, i-lo))
		}
	}
	p.blocks.Give(block)
}

func (x *sparseDesign) Gram(k, w []float64) {
	clear(k)
	x.addGram(k, w, 0)
}

// Grams goes through the rows once for each row of weights, which is no more
// work than once for all.
func (x *sparseDesign) Grams(k blas64.General, w RowWeights) {
	clear(k.Data)
	for from := 0; from < x.n; from += gramRows {
		to := min(from+gramRows, x.n)
		block := w.Block(from, to)
		Parallel(k.Rows, func(j int) { x.addGram(RowOf(k, j), RowOf(block, j), from) })
	}
}

// addGram adds the part of X' diag(w) X that belongs to the rows from first on.
func (x *sparseDesign) addGram(k, w []float64, first int) {
	for i, wi := range w {
		if wi == 0 {
			continue
		}
		ind, val := x.Entries(first + i)
		for a, ca := range ind {
			v := wi * val[a]
			for b, cb := range ind {
				k[ca*x.d+cb] += v * val[b]
			}
		}
	}
}

func (x *sparseDesign) Row(i int, f func(col int, v float64)) {
	ind, val := x.Entries(i)
	for k, c := range ind {
		f(c, val[k])
	}
}
