package solver

import (
	"context"
	"math"

	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/sphere"
)

const (
	// exactLeaves of an exact pricing: some thousand nodes over pieces, a few
	// times what a search takes until it meets its first violated neuron.
	exactLeaves = 128
	// exactAdded is how many violated neurons it lists at most: more of them share
	// the place of one and crowd the working set.
	exactAdded = 24
	// exactStart is the number of blocks of a trained network, per column, that
	// the search starts with.
	exactStart = 4
)

// exactly says that pricing is exact: rows are functions of one number and lie on
// pieces of planes.
func (g *everywhere) exactly() bool {
	return g.o.Line != nil && g.o.BoundLeaves > 0 && !g.s.p.Activation.Gated && g.stack.HasPieces()
}

// violatedAnywhere looks for violated neurons at nu, by branch and bound over
// pieces where there are some, which bounds the optimum, too; else heuristically.
func (g *everywhere) violatedAnywhere(ctx context.Context, effort int) ([][]float64, error) {
	if !g.exact {
		return g.violatedOutside(ctx, effort)
	}
	o := sphere.DefaultBoundOptions()
	o.Tol, o.MaxLeaves = 0.1*g.o.Tol, exactLeaves
	o.Target = g.s.lambda * (1 + 0.1*g.o.Tol)
	o.Violation, o.Work = o.Target, math.Max(g.s.left(), 1)
	for _, nr := range g.s.best.Net.Neurons {
		o.Seeds = append(o.Seeds, nr.W)
	}
	b, err := g.stack.MaxNeuron(ctx, g.s.nu, o)
	if err != nil {
		return nil, err
	}
	g.keepBound(b, g.s.nu)
	if !(b.Lower > o.Target) {
		return nil, nil
	}
	found := append([][]float64{b.W}, b.Found...)
	return found[:min(len(found), exactAdded)], nil
}

// largestStart is the number of unknowns that trained neurons may put into the
// working set. Exact pricing brings what is missing, so few will do.
func (g *everywhere) largestStart() int {
	if g.exact {
		return min(exactStart*g.s.pricer.D*g.s.pricer.D, operator.LargestInterior/4)
	}
	return operator.LargestInterior / 4
}

// coarsest is the relative gap to which a program over the working set is solved
// at first. Exact pricing at a poor dual point brings what the next one does not
// ask for.
func (g *everywhere) coarsest() float64 {
	if g.exact {
		return 1e-3
	}
	return coarsest
}
