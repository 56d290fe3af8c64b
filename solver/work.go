package solver

import (
	"context"
	"math"

	"multigrade/solver/internal/admm"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/train"
)

// What the account of a problem leaves is a budget that every phase of a search over all
// patterns keeps a part of for those behind it. A phase that cannot be interrupted is not
// begun where the part does not suffice for it.
const (
	// closingShare is for what follows the generation of columns: a last solve over
	// the patterns in use, the bound over all patterns, the network.
	closingShare = 0.3
	// lastShare is for what follows the last solve and its pricing.
	lastShare = 0.1
	// momentsShare is kept for the relaxation of moments while branch and bound searches: with
	// less, a grade of 300 points of elevation, rank 9, kept a gap of 0.94 instead of 0.29.
	momentsShare = 0.1
	// trainShare of what is left is the most that a training may take: what it comes to
	// is a start.
	trainShare = 0.4
	// returnShare of the budget is the most that is kept for the way back from rank
	// coordinates: the centres of the neurons' cells.
	returnShare = 0.3
	// boundShare of what is left may go into a search for the bound over all patterns whose
	// end may be new columns.
	boundShare = 0.5
	// restartShare of the budget is where training is not begun again with new neurons, restartMost
	// where it lowers the objective by restartRate of it, or more, for the whole budget. What is
	// left to pricing does it slower there: yacht at effort normal ends with an objective lower by .4%.
	restartShare, restartMost = 0.25, 0.5
	restartRate               = 0.03
	// ascentShare of the budget is what an ascent may cost at most.
	ascentShare = 0.1
	// settleMost of the budget is the most that is kept for the last solve over the patterns in use.
	settleMost = 0.5
	// startIterations of a solve over the working set without which it is not begun.
	startIterations = 20
	// closingIterations are that number for ADMM in a last solve.
	closingIterations = 100
	// settleIterations are what the last solve takes from nothing: 45 to 61 on yacht (300 x 7) and
	// airfoil (1500 x 6).
	settleIterations = 60
	// leastDescent iterations of a training, of fewestNeurons, are made whatever the budget:
	// without those of the first there is no network.
	leastDescent  = 5
	fewestNeurons = 8
)

// left is what the account leaves to the phase at work.
func (s *search) left() float64 {
	if left := s.p.Account.Left(); !math.IsInf(left, 1) {
		return left - s.reserve
	}
	return math.Inf(1)
}

// share of the budget, and what is done with the result, 0 where there is no limit.
func (g *everywhere) share(part float64) float64 {
	if math.IsInf(g.budget, 1) {
		return 0
	}
	return part*g.budget + g.after
}

// affords says that so many more operations are left.
func (s *search) affords(more float64) bool { return s.left() > more }

// settleWork is about what the last solve over the patterns in use costs, which leaves the
// list that they are with a gap that says something.
func (g *everywhere) settleWork() float64 {
	blocks := max(len(g.s.work), len(g.s.best.Net.Neurons))
	if g.s.traits().Centreless {
		return g.s.modelWork(blocks)
	}
	return settleIterations*g.s.iterationWorkOf(blocks) + 2*float64(blocks)/float64(max(1, len(g.s.pricer.Blocks)))*g.s.pricer.ProjectionWork()
}

// keepForTheEnd sets aside what follows the generation of columns, and so much more.
func (g *everywhere) keepForTheEnd(more float64) {
	closing := g.share(lastShare) + min(g.settleWork(), settleMost*g.budget)
	if !g.s.traits().Centreless && (g.exact || g.sweep != nil || !g.pace.closes(g.s.o.Tol)) {
		closing = max(g.share(closingShare), closing)
	}
	g.s.reserve = closing + more
}

// iterationWork is the cost of an iteration of the interior point over the working set:
// the linear system of order r, the unknowns or the rows, is assembled and factored.
func (s *search) iterationWork() float64 { return s.iterationWorkOf(len(s.work)) }

// iterationWorkOf is iterationWork over so many blocks.
func (s *search) iterationWorkOf(blocks int) float64 {
	n, k := float64(s.pricer.N), float64(blocks*s.pricer.D)
	r, other := math.Min(n, k), math.Max(n, k)
	return r*r*other + r*r*r/3
}

// modelWork is about the cost of a solve by a model of so many blocks. Most of their products follow from others.
func (s *search) modelWork(blocks int) float64 {
	const steps, products = 30, 1.0 / 8
	k := float64(blocks * s.pricer.D)
	return steps*operator.FactorWork(blocks*s.pricer.D) + products*k*k*float64(s.pricer.N)
}

// firstOrderWork is about the cost of so many first iterations of ADMM over the working set.
func (s *search) firstOrderWork(iterations float64) float64 {
	setup, step := admm.Work(s.x, len(s.work), s.o.ADMM)
	return setup + iterations*step
}

// polishedWork is the cost of ADMM over the working set to the end of its first polish.
func (s *search) polishedWork() float64 {
	squares := s.p.LossOrSquared() == loss.Squared
	return s.firstOrderWork(admm.FirstPatience) + admm.PolishWork(s.x, len(s.work), squares)
}

// affordsStart says that a solve over the working set has room for its first iterations.
// Of other methods one is enough.
func (s *search) affordsStart() bool {
	if s.traits().Centreless {
		return s.affords(s.modelWork(len(s.work)))
	}
	method, centres := s.choose(len(s.work)), 0.0
	if s.takesCentres(method) {
		centres = s.freshCentres()
	}
	switch {
	case method == Interior:
		return s.affords(centres + startIterations*s.iterationWork())
	case method == ADMM && s.closing:
		return s.affords(centres + s.firstOrderWork(closingIterations))
	case method == ADMM:
		return s.affords(centres + s.firstOrderWork(startIterations))
	}
	return s.affords(centres + s.iterationWork())
}

// freshCentres is the cost of the centres of cells in the working set that have none yet.
func (s *search) freshCentres() float64 {
	fresh := make(map[int]bool)
	for _, j := range s.work {
		if c := s.pricer.Blocks[j].Cell; s.centres[c] == nil && s.pricer.Coned {
			fresh[c] = true
		}
	}
	return float64(len(fresh)) * s.centreWork()
}

// takesCentres says that a solve by the method begins with the centres of its cells. ADMM only has
// them for its neurons to be moved strictly into their cells, and the gates do for that where a
// last solve has no room for more, or rows are so many that centres are a tenth of a solve.
func (s *search) takesCentres(method Method) bool {
	if s.traitsOf[method].Centreless {
		return false
	}
	if method == ADMM && s.listed && s.pricer.N >= fewestRows {
		return false
	}
	return !s.closing || method != ADMM || s.affords(s.freshCentres()+s.firstOrderWork(closingIterations))
}

// centreWork is about the cost of a point near the analytic centre of a cell.
func (s *search) centreWork() float64 { return centreWork(s.pricer.N, s.pricer.D) }

func centreWork(n, d int) float64 {
	const steps = 20 // of Newton's method
	return steps * float64(d) * float64(d) * (3*float64(n) + float64(d)/3)
}

// descent runs t from v within a share of what is left.
func (g *everywhere) descent(ctx context.Context, t *train.Descent, v []float64) []float64 {
	most := g.s.p.Account.Booked() + math.Max(0, trainShare*g.s.left())
	made := 0
	t.Enough = func() bool { made++; return made >= leastDescent && g.s.p.Account.Booked() >= most }
	return t.Run(ctx, v, t.DescentIterations())
}
