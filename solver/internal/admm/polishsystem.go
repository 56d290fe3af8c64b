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

// polishSystem is the Newton matrix of a polish, of order dk.
type polishSystem struct {
	q       *polish
	gram    *operator.GramCache
	squares bool

	a      blas64.Symmetric
	chol   blas64.Triangular
	ridge  float64        // on the diagonal
	hess   blas64.General // k x d^2: X' diag(G_j u_j + c_j < 0) X
	mask   blas64.General // k x n
	chunk  blas64.General // samples x dk: rows of F, weighted
	column []float64      // dk
	couple operator.CouplingRows

	// The row of chunk being filled, for add.
	dst    []float64
	sample int
	root   float64
	add    func(col int, v float64) // kept, so that it is allocated once
}

const (
	// chunkRows is the number of rows of F formed at a time.
	chunkRows = 256
	// polishRidge, relative to the largest entry of the diagonal, is what the matrix
	// needs to be factored in float64.
	polishRidge = 1e-12
)

// polishWork is about the number of operations of a Newton step with an order of
// dk, for squares or other losses.
func polishWork(order, n float64, squares bool) float64 {
	if squares {
		return order * order * order / 3
	}
	return order*order*order/3 + n*order*order
}

func newPolishSystem(q *polish, gram *operator.GramCache) *polishSystem {
	k, n, d := len(q.op.Blocks), q.op.N, q.op.D
	order := k * d
	s := &polishSystem{q: q, gram: gram, squares: q.p.LossOrSquared() == loss.Squared, hess: operator.NewGeneral(k, d*d), column: make([]float64, order)}
	s.a = blas64.Symmetric{N: order, Stride: max(order, 1), Data: make([]float64, order*order), Uplo: blas.Upper}
	if q.g.Data != nil {
		s.mask = operator.NewGeneral(k, n)
	}
	if s.squares {
		gram.Require(q.op.Blocks)
	} else {
		s.chunk = operator.NewGeneral(min(chunkRows, n), order)
	}
	s.add = s.addEntry
	return s
}

// factor forms and factors the matrix where the polish is; false if it is not
// positive definite to rounding.
func (s *polishSystem) factor() bool {
	q := s.q
	q.loss.derivative(q.z, q.at, q.constant, q.rho)
	if s.squares {
		s.couple = operator.CouplingRows{A: s.a, Blocks: q.op.Blocks, Gram: s.gram, D: q.op.D}
		operator.ParallelTask(len(q.op.Blocks), &s.couple)
		floats.Scale(q.loss.w[0], s.a.Data)
		s.downdate()
	} else if s.weighted(q.loss.constantOnly); !q.loss.constantOnly {
		s.downdate()
	}
	operator.ParallelTask(len(q.op.Blocks), (*polishBlocks)(s))
	largest := 0.0
	for i := range s.a.N {
		largest = max(largest, s.a.Data[i*s.a.Stride+i])
	}
	s.ridge = polishRidge*largest + q.gradNorm/(reach*q.length())
	for i := range s.a.N {
		s.a.Data[i*s.a.Stride+i] += s.ridge
	}
	var ok bool
	s.chol, ok = dense.Potrf(s.a)
	return ok
}

// weighted sets the upper triangle to F' diag(w) F, or with a constant and nothing
// else that couples the samples to F'(diag(w) - t t')F: the rows of F less their
// weighted mean, of which rounding leaves no negative eigenvalue.
func (s *polishSystem) weighted(centred bool) {
	clear(s.a.Data)
	clear(s.column)
	w := s.q.loss.w
	if centred {
		s.project(w)
		floats.Scale(-1/floats.Sum(w), s.column)
	}
	filled := 0
	for i, wi := range w {
		if wi <= 0 {
			continue
		}
		s.dst, s.sample, s.root = operator.RowOf(s.chunk, filled), i, math.Sqrt(wi)
		floats.ScaleTo(s.dst, s.root, s.column)
		s.q.op.X.Row(i, s.add)
		if filled++; filled == s.chunk.Rows {
			s.flush(filled)
			filled = 0
		}
	}
	s.flush(filled)
}

// project sets column = F't.
func (s *polishSystem) project(t []float64) {
	q := s.q
	q.op.SignedRows(q.rows, t, blas64.General{})
	q.op.X.MulTrans(q.op.PerBlock(s.column), q.rows)
}

// addEntry adds entry v of the sample's row of X to dst.
func (s *polishSystem) addEntry(col int, v float64) {
	op := s.q.op
	v *= s.root
	for j, b := range op.Blocks {
		s.dst[j*op.D+col] += b.Sign * op.Mask.Data[j*op.Mask.Stride+s.sample] * v
	}
}

// flush adds the product of the first rows of the chunk with themselves.
func (s *polishSystem) flush(rows int) {
	if rows > 0 {
		dense.Syrk(blas.Trans, 1, operator.FirstRows(s.chunk, rows), 1, s.a)
	}
}

// downdate takes off what the loss couples, (F't)(F't)' for every vector t.
func (s *polishSystem) downdate() {
	for _, t := range s.q.loss.vectors {
		s.project(t)
		blas64.Syr(-1, operator.Vector(s.column), s.a)
	}
}

// polishBlocks adds the parts of the norms and cones to the diagonal blocks.
type polishBlocks polishSystem

func (s *polishBlocks) Part(j int) {
	q, d := s.q, s.q.op.D
	v := operator.RowOf(q.v, j)
	floats.AddTo(v, operator.RowOf(q.u, j), operator.RowOf(q.b, j))
	share, size := q.shrunk(v), floats.Norm(v, 2)
	h := operator.RowOf(s.hess, j)
	if q.g.Data != nil {
		mask, g, c := operator.RowOf(s.mask, j), operator.RowOf(q.g, j), operator.RowOf(q.c, j)
		for i := range mask {
			mask[i] = 0
			if g[i]+c[i] < 0 {
				mask[i] = 1
			}
		}
		q.op.X.Gram(h, mask)
	}
	for i := range d {
		row := s.a.Data[(j*d+i)*s.a.Stride+j*d:][:d]
		if q.g.Data != nil {
			floats.Add(row, h[i*d:i*d+d])
		}
		row[i] += q.kappa * share
		if share < 1 {
			floats.AddScaled(row, -q.kappa*share*v[i]/(size*size), v)
		}
	}
}

func (s *polishSystem) solve(b []float64) { operator.SolveFactored(s.chol, b) }
