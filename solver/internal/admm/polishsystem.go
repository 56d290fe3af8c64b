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
//	F'(I - J)F + blkdiag(H_j),   H_j = kappa (I - J_j) + ridge I.
//
// It is solved by the matrix itself or, where fewer samples than unknowns have a
// part in the loss's curvature, by one of their order: losses with kinks curve at
// the few samples at a kink alone.
type polishSystem struct {
	q       *polish
	squares bool

	ridge float64        // on the diagonal
	dir   blas64.General // k x d: the directions p of v_j, where that is not 0

	whole *polishMatrix // nil before its first use, like rows
	rows  *polishRows
	gram  *operator.GramCache
	last  interface{ solve(b []float64) } // the one that is factored
	f     []float64                       // n
	t     []float64                       // d
}

// polishRidge, relative to kappa, is what
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
	return &polishSystem{q: q, gram: gram, squares: q.p.LossOrSquared() == loss.Squared, dir: operator.NewGeneral(k, d), f: make([]float64, n), t: make([]float64, d)}
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

// blocks prepares the H_j.
func (s *polishSystem) blocks() {
	q := s.q
	for j, share := range q.block.share {
		if share < 1 {
			p := operator.RowOf(s.dir, j)
			copy(p, operator.RowOf(q.v, j))
			operator.Normalise(p)
		}
	}
	s.ridge = polishRidge*q.kappa + q.gradNorm/(reach*q.length())
}

// face is Q of block j, without rows where there is none.
func (s *polishSystem) face(j int) blas64.General {
	if s.q.block.share[j] == 1 {
		return blas64.General{}
	}
	return s.q.block.face[j]
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
	for j, share := range q.block.share {
		pj, tj := operator.RowOf(pBlocks, j), operator.RowOf(toBlocks, j)
		e := q.kappa * share
		floats.AddScaled(tj, e+s.ridge, pj)
		if share == 1 {
			continue
		}
		v := operator.RowOf(s.dir, j)
		floats.AddScaled(tj, -e*floats.Dot(v, pj), v)
		if face := s.face(j); face.Rows > 0 {
			part := operator.Vector(s.t[:face.Rows])
			dense.Gemv(blas.NoTrans, q.kappa*(1-share), face, operator.Vector(pj), 0, part)
			dense.Gemv(blas.Trans, 1, face, part, 1, operator.Vector(tj))
		}
	}
}
