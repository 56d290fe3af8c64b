package solver

import (
	"fmt"
	"math"
	"sync/atomic"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/lapack/lapack64"
)

// rowNewton solves the interior point's Newton system for squares by an n x n
// matrix, for working sets with more unknowns than rows: with H = blkdiag(H_j),
// H_j = R_j'R_j, and C the centring matrix (I without an intercept),
//
//	(H + F'CF)^{-1} = H^{-1} - H^{-1}F'C (I + C V V' C)^{-1} C F H^{-1}
//	V = [ D_1 X R_1^{-1}, ..., D_B X R_B^{-1} ]        n x dB
//
// The signs s_j drop out of V V'. What the formula loses to rounding, when the
// H_j are nearly singular towards the end, refinement gives back.
type rowNewton struct {
	ip    *interior
	block []blas64.Triangular // R_j
	vt    blas64.General      // dB x n: V'
	outer blas64.Symmetric    // n x n
	chol  blas64.Triangular
	hess  blas64.General // B x d^2: H_j
	mean  []float64      // n: row means of V V'
	f     []float64      // n
	w     blas64.General // B x d
	sum   blas64.General // B x d

	bad     atomic.Bool    // a block could not be factored
	r, b, x blas64.General // arguments of the method that runs, for its parts
}

func newRowNewton(ip *interior) *rowNewton {
	b, n, d := len(ip.t), ip.op.n, ip.op.d
	w := &rowNewton{ip: ip, block: make([]blas64.Triangular, b), vt: newGeneral(b*d, n), mean: make([]float64, n), f: make([]float64, n)}
	w.outer = blas64.Symmetric{N: n, Stride: n, Data: make([]float64, n*n), Uplo: blas.Upper}
	w.w, w.sum, w.hess = newGeneral(b, d), newGeneral(b, d), newGeneral(b, d*d)
	for j := range w.block {
		w.block[j].Data = make([]float64, d*d)
	}
	return w
}

// blockFactors sets H_j, factors it and fills in its part of vt.
type blockFactors rowNewton

func (t *blockFactors) part(j int) {
	w := (*rowNewton)(t)
	ip, d := w.ip, w.ip.op.d
	h := rowOf(w.hess, j)
	if ip.relu {
		ip.op.x.gram(h, rowOf(ip.weight, j), rowOf(ip.tmp, j))
	} else {
		clear(h)
	}
	ip.cone[j].addSchur(h, d)
	var ok bool
	if w.block[j], ok = factorShifted(h, w.block[j].Data, d); ok {
		w.fillV(j)
	} else {
		w.bad.Store(true)
	}
}

func (w *rowNewton) factor() bool {
	ip := w.ip
	w.bad.Store(false)
	parallelTask(len(ip.t), (*blockFactors)(w))
	if w.bad.Load() {
		return false
	}
	n := ip.op.n
	blas64.Syrk(blas.Trans, 1, w.vt, 0, w.outer)
	if ip.intercept {
		centreBoth(w.outer.Data, w.mean)
	}
	for i := range n {
		w.outer.Data[i*n+i]++
	}
	var good bool
	w.chol, good = lapack64.Potrf(w.outer)
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
		if r, ok := lapack64.Potrf(blas64.Symmetric{N: d, Stride: d, Data: data, Uplo: blas.Upper}); ok {
			return r, true
		}
	}
	return blas64.Triangular{Data: data}, false
}

// fillV sets rows jd .. (j+1)d of V' to R_j^{-T} X'D_j.
func (w *rowNewton) fillV(j int) {
	n, d := w.ip.op.n, w.ip.op.d
	v := blas64.General{Rows: d, Cols: n, Stride: n, Data: w.vt.Data[j*d*n : (j+1)*d*n]}
	clear(v.Data)
	for i, a := range rowOf(w.ip.op.mask, j) {
		if a != 0 {
			w.ip.op.x.row(i, func(c int, x float64) { v.Data[c*n+i] = x })
		}
	}
	blas64.Trsm(blas.Left, blas.Trans, 1, w.block[j], v)
}

// centreBoth turns the upper triangle of a symmetric A (n x n) into that of
// C A C, C the centring; mean is scratch of n entries.
func centreBoth(a, mean []float64) {
	n := len(mean)
	clear(mean)
	for i := range n {
		mean[i] += a[i*n+i]
		for k := i + 1; k < n; k++ {
			mean[i] += a[i*n+k]
			mean[k] += a[i*n+k]
		}
	}
	floats.Scale(1/float64(n), mean)
	all := floats.Sum(mean) / float64(n)
	for i := range n {
		for k := i; k < n; k++ {
			a[i*n+k] += all - mean[i] - mean[k]
		}
	}
}

// solve overwrites b (dB) with the solution, refined.
func (w *rowNewton) solve(b []float64) {
	d := w.ip.op.d
	rhs := blas64.General{Rows: len(w.ip.t), Cols: d, Stride: d, Data: b}
	copy(w.sum.Data, b)
	w.once(w.sum)
	last := math.Inf(1)
	for range refinements {
		w.residual(w.w, rhs, w.sum)
		now := floats.Norm(w.w.Data, 2)
		if !(now < last/2) {
			break
		}
		last = now
		w.once(w.w)
		floats.Add(w.sum.Data, w.w.Data)
	}
	copy(b, w.sum.Data)
}

// once overwrites b (B x d) with the right-hand side of the formula times b.
func (w *rowNewton) once(b blas64.General) {
	w.solveBlocks(b)
	w.coupling(b)
	v := blas64.Vector{N: len(w.f), Inc: 1, Data: w.f}
	blas64.Trsv(blas.Trans, w.chol, v)
	blas64.Trsv(blas.NoTrans, w.chol, v)
	w.centre()
	ip := w.ip
	ip.op.signedRows(ip.rows, w.f, blas64.General{})
	ip.op.x.mulTrans(ip.grad, ip.rows)
	w.solveBlocks(ip.grad)
	floats.Sub(b.Data, ip.grad.Data)
}

// coupling sets f = C F b.
func (w *rowNewton) coupling(b blas64.General) {
	w.ip.op.x.mul(w.ip.rows, b)
	w.ip.op.predict(w.f, w.ip.rows)
	w.centre()
}

func (w *rowNewton) centre() {
	if w.ip.intercept {
		floats.AddConst(-floats.Sum(w.f)/float64(len(w.f)), w.f)
	}
}

// residual sets r = b - (H + F'CF) x.
func (w *rowNewton) residual(r, b, x blas64.General) {
	ip := w.ip
	w.coupling(x)
	ip.op.signedRows(ip.rows, w.f, blas64.General{})
	ip.op.x.mulTrans(r, ip.rows)
	w.r, w.b, w.x = r, b, x
	parallelTask(len(ip.t), (*residualRows)(w))
}

type residualRows rowNewton

func (w *residualRows) part(j int) {
	d := w.ip.op.d
	h := blas64.General{Rows: d, Cols: d, Stride: d, Data: rowOf(w.hess, j)}
	rj := rowOf(w.r, j)
	blas64.Gemv(blas.NoTrans, 1, h, blas64.Vector{N: d, Inc: 1, Data: rowOf(w.x, j)}, 1, blas64.Vector{N: d, Inc: 1, Data: rj})
	for k, v := range rowOf(w.b, j) {
		rj[k] = v - rj[k]
	}
}

// solveBlocks overwrites row j of b with H_j^{-1} times it.
func (w *rowNewton) solveBlocks(b blas64.General) {
	w.b = b
	parallelTask(len(w.block), (*blockSolves)(w))
}

type blockSolves rowNewton

func (w *blockSolves) part(j int) {
	v := blas64.Vector{N: w.b.Cols, Inc: 1, Data: rowOf(w.b, j)}
	blas64.Trsv(blas.Trans, w.block[j], v)
	blas64.Trsv(blas.NoTrans, w.block[j], v)
}

func (w *rowNewton) describe() string {
	return fmt.Sprintf("interior point, Woodbury %d x %d", len(w.f), len(w.f))
}
