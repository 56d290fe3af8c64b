package solver

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/hyperplane"
	"multigrade/solver/internal/direction"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
	"multigrade/solver/internal/sphere"
)

// thorough is the effort of the pricing whose silence ends the search.
const thorough = 1

const (
	pricingFlips = 512  // gates across walls of active cells
	pricingCells = 384  // cells whose maximum is computed exactly
	pricingAdded = 192  // violated cells returned
	nearlyActive = 1e-3 // relative to n beta
)

// outsideWork is about the cost of violatedOutside: an ascent from all starts, and the prices
// of the cells where they end.
func (g *everywhere) outsideWork(effort int) float64 {
	n, x := float64(g.s.pricer.N), float64(g.s.x.Stored())
	starts := float64(g.randomStarts(effort) + len(g.s.best.Net.Neurons))
	if !g.s.p.Activation.Gated && !g.s.traits().Centreless {
		starts += float64(min(pricingFlips, len(g.s.pricer.Blocks)))
	}
	return sphere.AscentWork(n, x)*starts + min(starts, pricingCells)*(2*g.s.pricer.ProjectionWork()/float64(max(1, len(g.s.pricer.Blocks)))+g.s.centreWork()/4)
}

// affordsRound says that a pricing of that effort, and a solve over what it finds, have room.
func (g *everywhere) affordsRound(effort int) bool {
	more := g.outsideWork(effort)
	if !g.s.traits().Centreless {
		more += startIterations * g.s.iterationWork()
	}
	return g.s.affords(more)
}

// randomStarts of an ascent.
func (g *everywhere) randomStarts(effort int) int {
	if effort == thorough {
		return thoroughStarts * g.outside.Random
	}
	return g.outside.Random
}

// thoroughStarts times as many random starts has a thorough pricing.
const thoroughStarts = 4

// violatedOutside returns gates of cells outside the list whose block is violated at
// g.s.nu by more than a tenth of the tolerance, the most violated first.
func (g *everywhere) violatedOutside(ctx context.Context, effort int) ([][]float64, error) {
	starts := g.starts(ctx, effort)
	value := g.outside.Ascent.Climb(ctx, starts, g.s.nu)
	found, err := g.reached(starts, value)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	here := *g.s.p
	here.Cells = found
	pr := program.NewPricer(&here, g.s.x)
	best, err := g.ofGates(ctx, pr)
	if err != nil {
		return nil, err
	}
	if !g.s.traits().Centreless || !(floats.Max(best) > g.violated()) {
		if err := pr.Price(ctx, g.s.nu, g.s.lambda); err != nil {
			return nil, err
		}
		for j, v := range pr.Value {
			c := pr.Blocks[j].Cell
			best[c] = math.Max(best[c], v)
		}
	}
	var gates [][]float64
	for _, c := range sphere.Descending(best) {
		if best[c] > g.violated() {
			gates = append(gates, found[c].Gate)
		}
	}
	if g.s.traits().Centreless {
		gates = distinct(gates, g.resolved())
	}
	return gates[:min(len(gates), pricingAdded)], nil
}

// violated is the value from which on a neuron outside the list counts as violated.
func (g *everywhere) violated() float64 { return g.s.lambda * (1 + 0.1*g.o.Tol) }

// ofGates are the values at the gates of cells, which their best neurons have at least.
func (g *everywhere) ofGates(ctx context.Context, pr *program.Pricer) ([]float64, error) {
	best := make([]float64, len(pr.Cells))
	if err := pr.Price(ctx, g.s.nu, math.Inf(1)); err != nil {
		return nil, err
	}
	for c := range best {
		gate := pr.Cells[c].Gate
		best[c] = math.Abs(floats.Dot(pr.Correlation(c), gate)) / floats.Norm(gate, 2)
	}
	return best, nil
}

// distinct are the vectors that are not nearer to an earlier one than the cosine says.
func distinct(vectors [][]float64, cosine float64) [][]float64 {
	var out [][]float64
	var kept []direction.Signed // of out
	for _, v := range vectors {
		at := direction.Signed{W: v, Norm: floats.Norm(v, 2), Sign: 1}
		if at.First(kept, cosine) < 0 {
			out, kept = append(out, v), append(kept, at)
		}
	}
	return out
}

// resolution is the share of the relative gap that a direction may be worth that is left out beside another one. Where the walls are
// close, neurons of all cells around the best direction are violated. Measured on 100,000 x 10, 0.01 beta_max, CPU seconds after eight
// solves: 53 with blocks of 214 neurons; with .03 the fifth took 6 of 43 and moved the objective less.
const resolution = 0.1

// resolved is the cosine from which on directions are too near each other to matter while the gap is what it is: at an angle of a
// to the best one a neuron is worth less by a^2/2 of it.
func (g *everywhere) resolved() float64 {
	return math.Min(1-resolution*program.RelGap(g.s.best.Objective, g.s.dual), direction.Solved)
}

// reached lists the cells of the ends of the ascent that are not listed, the
// highest first. Ends well below n beta do not count, for their cells hardly
// have a violated neuron.
func (g *everywhere) reached(w blas64.General, value []float64) ([]hyperplane.Cell, error) {
	var gates [][]float64
	for _, j := range sphere.Descending(value) {
		if value[j] < 0.98*g.s.lambda {
			break
		}
		gates = append(gates, operator.RowOf(w, j))
	}
	if len(gates) == 0 {
		return nil, nil
	}
	found, err := g.cellsOf(gates)
	if err != nil {
		return nil, err
	}
	if !g.s.traits().Centreless {
		fresh := g.fresh(found)
		return fresh[:min(len(fresh), pricingCells)], nil
	}
	fresh := slices.DeleteFunc(found, func(c hyperplane.Cell) bool { return c.Pattern.IsZero() || g.find(c.Pattern) >= 0 })
	return fresh[:min(len(fresh), pricingCells)], nil
}

// starts gathers the neurons of the best network, the best neurons of the
// working set, gates across their walls, and random ones.
func (g *everywhere) starts(ctx context.Context, effort int) blas64.General {
	_, d := g.s.x.Dims()
	rows := g.seeds()
	if !g.s.p.Activation.Gated {
		rows = append(rows, g.nearActive()...)
	}
	if g.s.traits().Centreless {
		rows = distinct(rows, g.resolved())
	}
	given := operator.NewGeneral(len(rows), d)
	for j, w := range rows {
		copy(operator.RowOf(given, j), w)
	}
	return g.outside.Starts(ctx, given, g.randomStarts(effort), g.s.nu)
}

// nearActive lists, for the listed blocks that are nearly active at nu, the most
// violated first, the best neuron and gates across the walls on which it lies.
func (g *everywhere) nearActive() [][]float64 {
	var rows [][]float64
	for _, j := range sphere.Descending(g.s.pricer.Value) {
		if g.s.pricer.Value[j] < g.s.lambda*(1-nearlyActive) || len(rows) > pricingFlips {
			break
		}
		w := make([]float64, g.s.pricer.D)
		floats.ScaleTo(w, 1/g.s.pricer.Value[j], operator.RowOf(g.s.pricer.Argmax, j))
		if floats.Norm(w, 2) == 0 {
			continue // the block was not projected, |X'D nu| says all
		}
		rows = append(rows, w)
		if g.s.traits().Centreless {
			continue // the walls are so many that a step of the ascent crosses more
		}
		rows = append(rows, g.outside.AcrossWalls(w, g.s.pricer.Cells[g.s.pricer.Blocks[j].Cell].Pattern, g.s.pricer.Mu[j])...)
	}
	return rows
}
