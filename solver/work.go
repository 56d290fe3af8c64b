package solver

import (
	"context"
	"math"
	"slices"

	"multigrade/solver/internal/program"
	"multigrade/solver/internal/train"
)

// exhausted says that the work allowed does not suffice for so much more.
func (g *everywhere) exhausted(more float64) bool { return g.o.Work > 0 && g.spent+more >= g.o.Work }

// iterationWork is 4 n d m operations, and about as many again for the activations.
func (g *everywhere) iterationWork(t *train.Descent) float64 {
	return float64(4*t.N*t.M) * float64(t.D+4)
}

// descent runs t from v and counts its work. A run as such costs no more
// than all the work allowed, but for a few iterations.
func (g *everywhere) descent(ctx context.Context, t *train.Descent, v []float64) []float64 {
	const least = 40
	k, each := t.DescentIterations(), g.iterationWork(t)
	if g.o.Work > 0 {
		k = min(k, max(least, int(math.Min(g.o.Work/each, math.MaxInt32))))
	}
	v = t.Run(ctx, v, k)
	g.spent += float64(k) * each
	return v
}

// interiorWork is the cost of an iteration over the working set: the linear
// system of order r, the unknowns or the rows, is assembled and factored.
func (g *everywhere) interiorWork() float64 {
	n, k := float64(g.s.pricer.N), float64(len(g.s.work)*g.s.pricer.D)
	r, other := math.Min(n, k), math.Max(n, k)
	return r*r*other + r*r*r/3
}

// farMore than the work allowed a last pricing does not cost.
const farMore = 10

// centringWork is about the cost of the analytic centres of the cells that a
// thorough pricing meets: some twenty Newton steps each, for about a hundred.
func (g *everywhere) centringWork() float64 {
	n, d := float64(g.s.pricer.N), float64(g.s.pricer.D)
	return 2000 * n * d * d
}

// settle ends a search that a limit cut short: the list is shortened to the
// patterns in use and those from number fresh on, over which the program is solved
// to the tolerance, within as much work again. What is found may yet turn out to
// be priced.
func (g *everywhere) settle(ctx context.Context, fresh int) error {
	if ctx.Err() != nil || g.s.iterations >= g.s.o.MaxIter {
		return nil
	}
	g.dropSmall(program.RelGap(g.s.best.Objective, g.s.dual))
	kept := g.used()
	for c := fresh; c < len(g.s.p.Cells); c++ {
		if k, ok := slices.BinarySearch(kept, c); !ok {
			kept = slices.Insert(kept, k, c)
		}
	}
	g.keep(kept)
	if g.o.Work > 0 {
		const least, most = 40, 1 << 20
		more := math.Max(least, math.Min(most, g.o.Work/math.Max(1, g.interiorWork())))
		g.s.o.MaxIter = min(g.s.o.MaxIter, g.s.iterations+int(more))
	}
	if err := g.s.run(ctx); err != nil || g.s.status != Optimal {
		return err
	}
	if g.o.Work > 0 && g.centringWork() > farMore*g.o.Work {
		return nil
	}
	g.s.nu = slices.Clone(g.s.cert.Nu)
	if err := g.s.pricer.Price(ctx, g.s.nu, g.s.lambda); err != nil {
		return err
	}
	violated, err := g.violatedOutside(ctx, thorough)
	if err == nil && len(violated) == 0 && ctx.Err() == nil {
		g.ended = Priced
	}
	return err
}
