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
	x, err := checkedDesign(p, &o)
	if err != nil {
		return nil, err
	}
	if p.Beta == 0 {
		return solveUnpenalised(ctx, p, o)
	}
	if o.TimeLimit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.TimeLimit)
		defer cancel()
	}
	r := inRank(p, x)
	if r == nil {
		return solveWith(ctx, p, x, o)
	}
	res, err := solveWith(ctx, r.q, r.z, r.options(o))
	if err != nil {
		return nil, err
	}
	return r.result(p, r.q, res, o.Tol)
}

// solveWith is Solve with the design of p.X, beta being positive.
func solveWith(ctx context.Context, p *program.Problem, x operator.Design, o Options) (*Result, error) {
	if r, err := solveByRows(ctx, p, o); r != nil || err != nil {
		return r, err
	}
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
	s.firstPoint()
	if s.o.Prune {
		s.prune()
	}
	return nil
}
