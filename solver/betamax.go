package solver

import (
	"context"

	"gonum.org/v1/gonum/floats"
)

// BetaMax is the smallest beta whose solution is u = 0, over the listed cells:
//
//	max over blocks of (1/n) max { s y'D_pX w : |w| <= 1, S_pX w >= 0 }
//
// with y centred if there is an intercept. p.Beta is ignored. The value is an
// upper bound that exceeds the maximum by rounding errors only.
func BetaMax(ctx context.Context, p *Problem) (float64, error) {
	if err := p.Validate(); err != nil {
		return 0, err
	}
	x, err := newDesign(p.X)
	if err != nil {
		return 0, err
	}
	nu := append([]float64(nil), p.Y...)
	if p.Intercept {
		floats.AddConst(-floats.Sum(nu)/float64(len(nu)), nu)
	}
	pr := newPricer(p, x)
	if err := pr.price(ctx, nu, 0); err != nil {
		return 0, err
	}
	return pr.largest() / float64(len(nu)), nil
}
