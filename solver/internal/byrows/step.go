package byrows

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/internal/dense"
	"multigrade/solver/internal/interior"
	"multigrade/solver/internal/operator"
	"multigrade/solver/rowsum"
)

// gram is the Gram matrix H of columns F = [A_p X .. | 1], with the weights of the loss at a
// point; for squares it stays, and grows with the working set.
type gram struct {
	patterns []int
	h        blas64.General // the last column is that of ones
}

// takeGram takes the pass for the columns of the working set that H has not got; for other
// losses than squares for all, at the point.
func (s *Search) takeGram(ctx context.Context) error {
	g := &s.gram
	if !s.curved.Quadratic() {
		*g = gram{}
	}
	known := len(g.patterns)
	patterns, derived := slices.Clone(g.patterns), []derivation(nil)
	for _, b := range s.blocks {
		if slices.Contains(patterns, b.pattern) || slices.ContainsFunc(derived, func(v derivation) bool { return v.pattern == b.pattern }) {
			continue
		}
		if v := s.near(b.pattern, patterns, derived); v.rows != nil {
			derived = append(derived, v)
		} else {
			patterns = append(patterns, b.pattern)
		}
	}
	if err := s.passGram(ctx, patterns, known*s.d); err != nil {
		return err
	}
	s.derive(derived)
	return nil
}

// passGram takes the pass for the columns of H from the first on.
func (s *Search) passGram(ctx context.Context, patterns []int, first int) error {
	g := &s.gram
	if first > 0 && len(patterns)*s.d == first {
		return nil
	}
	pass := &rowsum.Gram{At: s.at.byPattern(s.d), Curved: s.curved, Patterns: patterns, D: s.d, First: first}
	part, err := s.pass(ctx, pass)
	if err != nil {
		return err
	}
	k := pass.Columns()
	h := operator.NewGeneral(k, k)
	for i := range first {
		copy(operator.RowOf(h, i), operator.RowOf(g.h, i)[:first])
	}
	copy(h.Data[first*k:], part.Sum)
	for i := first; i < k; i++ {
		for j := range first {
			h.Data[j*k+i] = h.Data[i*k+j]
		}
	}
	g.patterns, g.h = patterns, h
	return nil
}

// model is the quadratic model of n L at the point over the working set, the constant
// eliminated:
//
//	1/2 (u - u0)'H(u - u0) - q'(u - u0),   q_j = s_j X'A_j nu,
//
// every block in the coordinates of its frame. For a loss with kinks nu is what its Newton step
// aims at if the prediction stays.
type model struct {
	h      blas64.General // dB x dB
	b      []float64      // q
	origin []float64      // u0
	frames []*interior.Frame
	ones   []float64 // products of the column of ones with the others; nil without an intercept
	weight float64   // of ones with ones
	slope  float64   // sum nu
	c0     float64
}

// newModel takes the products X'A_p nu of the patterns of H, in their order, and sum nu.
func (s *Search) newModel(products []float64, sumNu float64) *model {
	g, d, b := &s.gram, s.d, len(s.blocks)
	m := &model{h: operator.NewGeneral(b*d, b*d), b: make([]float64, b*d)}
	columns := g.h.Rows
	t := operator.NewGeneral(b*d, columns) // u to columns of F
	u0, own := operator.NewGeneral(b, d), make([]float64, d)
	for k, bl := range s.blocks {
		f, at := s.frame(bl.pattern), slices.Index(g.patterns, bl.pattern)*d
		m.frames = append(m.frames, f)
		for i := range d {
			floats.ScaleTo(operator.RowOf(t, k*d+i)[at:at+d], bl.sign, f.R.RawRowView(i))
		}
		s.at.of(own, bl)
		f.To(operator.RowOf(u0, k), own)
		floats.ScaleTo(own, bl.sign, products[at:at+d])
		f.To(m.b[k*d:(k+1)*d], own)
	}
	th := operator.NewGeneral(b*d, columns)
	dense.Gemm(blas.NoTrans, blas.NoTrans, 1, t, g.h, 0, th)
	dense.Gemm(blas.NoTrans, blas.Trans, 1, th, t, 0, m.h)
	m.origin = u0.Data
	if s.p.Intercept {
		m.eliminate(th, g.h.Data[len(g.h.Data)-1], sumNu, s.at.constant)
	}
	return m
}

// eliminate takes the constant out: it minimises the model for every u,
//
//	c = c0 + (sum nu - ones'(u - u0))/weight.
func (m *model) eliminate(th blas64.General, weight, sumNu, c0 float64) {
	m.ones, m.weight, m.c0 = make([]float64, len(m.b)), weight, c0
	for i := range m.ones {
		m.ones[i] = th.Data[i*th.Stride+th.Cols-1]
	}
	m.slope = sumNu
	for i, v := range m.ones {
		floats.AddScaled(operator.RowOf(m.h, i), -v/weight, m.ones)
	}
	floats.AddScaled(m.b, -m.slope/weight, m.ones)
}

func (m *model) constant(v []float64) float64 {
	if m.ones == nil {
		return 0
	}
	away := make([]float64, len(v))
	floats.SubTo(away, v, m.origin)
	return m.c0 + (m.slope-floats.Dot(m.ones, away))/m.weight
}

func (s *Search) frame(p int) *interior.Frame {
	if s.p.Activation.Gated {
		return interior.NewFrame(s.cones[p].gate, operator.NewGeneral(0, s.d))
	}
	return s.cones[p].inFrame()
}

const (
	// modelAccuracy is the accuracy of the model's solution as a share of the tolerance.
	modelAccuracy = 0.02
	// quadraticSteps of the interior-point method are far more than it takes.
	quadraticSteps = 100
	// wallRounds is how often rows are added to the cones within a round.
	wallRounds = 20
)

// lengths are the steps that are tried.
var lengths = []float64{0, 1e-3, 0.01, 0.03, 0.1, 0.25, 0.5, 0.75, 1}

// newtonStep goes to the solution of the model over the working set, or part of the way, and says
// whether it went anywhere.
func (s *Search) newtonStep(ctx context.Context) (moved bool, err error) {
	s.neverEmpty()
	if err := s.takeGram(ctx); err != nil {
		return false, err
	}
	var products []float64
	for _, p := range s.gram.patterns {
		products = append(products, s.prices[rowsum.PriceProducts+p*s.d:rowsum.PriceProducts+(p+1)*s.d]...)
	}
	next, err := s.solveModel(ctx, products, s.prices[rowsum.PriceNu])
	if err != nil {
		return false, err
	}
	if s.curved.Quadratic() {
		s.at = *next
		return true, nil
	}
	t, err := s.search(ctx, next)
	if err == nil && t > 0 {
		s.at = s.between(next, t)
	}
	return t > 0, err
}

// neverEmpty leaves the working set a block: a constant may be all there is to find, and the
// model is about blocks.
func (s *Search) neverEmpty() {
	if len(s.blocks) == 0 {
		s.blocks = append(s.blocks, s.values[0].block)
	}
}

// solveModel is the solution of the model, in the cones of all rows but for rounding.
func (s *Search) solveModel(ctx context.Context, products []float64, sumNu float64) (*point, error) {
	tol := modelAccuracy * s.o.Tol * s.primal * float64(s.n)
	for k := 0; ; k++ {
		m := s.newModel(products, sumNu)
		b := len(s.blocks)
		q := &interior.Quadratic{D: s.d, Q: blas64.Symmetric{N: b * s.d, Stride: b * s.d, Data: m.h.Data, Uplo: blas.Upper}, B: m.b, Origin: m.origin, Lambda: s.lambda, Frames: m.frames, Account: s.o.Account}
		v := q.Solve(ctx, tol, quadraticSteps).V
		next := s.pointOf(m.frames, v, 0.1*tol)
		next.constant = m.constant(v.Data)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		again, err := s.violated(ctx, next.blocks, next.u)
		if err != nil {
			return nil, err
		}
		if !again || k == wallRounds {
			return &next, nil
		}
	}
}

// pointOf is the point of the working set's blocks in their frames, without those that together cost
// at most room.
func (s *Search) pointOf(frames []*interior.Frame, v blas64.General, room float64) (at point) {
	u, least := make([]float64, s.d), room/float64(len(s.blocks))/s.lambda
	for j, b := range s.blocks {
		row := operator.RowOf(v, j)
		if floats.Norm(row, 2) <= least {
			continue
		}
		frames[j].From(u, row)
		at.blocks, at.u.Data = append(at.blocks, b), append(at.u.Data, u...)
	}
	at.u.Rows, at.u.Cols, at.u.Stride = len(at.blocks), s.d, s.d
	return at
}

// between is the point t of the way to next.
func (s *Search) between(next *point, t float64) point {
	at := point{constant: (1-t)*s.at.constant + t*next.constant}
	if t == 1 {
		at.blocks, at.u, at.constant = next.blocks, next.u, next.constant
		return at
	}
	at.blocks = slices.Clone(s.at.blocks)
	for _, b := range next.blocks {
		if !slices.Contains(at.blocks, b) {
			at.blocks = append(at.blocks, b)
		}
	}
	at.u = operator.NewGeneral(len(at.blocks), s.d)
	own := make([]float64, s.d)
	for k, b := range at.blocks {
		s.at.of(own, b)
		floats.AddScaled(operator.RowOf(at.u, k), 1-t, own)
		next.of(own, b)
		floats.AddScaled(operator.RowOf(at.u, k), t, own)
	}
	return at
}

// stepTo is next less the point, as the passes take it.
func (s *Search) stepTo(next *point) *rowsum.Point {
	all := point{constant: next.constant - s.at.constant}
	for _, q := range []struct {
		*point
		sign float64
	}{{next, 1}, {&s.at, -1}} {
		for k, b := range q.blocks {
			all.blocks = append(all.blocks, block{b.pattern, q.sign * b.sign})
			all.u.Data = append(all.u.Data, operator.RowOf(q.u, k)...)
		}
	}
	all.u.Rows, all.u.Cols, all.u.Stride = len(all.blocks), s.d, s.d
	return all.byPattern(s.d)
}

// search is the length with the least objective.
func (s *Search) search(ctx context.Context, next *point) (float64, error) {
	pass := &rowsum.Line{At: s.at.byPattern(s.d), Step: s.stepTo(next), Lengths: lengths, Curved: s.curved}
	part, err := s.pass(ctx, pass)
	if err != nil {
		return 0, err
	}
	best, least, room := 0.0, math.Inf(1), 0.0
	for k, t := range lengths {
		at := s.between(next, t)
		v := part.Sum[k] + s.lambda*at.cost()
		if k == 0 {
			room = modelAccuracy * s.o.Tol * math.Abs(v) // near the optimum whole steps still bring digits to the dual point
		}
		if v < least || t == 1 && v <= least+room {
			best, least = t, v
		}
	}
	return best, nil
}
