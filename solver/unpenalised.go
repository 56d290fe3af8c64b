package solver

import (
	"context"

	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// unpenalisedShare is the part of beta_max with which a program with beta = 0 is
// solved instead.
const unpenalisedShare = 1e-6

// solveUnpenalised is Solve for beta = 0: the program with a very small beta is
// solved and its network judged without the norms. The dual program then asks
// for X'(s D_p nu + S_p mu) = 0 for all p, which nothing but nu = 0 meets
// exactly in float64, so the bound is D(0) = 0 and the status Stalled, unless the
// network fits without loss.
func solveUnpenalised(ctx context.Context, p *program.Problem, o Options) (*Result, error) {
	q := *p
	most, err := BetaMax(ctx, p)
	if err != nil {
		return nil, err
	}
	if q.Beta = unpenalisedShare * most; q.Beta == 0 {
		q.Beta = 1 // the best constant is best, whatever beta
	}
	o.Tol = max(o.Tol, 1e-4)
	r, err := Solve(ctx, &q, o)
	if err != nil {
		return nil, err
	}
	x, err := p.Design()
	if err != nil {
		return nil, err
	}
	rec := &program.Recoverer{P: p, X: x, RowNorm: operator.RowNorms(x), Zero: operator.ZeroRows(x)}
	pt := program.Point{Net: r.Network}
	rec.Evaluate(&pt)
	r.Primal, r.OwnObjective, r.Dual = pt.Objective, pt.Own, 0
	r.RelGap = program.RelGap(r.Primal, r.Dual)
	r.Certificate = program.Certificate{Nu: make([]float64, len(p.Y))}
	switch {
	case r.RelGap == 0:
		r.Status = Optimal
	case r.Status == Optimal:
		r.Status = Stalled
	}
	return r, nil
}
