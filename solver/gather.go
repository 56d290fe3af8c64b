package solver

import (
	"context"
	"math"
	"slices"

	"multigrade/hyperplane"
	"multigrade/solver/internal/direction"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
	"multigrade/solver/internal/refit"
)

// An optimum is rarely unique as a network: where a weight vector lies on a wall,
// every cell around the wall has it, and a solver spreads it over all of them.

// shareOfRoom is the part of the tolerance that solving over fewer cells may use.
const shareOfRoom = 0.2

// Gather returns r with a network of fewer neurons, if it finds one whose objective in
// p, rounded up, is at most largest; r itself where it does not, for gated units, and
// where ctx has ended, which is what gathering would cost. Neurons whose directions are
// closer than some angle (the widest that will do) are represented by the heaviest of
// them. Of squares the masses are then fitted again, and the directions kept are
// untouched, so they stay in their cones exactly. For another loss, whose result is
// Optimal, the program is solved again over the cells of the representatives, with the
// options o: where a neuron of the optimum lies on walls, it is in the closed cone of
// each of the cells that meet there, so one of them is enough. The bounds, which are
// about all cells listed, stay r's.
func Gather(ctx context.Context, p *Problem, r *Result, largest float64, o Options) (*Result, error) {
	if ctx.Err() != nil || p.Activation.Gated || len(r.Network.Neurons) < 2 {
		return r, nil
	}
	x, err := p.Design()
	if err != nil {
		return nil, err
	}
	g := &gathering{p: p, x: x, largest: largest, o: o}
	switch {
	case p.LossOrSquared() == loss.Squared:
		return g.fitAgain(ctx, r), nil
	case r.Status == Optimal:
		g.o.Tol *= shareOfRoom
		g.o.enough = largest - roomForX*math.Max(0, largest-r.Dual)
		return g.solveAgain(ctx, r), nil
	}
	return r, nil
}

// gathering looks for networks of few neurons whose objective is at most largest.
type gathering struct {
	p       *program.Problem
	x       operator.Design
	largest float64
	o       Options
}

// fitAgain fits the masses of the representatives, as far as the account affords it.
func (g *gathering) fitAgain(ctx context.Context, r *Result) *Result {
	units := refit.Units(&r.Network)
	if g.p.Account.Left() < refit.ProductsWork(g.x, len(units)) {
		return r
	}
	products := refit.NewProducts(g.p, g.x, units)
	for _, cosine := range direction.Coarsening {
		if !(g.p.Account.Left() > 0) {
			break
		}
		fit := refit.NewMasses(g.p, refit.Join(units, cosine), products, r.Network.Constant)
		fit.Run(ctx)
		if fit.Used() >= len(r.Network.Neurons) {
			continue
		}
		c := Result{Network: fit.Network(r.Network.Activation)}
		if c.Primal, c.OwnObjective = program.ObjectivesAbove(g.p, g.x, &c.Network); c.Primal <= g.largest {
			return r.withNetwork(&c)
		}
	}
	return r
}

// solveAgain solves over the cells of the representatives, a few times: fewer cells
// leave other neurons, which may be close again.
func (g *gathering) solveAgain(ctx context.Context, r *Result) *Result {
	const times = 3
	for range times {
		next := g.solveOnce(ctx, r)
		if next == r {
			break
		}
		r = next
	}
	return r
}

func (g *gathering) solveOnce(ctx context.Context, r *Result) *Result {
	units, last := refit.Units(&r.Network), 0
	for _, cosine := range direction.Coarsening {
		cells := cellsOfUnits(refit.Join(units, cosine))
		if len(cells) == last {
			continue
		}
		if last = len(cells); last >= len(r.Network.Neurons) {
			break
		}
		if c := g.solveOver(ctx, cells); c != nil && c.Primal <= g.largest && len(c.Network.Neurons) < len(r.Network.Neurons) {
			return r.withNetwork(c)
		}
	}
	return r
}

// cellsOfUnits lists the cells of the units, ascending.
func cellsOfUnits(units []refit.Unit) []int {
	var cells []int
	for _, u := range units {
		cells = append(cells, u.Cell)
	}
	slices.Sort(cells)
	return slices.Compact(cells)
}

// solveOver solves the program over some of its cells; neurons refer to all of them. It
// is nil where that fails: the network there is stays.
func (g *gathering) solveOver(ctx context.Context, cells []int) *Result {
	q := *g.p
	q.Cells = make([]hyperplane.Cell, len(cells))
	for k, c := range cells {
		q.Cells[k] = g.p.Cells[c]
	}
	r, err := Solve(ctx, &q, g.o)
	if err != nil {
		return nil
	}
	for k := range r.Network.Neurons {
		r.Network.Neurons[k].Cell = cells[r.Network.Neurons[k].Cell]
	}
	return r
}

// withNetwork is r with the network of c and the values that belong to it.
func (r *Result) withNetwork(c *Result) *Result {
	out := *r
	out.Network, out.Primal, out.OwnObjective = c.Network, c.Primal, c.OwnObjective
	out.Iterations += c.Iterations
	out.RelGap = RelGap(out.Primal, out.Dual)
	return &out
}
