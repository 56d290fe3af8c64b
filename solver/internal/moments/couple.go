package moments

import (
	"context"

	"multigrade/solver/internal/loss"
)

const (
	// followShare of the work is what the search for triangles by augmented Lagrangians may cost where the interior-point
	// method settles: it needs some 20 steps for that.
	followShare = 0.4
	// leastSteps of that method must be affordable then.
	leastSteps = 16
	// likelyTriangles of a row are about how many it is begun with.
	likelyTriangles = 1.2
)

// couple improves the bound, which is worth least, by triangles, from where r stands with
// x0. Augmented Lagrangians look for them; the multipliers are settled by the interior-point method where its Newton
// steps can be relied on and afforded, else by more of these. It returns nil where work does not suffice or ctx ends.
//
// Measured on 300 points of elevation, a second grade, 37 features: of .0325, the best objective, .0171 is proved by the
// interior-point method alone after 73 CPU seconds, .0021 by augmented Lagrangians alone after 10, where they stand, and
// .0211 by both after 5.
func (p *Problem) couple(ctx context.Context, r *relaxation, x0 []float64, least, work float64) (best *Bound, spent float64) {
	follows := p.settles(r.n, r.d, work)
	share := 1 - settleShare
	if follows {
		share = followShare
	}
	l := p.newLagrangian(r, x0)
	if l == nil || l.c.searchWork() > searchShare*work {
		return nil, 0
	}
	l.search(ctx, share*work)
	if follows && ctx.Err() == nil {
		best, spent = p.follow(ctx, r, l, work-l.spent)
		if l.spent += spent; best != nil && p.value(best) > least {
			return best, l.spent
		}
	}
	return l.settle(ctx, p, work), l.spent
}

// settles says that the interior-point method can be relied on and afforded, for n rows and d columns.
func (p *Problem) settles(rows, columns int, work float64) bool {
	n, m := float64(rows), float64((columns+1)*(columns+2)/2)
	order := 2 * (n + m)
	step := order*order*order/3 + 2*(rowSquares+2*likelyTriangles)*n*m*m
	return !loss.HasKinks(p.Loss) && leastSteps*step <= (1-followShare)*work
}
