package byrows

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
	"multigrade/solver/rowsum"
)

const (
	// startComplementarity is that of the rows to begin with as a share of the loss of the null
	// model.
	startComplementarity = 0.1
	// The complementarity aimed at falls by leastFall where the last step was nearly whole and
	// less where it was shorter.
	leastFall = 0.1
	// lastTarget is the least complementarity aimed at as a share of tolerance times objective: the
	// loss and its dual function are then 2 lastTarget tolerances apart.
	lastTarget = 0.05
	// stepShare is how far towards the bounds a step goes.
	stepShare = 0.99
)

// barrierRounds are those of a loss with kinks: primal-dual interior-point steps for the rows, the
// model of each being solved with its norms and cones.
func (s *Search) barrierRounds(ctx context.Context) (End, error) {
	var p progress
	s.best = barrierBest{at: s.at}
	defer func() { s.at = s.best.at }()
	scale := max(s.scale, math.SmallestNonzeroFloat64)
	a := &rowsum.Advance{Barrier: s.kinks, Start: startComplementarity * scale}
	length, fallen := 1.0, math.Inf(1)
	for {
		s.enter()
		s.neverEmpty()
		sum, err := s.advance(ctx, a)
		if err != nil {
			return Stopped, err
		}
		if end, ended := s.ended(&p); ended {
			return end, nil
		}
		if s.o.Unknowns > 0 && len(s.at.blocks)*s.d > s.o.Unknowns {
			return NoProgress, nil
		}
		mu := sum[rowsum.BarrierComplementarity] / float64(2*s.n)
		target := max(mu*max(leastFall, (1-length)*(1-length)), min(mu, lastTarget*s.o.Tol*s.primal))
		if mu < 0.9*fallen {
			fallen, p.since = mu, 0
		}
		aim := s.aim(a, sum, target)
		next, err := s.solveModel(ctx, aim.products, aim.sumNu)
		if err != nil {
			return Stopped, err
		}
		here, step := s.at.byPattern(s.d), s.stepTo(next)
		aim.settle(s, step)
		next.constant = here.Constant + step.Constant
		part, err := s.pass(ctx, &rowsum.Reach{Barrier: s.kinks, At: here, Step: step, Target: target})
		if err != nil {
			return Stopped, err
		}
		if length = part.Extreme[0][0].Key; length < 1 {
			length *= stepShare
		}
		s.at = s.between(next, length)
		a = &rowsum.Advance{Barrier: s.kinks, From: here, Step: step, Length: length, Target: target}
	}
}

// advance takes the pass a to the point, with the Gram matrix of the working set there.
func (s *Search) advance(ctx context.Context, a *rowsum.Advance) ([]float64, error) {
	a.At, a.Patterns, a.D = s.at.byPattern(s.d), s.patterns(), s.d
	for _, b := range s.blocks {
		if !slices.Contains(a.Columns, b.pattern) {
			a.Columns = append(a.Columns, b.pattern)
		}
	}
	part, err := s.pass(ctx, a)
	if err != nil {
		return nil, err
	}
	sum, k := part.Sum, len(a.Columns)*s.d+1
	_, _, gram := a.Gradients()
	s.gram.patterns = a.Columns
	s.gram.h.Rows, s.gram.h.Cols, s.gram.h.Stride, s.gram.h.Data = k, k, k, sum[gram:gram+k*k]
	s.price(sum[rowsum.BarrierProducts : rowsum.BarrierProducts+s.patterns()*s.d])
	n := float64(s.n)
	t := s.dualScale()
	if s.p.Intercept && math.Abs(sum[rowsum.BarrierNu]) > balance*sum[rowsum.BarrierAbsNu] {
		t = 0 // no dual point yet
	}
	return sum, s.keepBest(ctx, (sum[rowsum.BarrierLoss]+s.lambda*s.at.cost())/n, t*sum[rowsum.BarrierDual]/n)
}

// barrierBest is the best point of the rounds and the best bound, of another round as often as not:
// rounding spoils now the one, now the other. The column of nu has the dual point of the bound,
// which is to be scaled.
type barrierBest struct {
	at     point
	primal float64
	bound  float64
	scale  float64
}

// keepFrom is the gap from which on dual points are kept: before, each round's is better.
const keepFrom = 1e-3

// keepBest judges by the best values so far, and keeps what they are those of.
func (s *Search) keepBest(ctx context.Context, primal, dual float64) error {
	best := &s.best
	if s.round == 0 || primal < best.primal {
		best.at, best.primal = s.at, primal
	}
	if best.bound == 0 && program.RelGap(best.primal, dual) > keepFrom {
		s.judge(best.primal, dual)
		return nil
	}
	if dual > best.bound {
		if err := s.negative(ctx, s.nu, s.kinks.R); err != nil {
			return err
		}
		best.bound, best.scale = dual, s.dualScale()
	}
	s.judge(best.primal, best.bound)
	return nil
}

// balance is how large the sum of nu may be as a share of that of |nu| for nu to count as one that
// sums to 0.
const balance = 1e-6

// dualScale is what nu is to be scaled with to be feasible, at most 1.
func (s *Search) dualScale() float64 {
	return min(1, loss.LargestScale(s.lambda, s.largest()))
}

// aim is where a step goes: the products X'A_p nu and the sum of nu for the nu that it has if the
// prediction stays.
type aim struct {
	products []float64
	sumNu    float64
}

func (s *Search) aim(a *rowsum.Advance, sum []float64, target float64) *aim {
	g, h, gram := a.Gradients()
	products := slices.Clone(sum[g:h])
	floats.AddScaled(products, target, sum[h:gram])
	floats.Scale(-1, products)
	k := len(products) - 1
	return &aim{products[:k], products[k]}
}

// settle sets the constant of a step to the one that goes with its blocks as they are: nu of few rows
// is as much larger than others' as the weights of these, by which rounding in the blocks would keep
// its sum from 0.
func (t *aim) settle(s *Search, step *rowsum.Point) {
	if !s.p.Intercept {
		return
	}
	h := &s.gram.h
	ones := operator.RowOf(*h, h.Rows-1)
	constant := t.sumNu
	for k, p := range step.Patterns {
		at := slices.Index(s.gram.patterns, p) * s.d
		constant -= floats.Dot(ones[at:at+s.d], operator.RowOf(step.V, k))
	}
	step.Constant = constant / ones[len(ones)-1]
}

// barrierDualPoint sets nu to the best that was kept, or to that of the slopes as they are, and returns what it
// is to be scaled with.
func (s *Search) barrierDualPoint(ctx context.Context) (t float64, err error) {
	if s.best.bound > 0 {
		return s.best.scale * (1 - domainRoom), nil
	}
	return s.dualScale() * (1 - domainRoom), s.negative(ctx, s.nu, s.kinks.R)
}
