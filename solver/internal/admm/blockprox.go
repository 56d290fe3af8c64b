package admm

import (
	"context"
	"errors"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/hyperplane"
	"multigrade/internal/parallel"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// blockProx is the proximal operator of threshold |.| on the cone of a block, for k
// blocks: since the cone is one,
//
//	prox(w) = shrink(P(w)) = P(w) (1 - threshold/|P(w)|)+
//
// with the projection P of package hyperplane, started from the active rows of the
// last call. A gated block has no cone, P(w) = w. Where it is not 0, with Q the
// directions of the active rows, p the direction of P(w) and s = threshold/|P(w)|,
//
//	I - J = s I + (1 - s) Q'Q - s p p',   J the derivative of prox at w.
type blockProx struct {
	account  *operator.Account    // of the problem
	patterns []hyperplane.Pattern // k, nil for gated blocks
	spare    *projectors
	mu       [][]hyperplane.Multiplier // k: of the last projections
	factor   []hyperplane.Factor       // k: of the rows that these started from
	share    []float64                 // k: s, 1 where prox is 0
	face     []blas64.General          // k: Q (rows x d), kept by those who ask for derivatives
	errs     []error                   // k

	ctx       context.Context // that projections end with, nil where they go on
	v, w      blas64.General  // arguments of the call that runs
	threshold float64
}

// projectors are those on the cones of one X, for any number of goroutines.
type projectors struct {
	first *hyperplane.Projector
	idle  parallel.FreeList[hyperplane.Projector]
}

func newProjectors(p *program.Problem) *projectors {
	if p.Activation.Gated {
		return nil
	}
	return &projectors{first: hyperplane.NewProjector(p.X)}
}

func (s *projectors) take() *hyperplane.Projector {
	if p := s.idle.Take(); p != nil {
		return p
	}
	return s.first.Fork()
}

// roomFor is the number of columns up to which all that a factor may need is allocated at
// once, a quarter of a megabyte a block at most.
const roomFor = 128

// newBlockProx is that of the given blocks; with derivatives it keeps the faces.
func newBlockProx(p *program.Problem, spare *projectors, blocks []operator.Block, derivatives bool) *blockProx {
	k := len(blocks)
	x := &blockProx{account: p.Account, spare: spare, share: make([]float64, k), errs: make([]error, k)}
	if derivatives {
		x.face = make([]blas64.General, k)
	}
	if p.Activation.Gated {
		return x
	}
	_, d := p.X.Dims()
	x.patterns, x.mu = make([]hyperplane.Pattern, k), make([][]hyperplane.Multiplier, k)
	x.factor = make([]hyperplane.Factor, k)
	for j, b := range blocks {
		x.patterns[j] = p.Cells[b.Cell].Pattern
		x.mu[j] = make([]hyperplane.Multiplier, 0, d)
		if d <= roomFor {
			x.factor[j].Grow(d)
		}
		if derivatives {
			x.face[j] = blas64.General{Cols: d, Stride: d, Data: make([]float64, 0, d*d)}
		}
	}
	return x
}

// warm makes the rows from which projections of block j start those of block k of
// another.
func (x *blockProx) warm(j int, from *blockProx, k int) {
	if x.mu != nil {
		x.mu[j] = append(x.mu[j][:0], from.mu[k]...)
	}
}

// at sets the rows of v to the proximal operators at those of w (k x d). The error
// is that of a projection, of ctx where that has ended.
func (x *blockProx) at(v, w blas64.General, threshold float64) error {
	x.v, x.w, x.threshold = v, w, threshold
	operator.ParallelTask(len(x.share), (*blockProxes)(x))
	return errors.Join(x.errs...)
}

type blockProxes blockProx

func (t *blockProxes) Part(j int) {
	x := (*blockProx)(t)
	v, w := operator.RowOf(x.v, j), operator.RowOf(x.w, j)
	if x.errs[j] = nil; floats.Norm(w, 2) <= x.threshold { // |P(w)| is not larger
		clear(v)
		x.share[j] = 1
		return
	}
	if x.patterns == nil {
		copy(v, w)
	} else if x.errs[j] = x.project(j, v, w); x.errs[j] != nil {
		return
	}
	norm := floats.Norm(v, 2)
	if norm <= x.threshold {
		clear(v)
		x.share[j] = 1
		return
	}
	x.share[j] = x.threshold / norm
	floats.Scale(1-x.share[j], v)
}

// project sets v to P(w), or to something shorter than the threshold if P(w) is.
func (x *blockProx) project(j int, v, w []float64) error {
	p := x.spare.take()
	defer x.spare.idle.Give(p)
	p.StopAt(x.threshold)
	p.Within(x.ctx)
	defer func() { x.account.Book(p.Operations()) }()
	p.Reuse(&x.factor[j])
	mu, err := p.Project(v, w, x.patterns[j], x.mu[j])
	if errors.Is(err, hyperplane.ErrProjection) { // rounding on the way from the last rows
		mu, err = p.Project(v, w, x.patterns[j], nil)
	}
	if err != nil {
		return err
	}
	x.mu[j] = append(x.mu[j][:0], mu...)
	if x.face != nil {
		face, q := p.Face(), &x.face[j]
		q.Rows, q.Data = face.Rows, append(q.Data[:0], face.Data...)
	}
	return nil
}
