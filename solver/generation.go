package solver

import (
	"context"
	"slices"

	"multigrade/solver/internal/program"
)

// Column generation solves a program over few of its blocks, asks an oracle whether
// the dual point of the solution violates the constraint of another block, adds such
// blocks, and stops where none is left: the certified gap is closed. The oracles are
// listed (all patterns of the problem are at hand, and each is priced) and everywhere
// (the gates on the sphere, of which those found are listed).

// An oracle decides which blocks the working set of a search has.
type oracle interface {
	// price bounds the optimum at the search's dual point nu, looks for violated
	// blocks there and returns the certified relative gap.
	price(ctx context.Context) (gap float64, err error)
	// end is how the generation ended, given the gap, and going where it has not.
	end(ctx context.Context, gap float64) Status
	// enter moves violated blocks into the working set and idle ones out of it. It
	// returns the relative gap to which the program over it is to be solved, or,
	// where that would be of no use, how the generation ended instead of going.
	enter(gap float64) (tol float64, end Status)
	// learn is told what a solve over the working set has brought.
	learn(ctx context.Context, r round) error
}

// going is the status of a generation that has not ended.
const going Status = -1

// round is what a solve over the working set has brought.
type round struct {
	gap        float64          // certified before it
	solution   program.Solution // over the working set
	iterations int              // it took
	better     bool             // its network is the best so far
}

// generate is column generation with the blocks that o finds, from nu on.
func (s *search) generate(ctx context.Context, o oracle) (Status, error) {
	for {
		gap, err := o.price(ctx)
		if err != nil {
			return Limit, err
		}
		if end := o.end(ctx, gap); end != going {
			return end, nil
		}
		tol, end := o.enter(gap)
		if end != going {
			return end, nil
		}
		if !s.affordsStart() {
			return Limit, nil
		}
		r, err := s.improve(ctx, tol)
		if err != nil {
			return Limit, err
		}
		r.gap = gap
		if err := o.learn(ctx, r); err != nil {
			return Limit, err
		}
	}
}

// improve solves over the working set, keeps the network if it is the best and makes
// the solution's dual point the one to price next.
func (s *search) improve(ctx context.Context, tol float64) (round, error) {
	before := s.iterations
	c, err := s.solveWorkingSet(ctx, tol)
	if err != nil {
		return round{}, err
	}
	pt := s.recover(c)
	if s.nu = c.Nu; s.nu == nil {
		s.nu = slices.Clone(pt.Nu)
	}
	better := pt.Objective < s.best.Objective
	if better {
		s.best = pt
	}
	return round{solution: c, iterations: s.iterations - before, better: better}, nil
}
