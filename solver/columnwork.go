package solver

import (
	"context"
	"math"
)

// exhausted says that the work allowed does not suffice for so much more.
func (g *columns) exhausted(more float64) bool { return g.o.Work > 0 && g.spent+more >= g.o.Work }

// descent runs t from v and counts its work: 4 n d m operations, and about as
// many again for the activations, in each iteration.
func (g *columns) descent(ctx context.Context, t *descent, v []float64) []float64 {
	k := t.descentIterations()
	v = t.run(ctx, v, k)
	g.spent += float64(k) * float64(4*t.n*t.m) * float64(t.d+4)
	return v
}

// interiorWork is the cost of an iteration over the working set: the linear
// system of order r, the unknowns or the rows, is assembled and factored.
func (g *columns) interiorWork() float64 {
	n, k := float64(g.pricer.n), float64(len(g.work)*g.pricer.d)
	r, other := math.Min(n, k), math.Max(n, k)
	return r*r*other + r*r*r/3
}
