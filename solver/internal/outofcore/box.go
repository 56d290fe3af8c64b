package outofcore

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/loss"
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

// boxRounds are those of a boxed loss: primal-dual interior-point steps for the rows, the model
// of each being solved with its norms and cones.
func (s *Search) boxRounds(ctx context.Context) (End, error) {
	var p progress
	s.enter()
	s.neverEmpty()
	a := &rowsum.Advance{Box: s.box, Start: startComplementarity * max(s.scale, math.SmallestNonzeroFloat64)}
	length, fallen := 1.0, math.Inf(1)
	for {
		sum, err := s.advance(ctx, a)
		if err != nil {
			return Stopped, err
		}
		if end, ended := s.ended(&p); ended {
			return end, nil
		}
		mu := sum[rowsum.BoxComplementarity] / float64(2*s.n)
		target := max(mu*max(leastFall, (1-length)*(1-length)), min(mu, lastTarget*s.o.Tol*s.primal))
		if mu < 0.9*fallen {
			fallen, p.since = mu, 0
		}
		products, sumNu := s.aim(a, sum, target)
		next, err := s.solveModel(ctx, products, sumNu)
		if err != nil {
			return Stopped, err
		}
		here, step := s.at.byPattern(s.d), s.stepTo(next)
		part, err := s.pass(ctx, &rowsum.Reach{Box: s.box, At: here, Step: step, Target: target})
		if err != nil {
			return Stopped, err
		}
		if length = part.Extreme[0][0].Key; length < 1 {
			length *= stepShare
		}
		s.at = s.between(next, length)
		s.enter()
		s.neverEmpty()
		a = &rowsum.Advance{Box: s.box, From: here, Step: step, Length: length, Target: target}
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
	s.gram.h.Rows, s.gram.h.Cols, s.gram.h.Stride, s.gram.h.Data = k, k, k, sum[gram:]
	s.price(sum[rowsum.BoxProducts : rowsum.BoxProducts+s.patterns()*s.d])
	n := float64(s.n)
	t := min(1, loss.LargestScale(s.lambda, s.largest()))
	if s.p.Intercept && math.Abs(sum[rowsum.BoxNu]) > balance*sum[rowsum.BoxAbsNu] {
		t = 0 // no dual point yet
	}
	s.judge((sum[rowsum.BoxLoss]+s.lambda*s.at.cost())/n, t*sum[rowsum.BoxDual]/n)
	return sum, nil
}

// balance is how large the sum of nu may be as a share of that of |nu| for nu to count as one that
// sums to 0.
const balance = 1e-6

// aim is the products X'A_p nu and the sum of nu for the nu that a step to the target has if the
// prediction stays.
func (s *Search) aim(a *rowsum.Advance, sum []float64, target float64) (products []float64, sumNu float64) {
	g, h, gram := a.Gradients()
	products = slices.Clone(sum[g:h])
	floats.AddScaled(products, target, sum[h:gram])
	floats.Scale(-1, products)
	k := len(products) - 1
	return products[:k], products[k]
}

// boxDualPoint makes the slopes that are kept with the rows nu.
func (s *Search) boxDualPoint(ctx context.Context) (t float64, err error) {
	s.nu = s.box.R
	err = s.change(ctx, s.nu, func(v []float64) { floats.Scale(-1, v) })
	return min(1, loss.LargestScale(s.lambda, s.largest())) * (1 - domainRoom), err
}
