package admm

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/internal/dense"
	"multigrade/solver/internal/operator"
)

// polishMatrix is the Newton matrix of a polish itself, of order dk.
type polishMatrix struct {
	*polishSystem
	a      blas64.Symmetric
	sparse *sparseCurvature // nil where X is dense
	chol   blas64.Triangular
	chunk  blas64.General // samples x dk: rows of F, weighted
	column []float64      // dk
	couple operator.CouplingRows

	// The row of chunk being filled, for add.
	dst    []float64
	sample int
	root   float64
	add    func(col int, v float64) // kept, so that it is allocated once
}

// chunkRows is the number of rows of F formed at a time.
const chunkRows = 256

func newPolishMatrix(s *polishSystem) *polishMatrix {
	order := len(s.q.u.Data)
	m := &polishMatrix{polishSystem: s, column: make([]float64, order)}
	m.a = blas64.Symmetric{N: order, Stride: max(order, 1), Data: make([]float64, order*order), Uplo: blas.Upper}
	switch {
	case s.squares:
		s.gram.Require(s.q.op.Blocks)
	case s.size(0).sparse():
		m.sparse = newSparseCurvature(s.q.op)
	default:
		m.chunk = operator.NewGeneral(min(chunkRows, s.q.op.N), order)
	}
	m.add = m.addEntry
	return m
}

func (s *polishMatrix) factor() bool {
	q := s.q
	if s.squares {
		s.couple = operator.CouplingRows{A: s.a, Blocks: q.op.Blocks, Gram: s.gram, D: q.op.D}
		operator.ParallelTask(len(q.op.Blocks), &s.couple)
		floats.Scale(q.loss.w[0], s.a.Data)
		s.downdate()
	} else if s.sparse != nil {
		s.sparse.set(s.a, q.loss.w)
		s.downdate()
	} else if s.weighted(q.loss.constantOnly); !q.loss.constantOnly {
		s.downdate()
	}
	operator.ParallelTask(len(q.op.Blocks), (*diagonalBlocks)(s))
	var ok bool
	s.q.op.X.Book(operator.FactorWork(s.a.N))
	s.chol, ok = dense.Potrf(s.a)
	return ok
}

// weighted sets the upper triangle to F' diag(w) F, or with a constant and nothing
// else that couples the samples to F'(diag(w) - t t')F: the rows of F less their
// weighted mean, of which rounding leaves no negative eigenvalue.
func (s *polishMatrix) weighted(centred bool) {
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
func (s *polishMatrix) project(t []float64) {
	q := s.q
	q.op.Backward(q.op.PerBlock(s.column), t, q.rows)
}

// addEntry adds entry v of the sample's row of X to dst.
func (s *polishMatrix) addEntry(col int, v float64) {
	op := s.q.op
	v *= s.root
	for j, b := range op.Blocks {
		s.dst[j*op.D+col] += b.Sign * op.Mask.Data[j*op.Mask.Stride+s.sample] * v
	}
}

// flush adds the product of the first rows of the chunk with themselves.
func (s *polishMatrix) flush(rows int) {
	if rows > 0 {
		s.q.op.X.Book(float64(rows) * float64(s.a.N) * float64(s.a.N+operator.PassWork))
		dense.Syrk(blas.Trans, 1, operator.FirstRows(s.chunk, rows), 1, s.a)
	}
}

// downdate takes off what the loss couples, (F't)(F't)' for every vector t.
func (s *polishMatrix) downdate() {
	for _, t := range s.q.loss.vectors {
		s.project(t)
		blas64.Syr(-1, operator.Vector(s.column), s.a)
	}
}

// diagonalBlocks adds the H_j.
type diagonalBlocks polishMatrix

func (s *diagonalBlocks) Part(j int) {
	d := s.q.op.D
	s.addBlock(j, s.a.Data[j*d*s.a.Stride+j*d:], s.a.Stride)
}

func (s *polishMatrix) solve(b []float64) { operator.SolveFactored(s.chol, b) }
