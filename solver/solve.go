package solver

import (
	"context"
	"errors"
	"math"

	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// Solve minimises the program over its listed cells to a certified relative gap
// of o.Tol. An error means that the problem or the options are unusable; how
// the mathematics ended is in Result.Status. When ctx ends, the best feasible
// point and bound so far are returned with status Interrupted or TimeLimit. What
// p.Account leaves is the budget, and where that is used up the status is Limit.
func Solve(ctx context.Context, p *program.Problem, o Options) (*Result, error) {
	l, err := NewRestricted(ctx, p)
	if err != nil {
		return nil, err
	}
	r, err := l.Solve(ctx, o)
	return r, errors.Join(err, l.Close())
}

// solveBlocks is Solve by working sets of blocks, with the design of p.X, beta being positive.
func solveBlocks(ctx context.Context, p *program.Problem, x operator.Design, o Options) (*Result, error) {
	s := newSearch(p, o, x)
	s.listed = true
	if left := p.Account.Left(); !math.IsInf(left, 1) {
		s.reserve = lastShare * left
	}
	if err := s.finish(ctx); err != nil {
		return nil, err
	}
	return s.result(), nil
}

// checkedDesign is X, if the problem and the options are usable.
func checkedDesign(p *program.Problem, o *Options) (operator.Design, error) {
	if err := errors.Join(p.Validate(), o.Validate()); err != nil {
		return nil, err
	}
	if err := o.Method.Suits(p); err != nil {
		return nil, err
	}
	return p.Design()
}

// finish runs the search to its end.
func (s *search) finish(ctx context.Context) error {
	if err := s.run(ctx); err != nil && ctx.Err() == nil {
		return err
	}
	if s.status != Optimal && ctx.Err() != nil {
		s.status = endedBy(ctx)
	}
	s.firstPoint(ctx)
	if s.o.Prune && (ctx.Err() == nil || s.pruningWork() <= lateWork) {
		s.prune()
	}
	return nil
}
