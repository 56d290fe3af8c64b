package solver

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// settle ends a search that a limit cut short: the list is shortened to the
// patterns in use and those from number fresh on, over which the program is solved
// to the tolerance, within what is kept for that. What is found may yet turn out to
// be priced.
func (g *everywhere) settle(ctx context.Context, fresh int) error {
	if ctx.Err() != nil || g.s.iterations >= g.s.o.MaxIter {
		return nil
	}
	if g.s.traits().Centreless && program.RelGap(g.s.best.Objective, g.s.dual) <= g.s.o.Tol { // and cells left out would have to come back
		g.s.status = Optimal
	} else if err := g.solveUsed(ctx, fresh); err != nil || g.s.status != Optimal {
		return err
	}
	g.s.reserve = g.share(lastShare)
	if !g.s.affords(thoroughly*g.pricing) || g.starved && !g.s.affords(g.outsideWork(thorough)) {
		return nil
	}
	g.s.nu = slices.Clone(g.s.cert.Nu)
	if g.sweep != nil {
		found, err := g.sweepAt(ctx, g.s.nu)
		if err == nil && len(found.Peaks) == 0 {
			g.ended = Priced
		}
		return err
	}
	if err := g.s.pricer.Price(ctx, g.s.nu, g.s.lambda); err != nil {
		return err
	}
	violated, err := g.violatedOutside(ctx, thorough)
	if err != nil || ctx.Err() != nil {
		return err
	}
	return g.endPriced(ctx, violated)
}

// endPriced ends the search where the last pricing found nothing, or where the gap is closed all the same when what it found is
// listed and priced, too.
func (g *everywhere) endPriced(ctx context.Context, violated [][]float64) error {
	cert, dual, listed := g.s.cert, g.s.dual, make([]int, len(g.s.p.Cells))
	for k := range listed {
		listed[k] = k
	}
	err := g.list(violated)
	if err == nil && len(violated) > 0 {
		err = g.s.price(ctx, g.s.nu)
	}
	if err == nil && program.RelGap(g.s.best.Objective, g.s.dual) <= g.o.Tol {
		g.ended = Priced
		return nil
	}
	g.keep(listed)
	g.s.cert, g.s.dual = cert, dual
	return err
}

// solveUsed shortens the list to the patterns in use and those from number fresh on, and solves over them.
func (g *everywhere) solveUsed(ctx context.Context, fresh int) error {
	g.dropSmall(program.RelGap(g.s.best.Objective, g.s.dual))
	kept := g.used()
	for c := fresh; c < len(g.s.p.Cells); c++ {
		if k, ok := slices.BinarySearch(kept, c); !ok {
			kept = slices.Insert(kept, k, c)
		}
	}
	g.keep(kept)
	g.s.reserve = g.share(lastShare) + g.listing
	g.includeBest()
	g.s.closing, g.s.frugal = true, !g.s.affords(settleIterations*g.s.iterationWork())
	defer func() { g.s.closing, g.s.frugal = false, false }()
	return g.s.run(ctx)
}

// includeBest makes sure that the blocks of the best network are in the working set.
func (g *everywhere) includeBest() {
	for _, nr := range g.s.best.Net.Neurons {
		g.s.work = append(g.s.work, g.blockIndex(operator.Block{Cell: nr.Cell, Sign: math.Copysign(1, nr.Alpha)}))
	}
	slices.Sort(g.s.work)
	g.s.work = slices.Compact(g.s.work)
}

// thoroughly priced costs at most so many times what the last pricing did.
const thoroughly = 4

// result finishes what an end of the context may have left undone, drops the
// cells that play no part and reports.
func (g *everywhere) result(outer context.Context) (*GlobalResult, error) {
	if err := g.firstPoint(g.ctx); err != nil {
		return nil, err
	}
	if g.s.dual == 0 && len(g.s.p.Cells) > 0 {
		if err := g.lastPrice(outer); err != nil {
			return nil, err
		}
	}
	if g.bound == nil {
		if !g.inGrace(g.closedFormWork()) || g.closedFormWork() > max(g.s.p.Account.Left(), g.share(lastShare)) {
			g.s.cert, g.s.dual = g.noDual(), 0
		}
		if _, err := g.boundAll(context.WithoutCancel(outer), g.s.cert.Nu, 0, false); err != nil {
			return nil, err
		}
	}
	g.relax(outer)
	if g.ctx.Err() != nil && g.s.status != Optimal {
		g.s.status = endedBy(g.ctx)
	}
	if g.o.Prune && g.inGrace(g.s.pruningWork()) {
		g.s.prune()
	}
	g.keep(g.used())
	out := &GlobalResult{
		Result: *g.s.result(), Cells: g.s.p.Cells, Rounds: g.rounds, Global: g.bound,
		GlobalBound: g.globalBound, GlobalNu: g.boundNu, Evidence: g.evidence, NotAttempted: cmp.Or(g.notAttempted, g.left), Search: g.history,
	}
	if out.RelGap <= g.o.Tol {
		out.Status = Optimal
	}
	out.GlobalRelGap = program.RelGap(out.Primal, out.GlobalBound)
	switch {
	case out.GlobalRelGap <= g.o.Tol:
		out.GlobalStatus = Optimal
	case outer.Err() != nil:
		out.GlobalStatus = endedBy(outer)
	case g.ended == Priced:
		out.GlobalStatus = Priced
	case g.ctx.Err() != nil:
		out.GlobalStatus = endedBy(g.ctx)
	default:
		out.GlobalStatus = g.ended
	}
	return out, nil
}

// inGrace says that so much work is done within the grace where the context of the search has ended.
func (g *everywhere) inGrace(work float64) bool {
	return g.ctx.Err() == nil || work <= lastRate*g.o.Grace.Seconds()
}

// lastRate is about how many operations a second the bound in closed form takes, and a last look at a network: that many the
// grace pays for when the context of the search has ended.
const lastRate = 1e10

// leastPricing is how much of the grace pricing must have: with less it comes to no end.
const leastPricing = 10 * time.Millisecond

// lastGrace is what of the grace the last pricing has, and the relaxation.
func (g *everywhere) lastGrace() time.Duration { return g.o.Grace / 2 }

// lastPrice prices the list where the search came to no bound. Out of time it leaves
// the bound 0, which every loss has.
func (g *everywhere) lastPrice(outer context.Context) error {
	ctx := context.WithoutCancel(outer)
	if g.ctx.Err() != nil {
		limit := g.lastGrace()
		if limit < leastPricing {
			g.s.cert, g.s.dual = g.noDual(), 0
			return nil
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	err := g.s.price(ctx, g.s.nu)
	if err != nil && ctx.Err() != nil {
		g.s.cert, g.s.dual = g.noDual(), 0
		return nil
	}
	return err
}

// noDual is the dual point 0.
func (g *everywhere) noDual() program.Certificate {
	return program.Certificate{Nu: make([]float64, g.s.pricer.N)}
}

// closedFormWork is about the cost of the bound in closed form: two Gram matrices and
// some hundred factorisations for each sign.
func (g *everywhere) closedFormWork() float64 {
	n, d := g.s.x.Dims()
	return 4*float64(n)*float64(d)*float64(d) + 400*float64(d)*float64(d)*float64(d)/3
}
