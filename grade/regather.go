package grade

import (
	"context"
	"slices"

	"multigrade/hyperplane"
	"multigrade/solver"
)

// regather is consolidate for any loss: neurons closer than some angle are
// represented by the heaviest of them, and the program is solved again over the
// cells of the representatives alone. Where a neuron of the optimum lies on walls,
// it is in the closed cone of each of the cells that meet there, so one of them
// is enough. The result stands in for r if its objective is at most largest and it
// has fewer neurons; the bounds, which are about all cells listed, stay r's.
func regather(ctx context.Context, p *solver.Problem, r *solver.Result, largest float64, o solver.Options) *solver.Result {
	const times = 3 // fewer cells leave other neurons, which may be close again
	for range times {
		next := regatherOnce(ctx, p, r, largest, o)
		if next == r {
			break
		}
		r = next
	}
	return r
}

func regatherOnce(ctx context.Context, p *solver.Problem, r *solver.Result, largest float64, o solver.Options) *solver.Result {
	units, last := newUnits(p, &r.Network), 0
	for _, cosine := range solver.Coarsening() {
		cells := cellsOf(cluster(units, cosine))
		if len(cells) == last {
			continue
		}
		if last = len(cells); last >= len(r.Network.Neurons) {
			break
		}
		if c := solveOver(ctx, p, cells, o); c != nil && c.Primal <= largest && len(c.Network.Neurons) < len(r.Network.Neurons) {
			return withNetwork(r, c)
		}
	}
	return r
}

// cellsOf lists the cells of the units, ascending.
func cellsOf(units []unit) []int {
	var cells []int
	for _, u := range units {
		cells = append(cells, u.cell)
	}
	slices.Sort(cells)
	return slices.Compact(cells)
}

// solveOver solves p over some of its cells; neurons refer to the cells of p. It
// is nil where that fails: the network there is stays.
func solveOver(ctx context.Context, p *solver.Problem, cells []int, o solver.Options) *solver.Result {
	q := *p
	q.Cells = make([]hyperplane.Cell, len(cells))
	for k, c := range cells {
		q.Cells[k] = p.Cells[c]
	}
	r, err := solver.Solve(ctx, &q, o)
	if err != nil {
		return nil
	}
	for k := range r.Network.Neurons {
		r.Network.Neurons[k].Cell = cells[r.Network.Neurons[k].Cell]
	}
	return r
}

// withNetwork is r with the network of c and the values that belong to it.
func withNetwork(r, c *solver.Result) *solver.Result {
	out := *r
	out.Network, out.Primal, out.OwnObjective = c.Network, c.Primal, c.OwnObjective
	out.Iterations += c.Iterations
	out.RelGap = solver.RelGap(out.Primal, out.Dual)
	return &out
}
