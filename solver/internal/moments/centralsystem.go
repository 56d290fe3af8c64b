package moments

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/internal/dense"
	"multigrade/solver/internal/operator"
)

// newtonSystem is the symmetric matrix of Newton's method for central: a block for the
// unknowns of every side, and B'KB, with K the curvature of the loss and z = Bx + c.
type newtonSystem interface {
	// clear sets it to 0.
	clear()
	// block is where side j adds what is its own.
	block(j int) newton
	// couple adds what the predictions do.
	couple(p *central, rankOne bool)
	// factor does, with a diagonal larger by the share ridge; false where it is not definite.
	factor(p *central, ridge float64) bool
	// solve replaces v, of the order of p, by the solution.
	solve(p *central, v []float64)
	// work is about the cost of factor.
	work(p *central) float64
}

// newton is a block of the upper triangle of a matrix.
type newton struct {
	data          []float64
	stride, first int
}

func (b newton) row(i int) []float64      { return b.data[(b.first+i)*b.stride+b.first:] }
func (b newton) add(i, j int, v float64)  { b.row(i)[j] += v }
func curvature(p *central, i int) float64 { return p.stiff * p.kappa[i] / float64(p.n) }

const (
	// farthest is how many typical predictions a constant moves at most where the loss is linear in it.
	farthest = 10
	// leastRidge is the curvature that a constant has of its own at least, as a share of stiff. With 1e-9, the constant of a third
	// grade of one input (30 x 9) did not settle, and of its dual point, made orthogonal to constants, a gap of 0.023 was proved;
	// with 1e-11 and 1e-13, of 0.006 and 0.007.
	leastRidge = 1e-12
)

// constantCurvature is what a constant has beside that of the loss. It falls as the constant settles.
func (p *central) constantCurvature() float64 {
	return leastRidge*p.stiff + math.Abs(floats.Sum(p.nu))/(float64(p.n)*farthest*p.typical)
}

// whole is the matrix in one.
type whole struct {
	h     []float64 // order x order
	r     blas64.Triangular
	order int
	bases []int
}

func newWhole(p *central) *whole {
	w := &whole{h: make([]float64, p.order*p.order), order: p.order}
	for j := range p.side {
		w.bases = append(w.bases, p.base(j))
	}
	return w
}

func (w *whole) clear()             { clear(w.h) }
func (w *whole) block(j int) newton { return newton{w.h, w.order, w.bases[j]} }

func (w *whole) couple(p *central, rankOne bool) {
	var all, coef []float64
	var at []int
	if rankOne {
		all = make([]float64, p.order)
	}
	for i := range p.n {
		at, coef = p.predictions(i, at, coef)
		curve := curvature(p, i)
		for k, a := range at {
			if f := curve * coef[k]; f != 0 {
				row := w.h[a*p.order:]
				for l := k; l < len(at); l++ {
					row[at[l]] += f * coef[l]
				}
			}
			if rankOne {
				all[a] += p.q[i] * coef[k]
			}
		}
	}
	for a, v := range all {
		if v != 0 {
			floats.AddScaled(w.h[a*p.order+a:(a+1)*p.order], -p.stiff/float64(p.n)*v, all[a:])
		}
	}
	if p.intercept {
		w.h[len(w.h)-1] += p.constantCurvature()
	}
}

func (w *whole) factor(p *central, ridge float64) (ok bool) {
	for k := range p.order {
		w.h[k*p.order+k] *= 1 + ridge
	}
	w.r, ok = dense.Potrf(blas64.Symmetric{N: p.order, Stride: p.order, Data: w.h, Uplo: blas.Upper})
	return ok
}

func (w *whole) work(p *central) float64 {
	order := float64(p.order)
	return order * order * order / 3
}

func (w *whole) solve(_ *central, v []float64) { operator.SolveFactored(w.r, v) }

// parts are the blocks H_j of many sides, and what couples them by an n x n matrix (Woodbury):
// with C = sqrt(K), T_j = R_j'^{-1} B_j'C, H_j = R_j'R_j and S = sum T_j'T_j,
//
//	(H + B'KB)^{-1} v = R^{-1} (u - T (I + S)^{-1} T'u),   u = R'^{-1} v.
type parts struct {
	h     [][]float64 // per side, order x order
	t     []blas64.General
	r     []blas64.Triangular
	s     []float64 // n x n
	rs    blas64.Triangular
	root  []float64 // of K
	v     []float64 // n
	order int       // of a side
}

func newParts(p *central) *parts {
	q := &parts{order: p.m + len(p.live), s: make([]float64, p.n*p.n), root: make([]float64, p.n), v: make([]float64, p.n), r: make([]blas64.Triangular, len(p.side))}
	for range p.side {
		q.h = append(q.h, make([]float64, q.order*q.order))
		q.t = append(q.t, operator.NewGeneral(q.order, p.n))
	}
	return q
}

func (q *parts) clear() {
	for _, h := range q.h {
		clear(h)
	}
}

func (q *parts) block(j int) newton { return newton{q.h[j], q.order, 0} }

// couple takes C; a curvature of rank one, which smooth losses have not, is left out, so that
// the steps are shorter ones.
func (q *parts) couple(p *central, _ bool) {
	for i := range q.root {
		q.root[i] = math.Sqrt(max(curvature(p, i), 0))
	}
}

func (q *parts) factor(p *central, ridge float64) bool {
	ok := make([]bool, len(p.side))
	p.sides(func(j int) {
		h := q.h[j]
		for k := range q.order {
			h[k*q.order+k] *= 1 + ridge
		}
		if q.r[j], ok[j] = dense.Potrf(blas64.Symmetric{N: q.order, Stride: q.order, Data: h, Uplo: blas.Upper}); !ok[j] {
			return
		}
		s, t := p.side[j], q.t[j]
		clear(t.Data)
		for i, c := range q.root {
			p.coupled.x.Row(i, func(k int, v float64) { t.Data[(p.m-p.d-1+k)*p.n+i] = c * s.sign * (1 + p.slope) / 2 * v })
			if slot := p.slot[i]; slot >= 0 {
				t.Data[(p.m+slot)*p.n+i] = c * s.sign * (1 - p.slope) / 2
			}
		}
		dense.Trsm(blas.Left, blas.Trans, 1, q.r[j], t)
	})
	for _, v := range ok {
		if !v {
			return false
		}
	}
	clear(q.s)
	full := blas64.Symmetric{N: p.n, Stride: p.n, Data: q.s, Uplo: blas.Upper}
	for _, t := range q.t {
		dense.Syrk(blas.Trans, 1, t, 1, full)
	}
	own := p.constantCurvature()
	for i, c := range q.root {
		row := q.s[i*p.n:]
		row[i]++
		if p.intercept {
			for j := i; j < p.n; j++ {
				row[j] += c * q.root[j] / own
			}
		}
	}
	var definite bool
	q.rs, definite = dense.Potrf(full)
	return definite
}

func (q *parts) work(p *central) float64 {
	order, n := float64(q.order), float64(p.n)
	return float64(len(p.side))*order*(order*order/3+order*n+n*n) + n*n*n/3
}

func (q *parts) solve(p *central, v []float64) {
	clear(q.v)
	vector := func(x []float64) blas64.Vector { return blas64.Vector{N: len(x), Inc: 1, Data: x} }
	own := func(j int) []float64 { return v[p.base(j) : p.base(j)+q.order] }
	for j, t := range q.t {
		dense.Trsv(blas.Trans, q.r[j], vector(own(j)))
		dense.Gemv(blas.Trans, 1, t, vector(own(j)), 1, vector(q.v))
	}
	last := len(v) - 1
	if p.intercept {
		floats.AddScaled(q.v, v[last]/p.constantCurvature(), q.root)
	}
	operator.SolveFactored(q.rs, q.v)
	for j, t := range q.t {
		dense.Gemv(blas.NoTrans, -1, t, vector(q.v), 1, vector(own(j)))
		dense.Trsv(blas.NoTrans, q.r[j], vector(own(j)))
	}
	if p.intercept {
		v[last] = (v[last] - floats.Dot(q.root, q.v)) / p.constantCurvature()
	}
}
