package solver

import (
	"context"
	"math"
	"slices"

	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/program"
	"multigrade/solver/internal/sphere"
	"multigrade/solver/internal/sphere/circles"
)

// Rows of rank 2 and 3 are priced by a sweep over all cells, which finds m(nu) and every local
// maximum of |nu'phi(Xw)|. So every dual point that is priced, scaled by n beta/m(nu), bounds the optimum over all
// patterns; the best of them is the centre. What dual points of early solves jump to is far beyond feasibility,
// and neurons that are violated there are of no use near the optimum: it is the points between the centre and it
// that are priced.

const (
	// sweepShare of the budget may go into preparing a sweep.
	sweepShare = 0.1
	// sweptPeaks is how many local maxima a pricing lists at most.
	sweptPeaks = 96
	// betweenSteps is how many points between the centre and the dual point of a solve are priced at most. With linf on
	// 1000 samples of two inputs none took 26 rounds and as many sweeps, one takes 20 and 28.
	betweenSteps = 1
	// farBeyond feasibility is a dual point with a neuron violated by so many times the relative gap. Measured with l1
	// on 1000 samples of two inputs: where only neurons violated by 5% counted, the gap was 3.4e-3 after 280e9
	// operations, with this 3.9e-4.
	farBeyond = 2
	// sweptShare is the part of the tolerance that the gap over all patterns, which a sweep knows, may use up; the rest is
	// for roundings.
	sweptShare = 0.8
)

// newSweep is that of the rows, nil where there is none. Rows that are functions of one number are left to the
// search over pieces and, in rank 2, over few cones, which ends at once.
func (g *everywhere) newSweep(ctx context.Context) *sphere.Sweep {
	if g.o.Line != nil || g.s.p.Activation.Gated {
		return nil
	}
	work := math.Inf(1)
	if !math.IsInf(g.budget, 1) {
		work = sweepShare * g.budget
	}
	return g.stack.NewSweep(ctx, work)
}

// priceSwept is price by the sweep. It returns the gap over all patterns, which is at least that over
// the list.
func (g *everywhere) priceSwept(ctx context.Context) (float64, error) {
	defer g.beginRound()()
	out := g.s.nu
	g.s.p.LossOrSquared().Project(out, g.s.p.Y, g.s.p.Intercept)
	found, err := g.sweepBetween(ctx, out)
	if err != nil {
		return math.NaN(), err
	}
	if err := g.listPeaks(found); err != nil {
		return math.NaN(), err
	}
	gap := program.RelGap(g.s.best.Objective, g.centred.promise)
	closed := gap <= sweptShare*g.o.Tol
	if closed {
		g.s.nu = slices.Clone(g.centred.feasible)
	}
	listing := g.s.p.Account.Booked()
	if err := g.s.price(ctx, g.s.nu); err != nil {
		return math.NaN(), err
	}
	g.listing = g.s.p.Account.Booked() - listing
	if closed && program.RelGap(g.s.best.Objective, g.s.dual) <= sweptShare*g.o.Tol {
		g.s.status = Optimal
	}
	g.s.report("columns", gap)
	return gap, nil
}

// shareOfGap is the part of the gap to which a program over the working set is solved. The gap that a sweep knows is
// over all patterns and, while it is wide, mostly that of patterns to come; with kinks a solve takes many steps.
func (g *everywhere) shareOfGap(gap float64) float64 {
	const wide = 1e-3
	if g.sweep != nil && gap > wide && loss.HasKinks(g.s.p.LossOrSquared()) {
		return 0.2
	}
	return 0.05
}

// sweepBetween sweeps at out and, where that is farther beyond feasibility than the gap is wide, between the
// centre and out, and returns the local maxima above n beta of the last sweep that has some.
func (g *everywhere) sweepBetween(ctx context.Context, out []float64) (*circles.Largest, error) {
	found, err := g.sweepAt(ctx, out)
	if err != nil {
		return nil, err
	}
	centre := g.centred.feasible
	for range betweenSteps {
		far := min(worthwhile, farBeyond*program.RelGap(g.s.best.Objective, g.centred.promise))
		if centre == nil || found.Upper < g.s.lambda*(1+far) || !g.s.affords(g.sweep.Work()) {
			return found, nil
		}
		middle := halfway(centre, out)
		g.s.p.LossOrSquared().Project(middle, g.s.p.Y, g.s.p.Intercept)
		there, err := g.sweepAt(ctx, middle)
		if err != nil {
			return nil, err
		}
		if len(there.Peaks) > 0 {
			found, out = there, middle
		} else {
			centre = middle
		}
	}
	return found, nil
}

// sweepAt sweeps at nu and keeps what that proves.
func (g *everywhere) sweepAt(ctx context.Context, nu []float64) (*circles.Largest, error) {
	found := g.sweep.Largest(ctx, nu, g.s.lambda*(1+0.1*g.o.Tol))
	if found == nil {
		return nil, ctx.Err()
	}
	g.centre(nu, found.Upper)
	return found, nil
}

// listPeaks lists the cells around local maxima.
func (g *everywhere) listPeaks(found *circles.Largest) error {
	var gates [][]float64
	for _, p := range found.Peaks[:min(len(found.Peaks), sweptPeaks)] {
		gates = append(gates, g.sweep.Gate(p.W))
	}
	return g.list(gates)
}
