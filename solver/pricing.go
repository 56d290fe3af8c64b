package solver

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
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
	if !g.s.p.Activation.Gated {
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
	starts := g.starts(effort)
	value := g.outside.Ascent.Climb(ctx, starts, g.s.nu)
	found, err := g.reached(starts, value)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	here := *g.s.p
	here.Cells = found
	pr := program.NewPricer(&here, g.s.x)
	if err := pr.Price(ctx, g.s.nu, g.s.lambda); err != nil {
		return nil, err
	}
	best := make([]float64, len(found))
	for j, v := range pr.Value {
		c := pr.Blocks[j].Cell
		best[c] = math.Max(best[c], v)
	}
	var gates [][]float64
	for _, c := range sphere.Descending(best) {
		if best[c] <= g.s.lambda*(1+0.1*g.o.Tol) || len(gates) == pricingAdded {
			break
		}
		gates = append(gates, found[c].Gate)
	}
	return gates, nil
}

// reached lists the cells of the ends of the ascent that are not listed, the
// highest first. Ends well below n beta do not count, for their cells hardly
// have a violated neuron.
func (g *everywhere) reached(w blas64.General, value []float64) ([]hyperplane.Cell, error) {
	gates := mat.NewDense(max(w.Rows, 1), w.Cols, nil)
	rows := 0
	for _, j := range sphere.Descending(value) {
		if value[j] < 0.98*g.s.lambda {
			break
		}
		gate, _ := g.facing.of(operator.RowOf(w, j))
		gates.SetRow(rows, gate)
		rows++
	}
	if rows == 0 {
		return nil, nil
	}
	found, err := g.marker.FromGates(gates.Slice(0, rows, 0, w.Cols))
	if err != nil {
		return nil, err
	}
	fresh := g.fresh(found.Cells)
	return fresh[:min(len(fresh), pricingCells)], nil
}

// starts gathers the neurons of the best network, the best neurons of the
// working set, gates across their walls, and random ones.
func (g *everywhere) starts(effort int) blas64.General {
	_, d := g.s.x.Dims()
	var rows [][]float64
	for _, nr := range g.s.best.Net.Neurons {
		rows = append(rows, nr.W)
	}
	if !g.s.p.Activation.Gated {
		rows = append(rows, g.nearActive()...)
	}
	given := operator.NewGeneral(len(rows), d)
	for j, w := range rows {
		copy(operator.RowOf(given, j), w)
	}
	return g.outside.RandomStarts(g.randomStarts(effort), given)
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
		rows = append(rows, g.outside.AcrossWalls(w, g.s.pricer.Cells[g.s.pricer.Blocks[j].Cell].Pattern, g.s.pricer.Mu[j])...)
	}
	return rows
}
