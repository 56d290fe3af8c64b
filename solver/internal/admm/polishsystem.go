package admm

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/internal/dense"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
)

// polishSystem is the Newton system of a polish, of dk unknowns,
//
//	F'(I - J)F + blkdiag(H_j),   H_j = kappa (I - J_j) + X' diag(G_j u_j + c_j < 0) X + ridge I.
//
// It is solved by the matrix itself or, where fewer samples than unknowns have a
// part in the loss's curvature, by one of their order: losses with kinks curve at
// the few samples at a kink alone.
type polishSystem struct {
	q       *polish
	squares bool

	ridge float64        // on the diagonal
	share []float64      // k: of u_j + b_j, what the proximal operator of the norm takes off
	dir   blas64.General // k x d: the direction of u_j + b_j where share < 1
	hess  blas64.General // k x d^2: X' diag(G_j u_j + c_j < 0) X
	mask  blas64.General // k x n

	whole *polishMatrix // nil before its first use, like rows
	rows  *polishRows
	gram  *operator.GramCache
	last  interface{ solve(b []float64) } // the one that is factored
	f     []float64                       // n
}

// polishRidge, relative to the largest entry of the diagonal of the blocks, is what
// the matrix needs to be factored in float64.
const polishRidge = 1e-12

// matrixWork and rowsWork are about the numbers of operations of a Newton step with
// dk = order unknowns by the matrix itself and by that of so many samples.
func matrixWork(order, samples float64, squares bool) float64 {
	if squares { // F'F is kept
		samples = 0
	}
	return order*order*order/3 + samples*order*order
}

func rowsWork(order, samples float64) float64 {
	return samples*samples*order + samples*samples*samples/3
}

// polishWork is that of the cheaper of both, with all samples.
func polishWork(order, n float64, squares bool) float64 {
	return min(matrixWork(order, n, squares), rowsWork(order, n))
}

func newPolishSystem(q *polish, gram *operator.GramCache) *polishSystem {
	k, n, d := len(q.op.Blocks), q.op.N, q.op.D
	s := &polishSystem{q: q, gram: gram, squares: q.p.LossOrSquared() == loss.Squared, share: make([]float64, k), dir: operator.NewGeneral(k, d), hess: operator.NewGeneral(k, d*d), f: make([]float64, n)}
	if q.g.Data != nil {
		s.mask = operator.NewGeneral(k, n)
	}
	return s
}

// factor forms and factors the matrix where the polish is; false if it is not
// positive definite to rounding.
func (s *polishSystem) factor() bool {
	q := s.q
	q.loss.derivative(q.z, q.at, q.constant, q.rho)
	s.blocks()
	order, samples := float64(len(q.u.Data)), 0.0
	for _, w := range q.loss.w {
		if w > 0 {
			samples++
		}
	}
	if rowsWork(order, samples) < matrixWork(order, samples, s.squares) {
		if s.rows == nil {
			s.rows = newPolishRows(s)
		}
		s.last = s.rows
		return s.rows.factor()
	}
	if s.whole == nil {
		s.whole = newPolishMatrix(s)
	}
	s.last = s.whole
	return s.whole.factor()
}

// blocks prepares the blocks H_j: v_j gets u_j + b_j.
func (s *polishSystem) blocks() {
	q, d := s.q, s.q.op.D
	operator.ParallelTask(len(q.op.Blocks), (*polishBlocks)(s))
	if q.g.Data != nil {
		q.op.X.Grams(s.hess, (*operator.Weights)(&s.mask))
	}
	largest := 0.0
	for j := range q.op.Blocks {
		h := operator.RowOf(s.hess, j)
		for i := range d {
			largest = max(largest, h[i*d+i]+q.kappa*s.share[j])
		}
	}
	s.ridge = polishRidge*largest + q.gradNorm/(reach*q.length())
}

type polishBlocks polishSystem

func (s *polishBlocks) Part(j int) {
	q := s.q
	v := operator.RowOf(q.v, j)
	floats.AddTo(v, operator.RowOf(q.u, j), operator.RowOf(q.b, j))
	if s.share[j] = q.shrunk(v); s.share[j] < 1 {
		floats.ScaleTo(operator.RowOf(s.dir, j), 1/floats.Norm(v, 2), v)
	}
	if q.g.Data == nil {
		return
	}
	mask, g, c := operator.RowOf(s.mask, j), operator.RowOf(q.g, j), operator.RowOf(q.c, j)
	for i := range mask {
		mask[i] = 0
		if g[i]+c[i] < 0 {
			mask[i] = 1
		}
	}
}

func (s *polishSystem) solve(b []float64) { s.last.solve(b) }

// times sets to = (F'(I - J)F + blkdiag(H_j)) p.
func (s *polishSystem) times(to, p []float64) {
	q := s.q
	toBlocks, pBlocks := q.op.PerBlock(to), q.op.PerBlock(p)
	q.op.X.Mul(q.rows, pBlocks)
	q.op.Predict(s.f, q.rows)
	q.loss.curve(s.f)
	q.op.SignedRows(q.rows, s.f, blas64.General{})
	q.op.X.MulTrans(toBlocks, q.rows)
	for j, share := range s.share {
		pj, tj := operator.RowOf(pBlocks, j), operator.RowOf(toBlocks, j)
		d, e := len(pj), q.kappa*share
		if q.g.Data != nil {
			h := blas64.General{Rows: d, Cols: d, Stride: d, Data: operator.RowOf(s.hess, j)}
			dense.Gemv(blas.NoTrans, 1, h, operator.Vector(pj), 1, operator.Vector(tj))
		}
		floats.AddScaled(tj, e+s.ridge, pj)
		if share < 1 {
			v := operator.RowOf(s.dir, j)
			floats.AddScaled(tj, -e*floats.Dot(v, pj), v)
		}
	}
}
