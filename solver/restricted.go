package solver

import (
	"context"
	"errors"

	"multigrade/solver/internal/byrows"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// Restricted is a program over its listed cells in the course of its solution: what BetaMax finds
// out about the rows, Solve begins with, to the same bits as without it. It is to be closed.
type Restricted struct {
	p    *program.Problem
	x    operator.Design
	rank *ranked        // nil: not in rank coordinates
	rows *byrows.Search // of the last BetaMax, nil: none
}

// NewRestricted is p, whose beta may be set until Solve and whose cells stay.
func NewRestricted(ctx context.Context, p *program.Problem) (*Restricted, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	x, err := p.Design()
	if err != nil {
		return nil, err
	}
	l := &Restricted{p: p, x: x}
	if !tooLateForRank(ctx, x) {
		l.rank = inRank(p, x)
	}
	return l, nil
}

// program is the one that is solved, with its design.
func (l *Restricted) program() (*program.Problem, operator.Design) {
	if l.rank == nil {
		return l.p, l.x
	}
	l.rank.q.Beta = l.p.Beta
	return l.rank.q, l.rank.z
}

// BetaMax is the function BetaMax.
func (l *Restricted) BetaMax(ctx context.Context) (float64, error) {
	p, x := l.program()
	if q := byRows(p); q != nil && betaMaxShare*p.Account.Left() >= rowsWork(q) {
		most, err := l.betaMaxByRows(ctx, q, byrows.Options{Account: p.Account})
		if l.rows != nil || err != nil && ctx.Err() == nil {
			return most, err
		}
	}
	_, nu := p.NullModel()
	pr := program.NewPricer(p, x)
	err := pr.PriceLargest(ctx, nu, betaMaxShare*p.Account.Left())
	if err != nil && ctx.Err() != nil {
		err = pr.PriceLargest(context.WithoutCancel(ctx), nu, 0) // without multipliers
	}
	if err != nil {
		return 0, err
	}
	return pr.Largest() / float64(len(nu)), nil
}

// betaMaxByRows is BetaMax by passes over the rows of q; without a search where a gate is no good
// for it, or with an error.
func (l *Restricted) betaMaxByRows(ctx context.Context, q *byrows.Problem, o byrows.Options) (most float64, err error) {
	if err = l.Close(); err != nil {
		return 0, err
	}
	s, err := byrows.New(ctx, q, o)
	if errors.Is(err, byrows.ErrGate) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	if most, err = s.BetaMax(ctx); err != nil {
		return 0, errors.Join(err, s.Close())
	}
	l.rows = s
	return most, nil
}

// Solve is the function Solve.
func (l *Restricted) Solve(ctx context.Context, o Options) (*Result, error) {
	if err := errors.Join(l.p.ValidateBeta(), o.Validate()); err != nil {
		return nil, err
	}
	if err := o.Method.Suits(l.p); err != nil {
		return nil, err
	}
	if l.p.Beta == 0 {
		return solveUnpenalised(ctx, l.p, o)
	}
	if o.TimeLimit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.TimeLimit)
		defer cancel()
	}
	if l.rank == nil {
		return l.solve(ctx, o)
	}
	r, err := l.solve(ctx, l.rank.options(o))
	if err != nil {
		return nil, err
	}
	return l.rank.result(ctx, l.p, l.rank.q, r, o.Tol)
}

// solve solves the program in its coordinates.
func (l *Restricted) solve(ctx context.Context, o Options) (*Result, error) {
	if r, err := l.solveByRows(ctx, o); r != nil || err != nil {
		return r, err
	}
	p, x := l.program()
	return solveBlocks(ctx, p, x, o)
}

// GlobalBound is the function GlobalBound.
func (l *Restricted) GlobalBound(nu []float64) float64 {
	p, x := l.program()
	return globalBound(p, x, nu)
}

// Close frees what is kept of the rows.
func (l *Restricted) Close() error {
	if l.rows == nil {
		return nil
	}
	s := l.rows
	l.rows = nil
	return s.Close()
}
