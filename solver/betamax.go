package solver

import (
	"context"
	"errors"
	"math"

	"multigrade/solver/internal/program"
	"multigrade/solver/internal/sphere"
)

// BetaMax is the smallest beta whose solution is u = 0, over the listed cells:
//
//	max over blocks of (1/n) max { s nu'D_pX w : |w| <= 1, S_pX w >= 0 }
//
// with nu the dual point of the best constant: y for squares, centred if there
// is an intercept, an element of -n dL for the other losses. p.Beta is ignored.
// The value is an upper bound that exceeds the maximum by rounding errors only,
// where the loss has a derivative at the constant. Where several samples lie on
// a kink (hinge with an intercept; tied targets of l1 and linf) nu is one
// element of many, the free entries being equal, and the value is an upper bound
// of the smallest such beta. So it is where a share of what p.Account leaves does not
// suffice to find more of the multipliers, and where ctx ends before they are found: at most that of the gated program.
func BetaMax(ctx context.Context, p *program.Problem) (float64, error) {
	l, err := NewRestricted(ctx, p)
	if err != nil {
		return 0, err
	}
	most, err := l.BetaMax(ctx)
	return most, errors.Join(err, l.Close())
}

// betaMaxShare of what is left may be spent on beta_max over listed patterns.
const betaMaxShare = 0.25

// BetaMaxGlobal is the smallest beta whose solution is u = 0 over all activation
// patterns, listed or not: m(nu)/n at the dual point nu of the zero network (the
// smallest for which that point proves it, for losses with kinks), up to rounding where the
// rows have rank 2 or 3, no o.Line, and o.Work suffices for a sweep of their cells. Where the search for
// m(nu), which o limits, does not come to an end, or ctx ends first, it is the largest
// value met. p.Cells and p.Beta are ignored; p is not of gated units.
func BetaMaxGlobal(ctx context.Context, p *Problem, o BoundOptions) (float64, error) {
	if err := p.Validate(); err != nil {
		return 0, err
	}
	nu := NullDual(p)
	design, err := p.Design()
	if err != nil {
		return 0, err
	}
	stack := sphere.NewStack(p.X, design, p.Activation, o.Line)
	if o.Line == nil {
		if sweep := stack.NewSweep(ctx, o.Work); sweep != nil {
			if found := sweep.Largest(ctx, nu, math.Inf(1)); found != nil {
				return found.Upper / float64(len(nu)), nil
			}
		}
	}
	b, err := stack.MaxNeuron(ctx, nu, o)
	if err != nil {
		return 0, err
	}
	if b.Exact {
		return b.Upper / float64(len(nu)), nil
	}
	return b.Lower / float64(len(nu)), nil
}
