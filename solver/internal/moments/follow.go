package moments

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"
)

const (
	// coarseGap and accuracy are the gaps, relative to the objective, with which the
	// interior-point method begins and ends: below the last one the bounds of t10, b_diabetes
	// and a grade of elevation data no longer changed in their fourth digit.
	coarseGap, accuracy = 0.3, 1e-4
	// searchGap is the gap at which triangles are looked for until that brings little: from
	// there on they are the right ones, and below it an iterate needs three times as many
	// steps to take in new ones.
	searchGap = 0.03
	// halving and descent of the gap before and after that.
	halving, descent = 0.5, 0.3
	// progress of the objective in patience rounds, as a share of it, for which the search
	// goes on, and the most rounds.
	progress, patience, mostRounds = 3e-3, 4, 60
	// mostSteps of the method for one gap: 10 to 20 are made, 50 for the last ones.
	mostSteps = 60
	// lastSteps are kept for the way from searchGap to accuracy.
	lastSteps = 100
	// takenIn is the share of a triangle's violation that may be left before others are
	// looked for, and inTheEnd when none are.
	takenIn, inTheEnd = 0.2, 1e-3
	// softness is how much smaller than the typical deviation of the targets the steps are by
	// which the envelope differs from the loss.
	softness = 1e-6
)

// follow improves the bound by triangles and the interior-point method, from where r stands
// with x0. It returns nil where it comes to nothing.
func (p *Problem) follow(ctx context.Context, r *relaxation, x0 []float64, work float64) (b *Bound, spent float64) {
	c, ok := p.begin(r, x0, bareCoupled(r, r.d))
	if !ok {
		return nil, 0
	}
	spent, ok = c.search(ctx, work-p.evidenceWork())
	if ok {
		spent += c.settle(ctx, work-p.evidenceWork()-spent)
	}
	if ctx.Err() != nil {
		return nil, spent
	}
	c.multipliers()
	b = c.bound(ctx, p)
	spent += p.evidenceWork()
	better, more := p.grow(ctx, r, x0, c, p.value(b), p.WithTrees-(p.Work-work)-spent)
	if better != nil {
		b = better
	}
	return b, spent + more
}

// begin is the method at its start, near the moments of r; false where there is none.
func (p *Problem) begin(r *relaxation, x0 []float64, of *coupled) (*central, bool) {
	c := newCentral(of, p.Loss)
	c.stiff = floats.Norm(r.nu, math.Inf(1)) / (softness * p.typical())
	constant := 0.0
	if p.Intercept {
		constant = x0[len(x0)-1]
	}
	return c, c.stiff > 0 && !math.IsInf(c.stiff, 1) && c.start(r, constant)
}

// search makes steps and looks for triangles until that brings little, or the work is done, and
// returns what that took; false where the method came to nothing, or ctx or the work ended.
func (c *central) search(ctx context.Context, enough float64) (spent float64, ok bool) {
	earlier := make([]float64, 0, mostRounds)
	for c.goal = coarseGap; ; c.goal = max(halving*c.goal, searchGap) {
		more, ok := c.pursue(ctx, c.goal, enough-spent)
		if spent += more; !ok || spent+lastSteps*c.stepWork() > enough {
			return spent, ok
		}
		if c.goal <= searchGap {
			if earlier = append(earlier, c.objective()); stands(earlier) {
				return spent, true
			}
		}
		_, cost := c.cut()
		if spent += cost; !c.set(c.x) {
			return spent, false
		}
	}
}

// settle goes on to a small gap.
func (c *central) settle(ctx context.Context, enough float64) (spent float64) {
	for goal := descent * c.goal; ; goal = descent * goal {
		if goal = max(goal, accuracy); goal > accuracy {
			_, cost := c.cut()
			if spent += cost; !c.set(c.x) {
				return spent
			}
		}
		more, ok := c.pursue(ctx, goal, enough-spent)
		if spent += more; !ok || goal <= accuracy {
			return spent
		}
	}
}

// pursue is towards, false where that was the end, too, of ctx or of the work.
func (c *central) pursue(ctx context.Context, goal, enough float64) (spent float64, ok bool) {
	made, ok := c.towards(ctx, goal, enough)
	spent = float64(made) * c.stepWork()
	return spent, ok && ctx.Err() == nil && spent+c.stepWork() <= enough
}

// stands says that the objective, which rises, has come to a stand, or has risen for long.
func stands(objective []float64) bool {
	k := len(objective) - 1
	return k >= mostRounds || k >= patience && objective[k]-objective[k-patience] <= progress*math.Abs(objective[k])
}

// towards makes steps until the gap is at most the share of the objective and new triangles
// have been taken in. It returns how many, and false where it came to nothing.
func (p *central) towards(ctx context.Context, share, work float64) (steps int, ok bool) {
	left := takenIn
	if share <= accuracy {
		left = inTheEnd
	}
	for steps < mostSteps && ctx.Err() == nil && float64(steps+1)*p.stepWork() <= work {
		if p.off <= left && p.complementarity(0)*float64(p.constraints()) <= share*p.objective() {
			break
		}
		steps++
		if !p.iterate() {
			return steps, false
		}
	}
	return steps, true
}

// stepWork is about the cost of a step: the factor, the squares that the matrix is the sum
// of, the couplings.
func (p *central) stepWork() float64 {
	m, rows := float64(p.m), 0.0
	for _, s := range p.side {
		rows += 3*float64(len(p.live)) + 2*float64(len(s.triangles))
	}
	return p.system.work(p) + rows*m*(m+20) + 20*float64(len(p.side))*float64(p.n)*float64(p.d)*float64(p.d)
}
