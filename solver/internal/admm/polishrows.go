package admm

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/internal/dense"
	"multigrade/solver/internal/operator"
)

// polishRows solves the Newton system of a polish by a matrix of order m, the
// number of samples with a weight in I - J = W^{1/2} P W^{1/2}, P = I - O O' a
// projection (lossProx: a constant, the largest deviation). The second-order
// sparsity of the proximal operators is what makes m small (Li, Sun and Toh, SIAM J.
// Optim. 28, 2018). With
//
//	H_j = K_j - e_j p_j p_j',   K_j = low_j (I - Q_j'Q_j) + high Q_j'Q_j
//
// (blockProx), e_j = kappa s_j, low_j = e_j + ridge, high = kappa + ridge, for the a
// blocks that are not zero and K_j = high I, e_j = 0 for the others, the matrix is
// blkdiag(K_j) + U diag(I, -e) U', U = [F'W^{1/2}P, p], and its inverse
// K^{-1} - K^{-1}U (diag(I, -1/e) + U'K^{-1}U)^{-1} U'K^{-1}, where
//
//	diag(I, -1/e) + U'K^{-1}U = [ I + P A P   P C    ]   A = W^{1/2} F K^{-1} F' W^{1/2}    m x m
//	                            [ C'P         -room  ]   C = W^{1/2} F K^{-1} p             m x a
//
// and room_j = 1/e_j - p_j'K_j^{-1}p_j = ridge/(e_j low_j): the first block is factored
// as L'L and then room + T T' with T = C'P L^{-1} (a x m).
type polishRows struct {
	*polishSystem
	samples []int       // m of n
	root    []float64   // n: W^{1/2}
	axes    [][]float64 // columns of O (m), one or two
	tmp     []float64

	low       []float64 // k
	high      float64
	part      blas64.General // k x d: scratch
	active    []int          // a of k: share < 1
	xt        blas64.General // d x m: X' of the samples
	vt, qt    blas64.General // rows x m: those of K^{-1/2} F'W^{1/2} of some blocks, and scratch
	first     int            // of the blocks in vt
	outer     []float64
	inner     []float64
	t         []float64
	l, lInner blas64.Triangular
	to        blas64.General // a x m: T

	x, r, rest []float64 // dk
	p          []float64 // m
	c          []float64 // a
	b          blas64.General
	column     int                      // of xt, for set
	set        func(col int, v float64) // kept, so that it is allocated once
}

const (
	// rowsAtOnce is about the number of rows of V' formed at a time.
	rowsAtOnce = 1024
	// refinements of a solution there are at most: what the formula loses to rounding.
	refinements = 3
)

func newPolishRows(s *polishSystem) *polishRows {
	k, n, d := len(s.q.op.Blocks), s.q.op.N, s.q.op.D
	m := min(n, k*d) // more samples are for the matrix itself
	w := &polishRows{polishSystem: s, root: make([]float64, n), low: make([]float64, k)}
	w.samples, w.active = make([]int, 0, m), make([]int, 0, k)
	w.part = operator.NewGeneral(k, d)
	w.xt = operator.NewGeneral(d, m)
	w.vt = operator.NewGeneral(min(k, max(1, rowsAtOnce/d))*d, m)
	w.qt = operator.NewGeneral(w.vt.Rows, m)
	w.outer, w.inner, w.t = make([]float64, m*m), make([]float64, k*k), make([]float64, k*m)
	w.axes = make([][]float64, 0, 2)
	w.tmp, w.p, w.c = make([]float64, m), make([]float64, m), make([]float64, k)
	w.x, w.r, w.rest = make([]float64, k*d), make([]float64, k*d), make([]float64, k*d)
	w.set = w.setEntry
	return w
}

func (w *polishRows) factor() bool {
	w.weights()
	w.high = w.q.kappa + w.ridge
	w.active = w.active[:0]
	for j, share := range w.q.block.share {
		w.low[j] = w.q.kappa*share + w.ridge
		if share < 1 {
			w.active = append(w.active, j)
		}
	}
	m, a := len(w.samples), len(w.active)
	outer := blas64.Symmetric{N: m, Stride: max(m, 1), Data: w.outer[:m*m], Uplo: blas.Upper}
	w.to = blas64.General{Rows: a, Cols: m, Stride: max(m, 1), Data: w.t[:a*m]}
	w.couple(outer)
	w.projectBoth(outer)
	for i := range m {
		outer.Data[i*m+i]++
	}
	for k := range a {
		w.project(operator.RowOf(w.to, k))
	}
	w.q.op.X.Book(operator.FactorWork(m) + operator.FactorWork(a) + float64(a)*float64(m)*float64(a+m))
	var ok bool
	if w.l, ok = dense.Potrf(outer); !ok {
		return false
	}
	if m > 0 && a > 0 {
		dense.Trsm(blas.Right, blas.NoTrans, 1, w.l, w.to)
	}
	inner := blas64.Symmetric{N: a, Stride: max(a, 1), Data: w.inner[:a*a], Uplo: blas.Upper}
	clear(inner.Data)
	if m > 0 && a > 0 {
		dense.Syrk(blas.NoTrans, 1, w.to, 0, inner)
	}
	for k, j := range w.active {
		inner.Data[k*a+k] += w.ridge / (w.low[j] * (w.low[j] - w.ridge))
	}
	w.lInner, ok = dense.Potrf(inner)
	return ok
}

// weights lists the samples and sets root and Q.
func (w *polishRows) weights() {
	loss := w.q.loss
	w.samples = w.samples[:0]
	for i, v := range loss.w {
		w.root[i] = 0
		if v > 0 {
			w.root[i] = math.Sqrt(v)
			w.samples = append(w.samples, i)
		}
	}
	for len(w.axes) < len(loss.vectors) {
		w.axes = append(w.axes, make([]float64, cap(w.samples)))
	}
	for k, t := range loss.vectors {
		w.axes[k] = w.axes[k][:len(w.samples)]
		for c, i := range w.samples {
			w.axes[k][c] = t[i] / w.root[i]
		}
		operator.Normalise(w.axes[k])
	}
	w.axes = w.axes[:len(loss.vectors)]
}

// project overwrites f (m) with P f.
func (w *polishRows) project(f []float64) {
	for _, q := range w.axes {
		floats.AddScaled(f, -floats.Dot(q, f), q)
	}
}

// projectBoth turns the upper triangle of a (m x m) into that of P a P.
func (w *polishRows) projectBoth(a blas64.Symmetric) {
	for _, q := range w.axes {
		t := w.tmp[:len(q)]
		dense.Symv(1, a, operator.Vector(q), 0, operator.Vector(t))
		floats.AddScaled(t, -floats.Dot(q, t)/2, q)
		dense.Syr2(-1, operator.Vector(q), operator.Vector(t), a)
	}
}

// scale overwrites the columns of b (d x any) with f(K_j) times them, f = low and high
// at these eigenvalues; t is scratch of that size.
func (w *polishRows) scale(j int, low, high float64, b, t blas64.General) {
	face := w.face(j)
	t.Rows = face.Rows
	if face.Rows > 0 && b.Cols > 0 {
		dense.Gemm(blas.NoTrans, blas.NoTrans, 1, face, b, 0, t)
	}
	floats.Scale(low, b.Data[:b.Rows*b.Cols])
	if face.Rows > 0 && b.Cols > 0 {
		dense.Gemm(blas.Trans, blas.NoTrans, high-low, face, t, 1, b)
	}
}

// couple sets outer to A and the rows of to to those of C'.
func (w *polishRows) couple(outer blas64.Symmetric) {
	d, m := w.q.op.D, len(w.samples)
	clear(outer.Data)
	w.gather()
	k := 0
	for w.first = 0; w.first < len(w.low); {
		some := min(w.vt.Rows/d, len(w.low)-w.first)
		w.vt.Cols, w.vt.Stride = m, max(m, 1)
		w.qt.Cols, w.qt.Stride = m, max(m, 1)
		operator.ParallelTask(some, (*rowParts)(w))
		for ; k < len(w.active) && w.active[k] < w.first+some; k++ {
			j := w.active[k]
			sign := w.q.op.Blocks[j].Sign / math.Sqrt(w.low[j])
			dst := operator.RowOf(w.to, k)
			clear(dst)
			for i, r := range operator.RowOf(w.dir, j) {
				floats.AddScaled(dst, sign*r, w.vt.Data[((j-w.first)*d+i)*w.vt.Stride:][:m])
			}
		}
		if m > 0 {
			w.q.op.X.Book(float64(some*d) * float64(m) * float64(m+operator.PassWork))
			dense.Syrk(blas.Trans, 1, operator.FirstRows(w.vt, some*d), 1, outer)
		}
		w.first += some
	}
}

// gather fills in xt.
func (w *polishRows) gather() {
	m := len(w.samples)
	w.xt.Cols, w.xt.Stride = m, max(m, 1)
	clear(w.xt.Data)
	for w.column = range w.samples {
		w.q.op.X.Row(w.samples[w.column], w.set)
	}
}

func (w *polishRows) setEntry(col int, v float64) { w.xt.Data[col*w.xt.Stride+w.column] = v }

// rowParts sets the rows of vt that belong to a block to K_j^{-1/2} X'A_j W^{1/2}.
type rowParts polishRows

func (t *rowParts) Part(part int) {
	w := (*polishRows)(t)
	op, m := w.q.op, len(w.samples)
	j, d := w.first+part, op.D
	v := blas64.General{Rows: d, Cols: m, Stride: max(m, 1), Data: w.vt.Data[part*d*w.vt.Stride:][:d*m]}
	mask, scale := operator.RowOf(op.Mask, j), operator.RowOf(v, d-1)
	for c, i := range w.samples {
		scale[c] = mask[i] * w.root[i]
	}
	for col := range d - 1 {
		floats.MulTo(operator.RowOf(v, col), scale, operator.RowOf(w.xt, col))
	}
	floats.Mul(scale, operator.RowOf(w.xt, d-1))
	scratch := v
	scratch.Data = w.qt.Data[part*d*w.qt.Stride:][:d*m]
	w.scale(j, 1/math.Sqrt(w.low[j]), 1/math.Sqrt(w.high), v, scratch)
}

// solve refines the formula's solution.
func (w *polishRows) solve(b []float64) { operator.Refine(w, b, w.x, w.r, refinements) }

// Residual sets r = b less the matrix times x.
func (w *polishRows) Residual(r, b, x []float64) {
	w.times(r, x)
	floats.SubTo(r, b, r)
}

// Once overwrites b (dk) with the right-hand side of the formula times b.
func (w *polishRows) Once(b []float64) {
	q := w.q
	w.solveBlocks(b)
	q.op.Forward(w.f, q.op.PerBlock(b), q.rows)
	m, a := len(w.samples), len(w.active)
	p, c := w.p[:m], w.c[:a]
	for k, i := range w.samples {
		p[k] = w.root[i] * w.f[i]
	}
	w.project(p)
	for k, j := range w.active {
		c[k] = -floats.Dot(operator.RowOf(w.dir, j), operator.RowOf(q.op.PerBlock(b), j))
	}
	if m > 0 {
		dense.Trsv(blas.Trans, w.l, operator.Vector(p))
	}
	if a > 0 {
		if m > 0 {
			dense.Gemv(blas.NoTrans, 1, w.to, operator.Vector(p), 1, operator.Vector(c))
		}
		operator.SolveFactored(w.lInner, c)
		if m > 0 {
			dense.Gemv(blas.Trans, -1, w.to, operator.Vector(c), 1, operator.Vector(p))
		}
	}
	if m > 0 {
		dense.Trsv(blas.NoTrans, w.l, operator.Vector(p))
	}
	w.project(p)
	clear(w.f)
	for k, i := range w.samples {
		w.f[i] = w.root[i] * p[k]
	}
	rest := q.op.PerBlock(w.rest)
	q.op.Backward(rest, w.f, q.rows)
	for k, j := range w.active {
		floats.AddScaled(operator.RowOf(rest, j), c[k], operator.RowOf(w.dir, j))
	}
	w.solveBlocks(w.rest)
	floats.Sub(b, w.rest)
}

// solveBlocks overwrites b (dk) with K^{-1} b.
func (w *polishRows) solveBlocks(b []float64) {
	w.b = w.q.op.PerBlock(b)
	operator.ParallelTask(len(w.low), (*rowSolves)(w))
}

type rowSolves polishRows

func (t *rowSolves) Part(j int) {
	w := (*polishRows)(t)
	d := w.b.Cols
	column := func(m blas64.General) blas64.General {
		return blas64.General{Rows: d, Cols: 1, Stride: 1, Data: operator.RowOf(m, j)}
	}
	w.scale(j, 1/w.low[j], 1/w.high, column(w.b), column(w.part))
}
