package solver

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/direction"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
	"multigrade/solver/internal/sphere"
)

const (
	// exactLeaves of an exact pricing: some thousand nodes over pieces, a few
	// times what a search takes until it meets its first violated neuron.
	exactLeaves = 128
	// exactShare of what is left is the most that an exact pricing takes.
	exactShare = 0.1
	// exactMost is the number of blocks, per column, beyond which training is tried again.
	exactMost = 10
	// negligible violations, met early, are of neurons listed that a solve left; the search goes on.
	negligible = 1e-3
	// worthwhile is the relative violation that is worth a solve whatever the gap.
	worthwhile = 0.05
	// exactAdded is how many violated neurons it lists at most: more of them share
	// the place of one and crowd the working set.
	exactAdded = 24
	// exactStart is the number of blocks of a trained network, per column, that
	// the search starts with.
	exactStart = 4
)

// centring is what exact pricing keeps from round to round.
type centring struct {
	leaves   int       // that a pricing may take
	promise  float64   // the largest bound of the optimum that a pricing left possible
	nu       []float64 // at this dual point
	feasible []float64 // scaled so that it would be
	exceeds  float64   // relative violation that the last pricing met
	between  bool      // it was at a dual point between
	vain     bool      // and did not lower the objective
}

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
	o.Tol, o.MaxLeaves = 0.1*g.o.Tol, g.centred.leaves
	o.Target = g.s.lambda * (1 + 0.1*g.o.Tol)
	o.Violation = g.s.lambda * (1 + math.Max(negligible, math.Min(program.RelGap(g.s.best.Objective, g.s.dual), worthwhile)))
	o.Work = math.Max(exactShare*g.s.left(), 1)
	for _, nr := range g.s.best.Net.Neurons {
		o.Seeds = append(o.Seeds, nr.W)
	}
	b, err := g.stack.MaxNeuron(ctx, g.s.nu, o)
	if err != nil {
		return nil, err
	}
	g.keepBound(b, g.s.nu)
	g.keepPromise(b)
	if b.Lower <= o.Violation && b.Upper > o.Violation {
		g.centred.leaves = min(2*g.centred.leaves, max(g.o.BoundLeaves, exactLeaves)) // these were too few
	}
	if !(b.Lower > o.Target) {
		return nil, nil
	}
	return apart(append([][]float64{b.W}, b.Found...), exactAdded), nil
}

// apart are the first of the unit vectors, at most so many, none near another.
func apart(w [][]float64, most int) [][]float64 {
	var out [][]float64
	var kept []direction.Signed // of out
	for _, v := range w {
		at := direction.Signed{W: v, Norm: 1, Sign: 1}
		if len(out) < most && at.First(kept, direction.Trained) < 0 {
			out, kept = append(out, v), append(kept, at)
		}
	}
	return out
}

// keepPromise keeps the dual point that was priced if what it would prove, were the largest
// neuron met the largest that there is, is the best so far.
func (g *everywhere) keepPromise(b *sphere.NeuronBound) {
	g.centred.exceeds = b.Lower/g.s.lambda - 1
	g.centre(g.s.nu, math.Max(b.Lower, g.s.lambda))
}

// centre keeps nu if what it proves, where no neuron is larger than largest, is the best so far. A sweep
// always has a centre.
func (g *everywhere) centre(nu []float64, largest float64) {
	c := &g.centred
	feasible, _, bound := GlobalDual(g.s.p, nu, &sphere.NeuronBound{Upper: largest})
	if bound > c.promise || g.sweep != nil && c.feasible == nil {
		c.promise, c.nu, c.feasible = bound, slices.Clone(nu), feasible
	}
}

// halfway is the point between two dual points.
func halfway(a, b []float64) []float64 {
	nu := make([]float64, len(a))
	floats.AddScaledTo(nu, a, 1, b)
	floats.Scale(0.5, nu)
	return nu
}

// between is a dual point half way from out, that of a solve, to the centre (centring.feasible), nil where out
// is not far beyond feasibility. Dual points of early solves jump; a neuron that is
// violated half way is violated at out, too, where the centre is feasible, and where there
// is none the centre moves.
func (g *everywhere) between(out []float64) []float64 {
	c := &g.centred
	if !g.exact || c.feasible == nil || c.vain || c.exceeds < worthwhile {
		return nil
	}
	return halfway(c.feasible, out)
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
