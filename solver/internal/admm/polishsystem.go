package admm

import (
	"math"

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
// the few samples at a kink alone. Where neither is affordable it is solved by conjugate
// gradients.
type polishSystem struct {
	q       *polish
	squares bool

	ridge float64        // on the diagonal
	dir   blas64.General // k x d: the directions p of v_j, where that is not 0

	whole *polishMatrix // nil before its first use, like rows
	rows  *polishRows
	cg    *polishGradients
	gram  *operator.GramCache
	last  interface{ solve(b []float64) } // the one that is factored
	f     []float64                       // n
	t     []float64                       // d
}

// polishRidge, relative to kappa, is what
// the matrix needs to be factored in float64.
const polishRidge = 1e-12

// newtonSize is that of a Newton step of the polish.
type newtonSize struct {
	blocks, columns float64 // order dk of the matrix
	entries         float64 // of a row of X that are stored, on average
	samples         float64 // with a weight in I - J
	squares         bool    // F'F is kept
}

// sizeOf is that of a step over so many blocks with all samples.
func sizeOf(x operator.Design, blocks int, squares bool) newtonSize {
	n, d := x.Dims()
	return newtonSize{float64(blocks), float64(d), float64(x.Stored()) / float64(n), float64(n), squares}
}

// sparse reports whether few enough entries of X are stored for sums over these to be
// faster than products of dense matrices.
func (s newtonSize) sparse() bool { return s.entries*s.entries*scattered < s.columns*s.columns }

// scattered is what a pair of stored entries of a row, for a pair of blocks, counts for
// against one of all entries in products of dense matrices. Measured on a9a, 13 blocks of
// 124 columns, 14 entries in a row: 0.09 against 0.7 CPU seconds for the matrix.
const scattered = 10

// sparseAffordable is affordable for matrices formed from the stored entries. Measured on all of a9a, columns of unit variance,
// the logistic loss, 26 blocks: a step of 7e10 took 2.8 CPU seconds, by conjugate gradients 6.
const sparseAffordable = 2 * affordable

// matrix, rows and gradients are about the numbers of operations of a step by the matrix
// itself, by that of the samples and by conjugate gradients.
func (s newtonSize) matrix() float64 {
	order, row := s.blocks*s.columns, s.blocks*s.columns
	switch {
	case s.squares:
		row = 0
	case s.sparse():
		row = s.blocks * s.entries * math.Sqrt(scattered)
	}
	return order*order*order/3 + s.samples*row*row
}

func (s newtonSize) rows() float64 {
	return s.samples*s.samples*s.blocks*s.columns + s.samples*s.samples*s.samples/3
}

// hasGradients says that the matrices of the steps by conjugate gradients are not too large.
func (s newtonSize) hasGradients() bool { return s.blocks*s.columns*s.columns <= largestDiagonal }

// direct is that of the cheaper system that is factored.
func (s newtonSize) direct() float64 { return min(s.matrix(), s.rows()) }

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
	samples := 0
	for _, w := range q.loss.w {
		if w > 0 {
			samples++
		}
	}
	switch size := s.size(samples); {
	case size.direct() > affordable && !(size.sparse() && size.direct() <= sparseAffordable):
		if s.cg == nil {
			s.cg = newPolishGradients(s)
		}
		s.last = s.cg
		return s.cg.factor()
	case size.rows() < size.matrix():
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

// size is that of a step with so many samples.
func (s *polishSystem) size(samples int) newtonSize {
	size := sizeOf(s.q.op.X, len(s.q.op.Blocks), s.squares)
	size.samples = float64(samples)
	return size
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

// addBlock adds H_j to the upper triangle of a matrix (d x d, the rows so far apart).
func (s *polishSystem) addBlock(j int, a []float64, stride int) {
	q, d := s.q, s.q.op.D
	v, share, face := operator.RowOf(s.dir, j), q.block.share[j], s.face(j)
	for i := range d {
		row := a[i*stride:][:d]
		row[i] += q.kappa*share + s.ridge
		if share < 1 {
			floats.AddScaled(row, -q.kappa*share*v[i], v)
		}
		for k := range face.Rows {
			w := operator.RowOf(face, k)
			floats.AddScaled(row, q.kappa*(1-share)*w[i], w)
		}
	}
}

func (s *polishSystem) solve(b []float64) { s.last.solve(b) }

// times sets to = (F'(I - J)F + blkdiag(H_j)) p.
func (s *polishSystem) times(to, p []float64) {
	q := s.q
	toBlocks, pBlocks := q.op.PerBlock(to), q.op.PerBlock(p)
	q.op.Forward(s.f, pBlocks, q.rows)
	q.loss.curve(s.f)
	q.op.Backward(toBlocks, s.f, q.rows)
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
