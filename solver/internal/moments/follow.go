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
	// searchGap is the gap at which more triangles are looked for until that brings little: from
	// there on they are the right ones, and below it an iterate needs three times as many
	// steps to take in new ones.
	searchGap = 0.03
	// halving and descent of the gap before and after that.
	halving, descent = 0.5, 0.3
	// progress of the objective in patience rounds, as a share of it, for which the search
	// goes on, and the most rounds.
	progress, patience, mostRounds = 3e-3, 2, 60
	// mostSteps of the method for one gap: 10 to 20 are made, 50 for the last ones.
	mostSteps = 60
	// cutSteps are about what new triangles take, lastSteps what the way from searchGap to accuracy takes without.
	cutSteps, lastSteps = 12, 12
	// takenIn is the share of a triangle's violation that may be left before others are
	// looked for, and inTheEnd when none are.
	takenIn, inTheEnd = 0.2, 1e-3
	// astray is how many times as large as at the start the complementarity becomes where the method does not converge, which for losses
	// without curvature depends on luck: of a Huber loss (40 x 15) it rose to 8 times before it fell, and to 3000 where it did not. What is
	// left of the work is for augmented Lagrangians then.
	astray = 30
	// softness is how much smaller than the typical deviation of the targets the steps are by
	// which the envelope differs from the loss.
	softness = 1e-6
)

// follow settles what l has come to by the interior-point method. It returns nil where it comes to nothing.
func (p *Problem) follow(ctx context.Context, r *relaxation, l *lagrangian, work float64) (b *Bound, spent float64) {
	l.c.value(l.grad, l.x)
	own := bareCoupled(r, r.d)
	for j, h := range l.c.side {
		own.side[j] = h.again(r, 0)
	}
	c, ok := p.begin(r, l, own)
	if !ok || leastSteps*c.stepWork() > work {
		return nil, 0
	}
	spent, ok = c.search(ctx, work-p.evidenceWork())
	if ok {
		spent += c.settle(ctx, work-p.evidenceWork()-spent, accuracy)
	}
	if ctx.Err() != nil {
		return nil, spent
	}
	c.multipliers()
	b = c.bound(ctx, p)
	spent += p.evidenceWork()
	better, more := p.grow(ctx, r, l, c, p.value(b), p.WithTrees-(p.Work-work)-spent)
	if better != nil {
		b = better
	}
	return b, spent + more
}

// begin is the method at its start, near the moments of l; false where there is none.
func (p *Problem) begin(r *relaxation, l *lagrangian, of *coupled) (*central, bool) {
	c := newCentral(of, p.Loss)
	c.stiff = floats.Norm(r.nu, math.Inf(1)) / (softness * r.typical)
	constant := 0.0
	if p.Intercept {
		constant = l.x[len(l.x)-1]
	}
	return c, c.stiff > 0 && !math.IsInf(c.stiff, 1) && c.start(l.c, constant)
}

// search makes steps, and looks for triangles until that brings little, or the work is done, and
// returns what that took; false where the method came to nothing, or ctx or the work ended.
func (c *central) search(ctx context.Context, enough float64) (spent float64, ok bool) {
	earlier := make([]float64, 0, mostRounds)
	for c.goal = coarseGap; ; c.goal = max(halving*c.goal, searchGap) {
		more, ok := c.pursue(ctx, c.goal, enough-spent)
		if spent += more; !ok {
			return spent, false
		}
		if c.goal > searchGap {
			continue
		}
		if earlier = append(earlier, c.objective()); stands(earlier) || !c.affordsCut(enough-spent) {
			return spent, true
		}
		_, cost := c.cut()
		if spent += cost; !c.set(c.x) {
			return spent, false
		}
	}
}

// proved is about what the multipliers prove.
func (c *central) proved() float64 {
	return c.objective() - c.complementarity(0)*float64(c.constraints())
}

// affordsCut says that new triangles can be taken in and settled.
func (c *central) affordsCut(enough float64) bool {
	return (cutSteps+lastSteps)*c.stepWork() <= enough
}

// settle goes on to the gap least.
func (c *central) settle(ctx context.Context, enough, least float64) (spent float64) {
	for {
		if c.goal = max(descent*c.goal, least); c.goal > least && c.affordsCut(enough-spent) {
			_, cost := c.cut()
			if spent += cost; !c.set(c.x) {
				return spent
			}
		}
		more, ok := c.pursue(ctx, c.goal, enough-spent)
		if spent += more; !ok || c.goal <= least {
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
		if !p.iterate() || p.complementarity(0) > astray*p.first {
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
		rows += rowSquares*float64(len(p.live)) + 2*float64(len(s.triangles))
	}
	return p.system.work(p) + rows*m*(m+20) + 20*float64(len(p.side))*float64(p.n)*float64(p.d)*float64(p.d)
}
