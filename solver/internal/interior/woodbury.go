package interior

import (
	"fmt"
	"sync/atomic"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/internal/dense"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
)

// rowNewton solves the interior point's Newton system by an n x n matrix, for
// working sets with more unknowns than rows: with H = blkdiag(H_j),
// H_j = R_j'R_j, and A = B B' the curvature of the data term (curvatureRoot), B = W^{1/2} S,
//
//	(H + F'AF)^{-1} = H^{-1} - H^{-1}F'B (I + S V V' S)^{-1} B'F H^{-1}
//	V = W^{1/2} [ D_1 X R_1^{-1}, ..., D_B X R_B^{-1} ]        n x dB
//
// The signs s_j drop out of V V'. Row i of V_j is 0 where D_j is: V V' is the sum of the
// V_jV_j' of the rows that are not, group by group of blocks of similar patterns.
// What the formula loses to rounding, when the H_j are nearly singular towards the end,
// refinement gives back.
type rowNewton struct {
	ip    *Interior
	block []blas64.Triangular // R_j
	vt    []blas64.General    // B: V_j' of the rows of its group, d x n_j
	rows  [][]int             // B: these rows
	outer blas64.Symmetric    // n x n
	chol  blas64.Triangular
	hess  blas64.General // B x d^2: H_j
	root  *loss.CurvatureRoot
	f     []float64 // n
	x, r  []float64 // dB

	squares     *squares
	work        float64        // of V and V V'
	bad         atomic.Bool    // a block could not be factored
	to, from, b blas64.General // arguments of the method that runs, for its parts
}

func NewRowNewton(ip *Interior) *rowNewton {
	b, n, d := len(ip.T), ip.Op.N, ip.Op.D
	w := &rowNewton{ip: ip, block: make([]blas64.Triangular, b), rows: make([][]int, b), vt: make([]blas64.General, b), root: loss.NewCurvatureRoot(n), f: make([]float64, n)}
	w.outer = blas64.Symmetric{N: n, Stride: n, Data: make([]float64, n*n), Uplo: blas.Upper}
	w.hess, w.x, w.r = operator.NewGeneral(b, d*d), make([]float64, b*d), make([]float64, b*d)
	for j := range w.block {
		w.block[j].Data = make([]float64, d*d)
	}
	groups := newRowGroups(ip.Op)
	for _, g := range groups {
		for k, j := range g.blocks {
			w.rows[j], w.vt[j] = g.rows, blas64.General{Rows: d, Cols: g.vt.Cols, Stride: g.vt.Stride, Data: g.vt.Data[k*d*g.vt.Stride : (k+1)*d*g.vt.Stride]}
		}
		w.work += g.alone
	}
	w.squares = newSquares(groups)
	return w
}

// blockFactors adds the cone to H_j, factors it and fills in V_j'.
type blockFactors rowNewton

func (t *blockFactors) Part(j int) {
	w := (*rowNewton)(t)
	ip, d := w.ip, w.ip.Op.D
	h := operator.RowOf(w.hess, j)
	ip.cone[j].addSchur(h, d)
	var ok bool
	if w.block[j], ok = factorShifted(h, w.block[j].Data, d); ok {
		w.fillV(j)
	} else {
		w.bad.Store(true)
	}
}

func (w *rowNewton) Factor() bool {
	ip := w.ip
	w.bad.Store(false)
	w.root.Of(ip.data)
	if ip.relu {
		ip.Op.X.Grams(w.hess, (*operator.Weights)(&ip.weight))
	} else {
		clear(w.hess.Data)
	}
	operator.ParallelTask(len(ip.T), (*blockFactors)(w))
	if w.bad.Load() {
		return false
	}
	n := ip.Op.N
	ip.Op.X.Book(operator.FactorWork(n) + w.work)
	clear(w.outer.Data)
	w.squares.addTo(w.outer)
	w.root.ProjectBoth(w.outer)
	for i := range n {
		w.outer.Data[i*n+i]++
	}
	var good bool
	w.chol, good = dense.Potrf(w.outer)
	return good
}

// factorShifted is the factor of the d x d matrix h, in data, with a relative
// shift of its diagonal if h is not positive definite to rounding.
func factorShifted(h, data []float64, d int) (blas64.Triangular, bool) {
	for shift := 0.0; shift < 1e-8; shift = max(100*shift, 1e-15) {
		copy(data, h)
		for i := range d {
			data[i*d+i] *= 1 + shift
		}
		if r, ok := dense.Potrf(blas64.Symmetric{N: d, Stride: d, Data: data, Uplo: blas.Upper}); ok {
			return r, true
		}
	}
	return blas64.Triangular{Data: data}, false
}

// fillV sets V_j' to R_j^{-T} X'A_j W^{1/2}.
func (w *rowNewton) fillV(j int) {
	v, mask := w.vt[j], operator.RowOf(w.ip.Op.Mask, j)
	if v.Cols == 0 {
		return
	}
	clear(v.Data)
	var k int
	var root float64
	put := func(c int, x float64) { v.Data[c*v.Stride+k] = root * x }
	for at, i := range w.rows[j] {
		if k, root = at, mask[i]*w.root.Root[i]; root != 0 {
			w.ip.Op.X.Row(i, put)
		}
	}
	dense.Trsm(blas.Left, blas.Trans, 1, w.block[j], v)
}

// Solve refines the formula's solution.
func (w *rowNewton) Solve(b []float64) (left float64) {
	return operator.Refine(w, b, w.x, w.r, operator.Refinements)
}

// Once overwrites v (dB) with the right-hand side of the formula times v.
func (w *rowNewton) Once(v []float64) {
	b := w.ip.Op.PerBlock(v)
	w.ip.Op.X.Book(operator.SubstitutionWork * float64(len(w.f)) * float64(len(w.f)))
	w.solveBlocks(b)
	w.coupling(b)
	w.root.Transposed(w.f)
	operator.SolveFactored(w.chol, w.f)
	w.root.Times(w.f)
	ip := w.ip
	ip.Op.SignedRows(ip.rows, w.f, blas64.General{})
	ip.Op.X.MulTrans(ip.grad, ip.rows)
	w.solveBlocks(ip.grad)
	floats.Sub(b.Data, ip.grad.Data)
}

// coupling sets f = F b.
func (w *rowNewton) coupling(b blas64.General) {
	w.ip.Op.X.Mul(w.ip.rows, b)
	w.ip.Op.Predict(w.f, w.ip.rows)
}

// Residual sets r = b - (H + F'AF) x.
func (w *rowNewton) Residual(r, b, x []float64) {
	w.apply(r, x)
	floats.SubTo(r, b, r)
}

// apply sets q = (H + F'AF) p.
func (w *rowNewton) apply(q, p []float64) {
	ip := w.ip
	w.to, w.from = ip.Op.PerBlock(q), ip.Op.PerBlock(p)
	w.coupling(w.from)
	ip.data.Curvature(w.f)
	ip.Op.SignedRows(ip.rows, w.f, blas64.General{})
	ip.Op.X.MulTrans(w.to, ip.rows)
	operator.ParallelTask(len(ip.T), (*addedBlocks)(w))
}

// addedBlocks adds H_j p_j to row j of q.
type addedBlocks rowNewton

func (w *addedBlocks) Part(j int) {
	d := w.ip.Op.D
	h := blas64.General{Rows: d, Cols: d, Stride: d, Data: operator.RowOf(w.hess, j)}
	dense.Gemv(blas.NoTrans, 1, h, operator.Vector(operator.RowOf(w.from, j)), 1, operator.Vector(operator.RowOf(w.to, j)))
}

// solveBlocks overwrites row j of b with H_j^{-1} times it.
func (w *rowNewton) solveBlocks(b blas64.General) {
	w.b = b
	operator.ParallelTask(len(w.block), (*blockSolves)(w))
}

type blockSolves rowNewton

func (w *blockSolves) Part(j int) {
	operator.SolveFactored(w.block[j], operator.RowOf(w.b, j))
}

func (w *rowNewton) Describe() string {
	return fmt.Sprintf("interior point, Woodbury %d x %d", len(w.f), len(w.f))
}
