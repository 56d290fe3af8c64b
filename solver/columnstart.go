package solver

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"multigrade/hyperplane"
)

// start lists the caller's cells and the patterns of the non-convex run, whose
// network is the first feasible point.
func (g *columns) start(ctx context.Context, given []hyperplane.Cell) {
	g.best = g.zeroPoint()
	g.rec.evaluate(&g.best)
	g.grow(g.fresh(given))
	if g.p.Activation == ReLU && g.o.Neurons > 0 {
		t, v := g.train(ctx)
		g.adopt(t, v)
		if hasKinks(g.p.LossOrSquared()) { // where the slopes at a kink are any numbers, those of training are better
			g.nu = t.residual(v)
			return
		}
	}
	g.nu = slices.Clone(g.best.nu)
}

// adopt lists the patterns of trained neurons, and if their network is the best
// so far, takes it and makes its strongest blocks the working set.
func (g *columns) adopt(t *descent, v []float64) (better bool) {
	w, a := t.weights(v), t.outputs(v)
	strength := t.strength(v)
	order := descending(strength)
	least := 1e-4 * strength[order[0]]
	pt := point{net: Network{Activation: g.p.Activation, Constant: *t.constant(v)}}
	var kept []Neuron
	var work []int
	for _, j := range order {
		if !(strength[j] > least) {
			break
		}
		cell := g.listOne(rowOf(w, j))
		if cell < 0 {
			continue
		}
		b := block{cell, math.Copysign(1, a[j])}
		u := make([]float64, g.pricer.d)
		floats.ScaleTo(u, math.Abs(a[j]), rowOf(w, j))
		nr, err := g.rec.neuron(b, u, g.p.Cells[cell].Gate)
		if err != nil {
			continue // a sliver; the neuron is missing from a mere start
		}
		pt.net.Neurons = append(pt.net.Neurons, nr)
		if alike(kept, nr, nearCosine) < 0 && (len(work)+1)*g.pricer.d <= largestInterior/4 {
			work, kept = append(work, g.blockIndex(b)), append(kept, nr)
		}
	}
	g.rec.evaluate(&pt)
	g.recentre(&pt)
	pt = g.fit(pt)
	if better = pt.objective < g.best.objective; better {
		g.best = pt
	}
	if better || len(g.best.net.Neurons) == 0 {
		slices.Sort(work)
		g.work = slices.Compact(work)
	}
	return better
}

// consolidate trains the best network, neurons of nearly one direction joined,
// from where it is. An interior-point solution spreads a neuron over all the
// cells that meet where it lies, and moves from cell to cell only by pricing;
// training moves freely and leaves few neurons, so the working set is small
// again. It is given up where it does not help.
func (g *columns) consolidate(ctx context.Context) bool {
	joined := Network{Neurons: joinNear(g.best.net.Neurons, nearCosine), Constant: g.best.net.Constant}
	if len(joined.Neurons) == 0 {
		return false
	}
	t, v := descentOf(g.x, g.p, &joined)
	before := g.best.objective
	v = g.descent(ctx, t, v)
	if g.adopt(t, v) {
		g.nu = slices.Clone(g.best.nu)
		g.solved, g.cost, g.warm = nil, nil, nil
	}
	return before-g.best.objective > 2e-6*before
}

// train alternates L-BFGS with ascent at its residual, whose violated ends
// become new neurons, until there are none: a descent that a local minimum
// does not end, and much cheaper than the convex program.
func (g *columns) train(ctx context.Context) (*descent, []float64) {
	const restarts = 4
	t, v := g.firstNetwork()
	t.sharpening(func() { v = g.descent(ctx, t, v) })
	for range restarts {
		if g.exhausted(3 * g.spent) { // most is left for the rest
			break
		}
		nu := t.residual(v)
		more := g.outside.entering(ctx, t.weights(v), nu, g.lambda)
		if len(more) == 0 {
			break
		}
		t, v = t.extended(v, more, nu)
		v = g.descent(ctx, t, v)
	}
	return t, v
}

// firstNetwork is the network that training begins with.
func (g *columns) firstNetwork() (*descent, []float64) {
	if g.o.Start != nil && len(g.o.Start.Neurons) > 0 {
		return descentOf(g.x, g.p, g.o.Start)
	}
	t := newDescent(g.x, g.p, g.o.Neurons)
	return t, t.start(g.o.Seed)
}
