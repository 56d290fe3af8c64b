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

// A search is hard where an exact pricing leaves more than hardBound n beta possible: it takes
// thousands of nodes, and there are hundreds of violated neurons. Surveys find them for less, and
// what counts is to have them all in the next working set, and that solved so well that its dual point
// asks for nothing that the next one does not. Measured on grade 3 of co2_weekly at 0.01 beta_max with 8 neurons a grade (rank 9, 20 pieces,
// about 100 neurons; first pricing 18 n beta, others 1.8 to 14): at 1e-3, one exact pricing a round, with the dual
// points between, 54 rounds and 1.2e12 operations came to an objective of .0060967, so to .0059582 in 20 rounds
// and as many operations, closed over the list.
const (
	hardBound = 2.5
	// hardAccuracy is to what gap programs over the working set are solved at first.
	hardAccuracy = 1e-9
	// surveyStarts are drawn at first, more once few are found, mostStarts at most. Where few are found an exact
	// pricing follows: some large neurons lie where hardly any climb ends.
	surveyStarts, mostStarts, fewFound = 4096, 1 << 15, 16
	// surveyAdded of the neurons found are listed.
	surveyAdded = 192
	// hardRoom is how many violated blocks enter the working set at least, where there are as many, and hardStart
	// takes the place of exactStart. Measured on grade 3 of sunspots_monthly at 0.03 beta_max with 8 neurons a grade
	// (rank 9, about 60 neurons): after 6.4e11 operations the objective is .15517, with 96 and exactStart .15704,
	// as it was before .15596.
	hardRoom, hardStart = 48, 12
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
	hard     bool      // an exact pricing left much open
	starts   int       // of the next survey
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
	var surveyed [][]float64
	if g.centred.hard {
		var err error
		if surveyed, err = g.survey(ctx, o.Target); err != nil || len(surveyed) >= fewFound {
			return surveyed, err
		}
	}
	o.Violation = g.s.lambda * (1 + math.Max(negligible, math.Min(program.RelGap(g.s.best.Objective, g.s.dual), worthwhile)))
	o.Work = math.Max(exactShare*g.s.left(), 1)
	o.Seeds = g.seeds()
	b, err := g.stack.MaxNeuron(ctx, g.s.nu, o)
	if err != nil {
		return nil, err
	}
	g.centred.hard = g.centred.hard || b.Upper > hardBound*g.s.lambda
	g.keepBound(b, g.s.nu)
	g.keepPromise(b.Lower)
	if b.Lower <= o.Violation && b.Upper > o.Violation {
		g.centred.leaves = min(2*g.centred.leaves, max(g.o.BoundLeaves, exactLeaves)) // these were too few
	}
	if !(b.Lower > o.Target) {
		return surveyed, nil
	}
	return append(apart(append([][]float64{b.W}, b.Found...), direction.Trained, exactAdded), surveyed...), nil
}

// seeds are the weights of the best network, near which large neurons are expected.
func (g *everywhere) seeds() [][]float64 {
	var seeds [][]float64
	for _, nr := range g.s.best.Net.Neurons {
		seeds = append(seeds, nr.W)
	}
	return seeds
}

// survey lists violated neurons that climbs from many starts find.
func (g *everywhere) survey(ctx context.Context, target float64) ([][]float64, error) {
	o := sphere.DefaultBoundOptions()
	o.Target, o.Work, o.Seeds = target, math.Max(exactShare*g.s.left(), 1), g.seeds()
	c := &g.centred
	c.starts = max(c.starts, surveyStarts)
	found, largest, err := g.stack.Survey(ctx, g.s.nu, o.Seeds, false, c.starts, g.o.Seed+uint64(g.rounds), o)
	if err != nil {
		return nil, err
	}
	if len(found) < fewFound {
		c.starts = min(2*c.starts, mostStarts)
	} else {
		g.keepPromise(largest)
	}
	return found[:min(len(found), surveyAdded)], nil
}

// apart are the first of the unit vectors, at most so many, with cosines of no more than the given one.
func apart(w [][]float64, cosine float64, most int) [][]float64 {
	var out [][]float64
	var kept []direction.Signed // of out
	for _, v := range w {
		at := direction.Signed{W: v, Norm: 1, Sign: 1}
		if len(out) < most && at.First(kept, cosine) < 0 {
			out, kept = append(out, v), append(kept, at)
		}
	}
	return out
}

// keepPromise keeps the dual point that was priced if what it would prove, were the largest
// neuron met the largest that there is, is the best so far.
func (g *everywhere) keepPromise(largest float64) {
	g.centred.exceeds = largest/g.s.lambda - 1
	g.centre(g.s.nu, math.Max(largest, g.s.lambda))
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
	if !g.exact || c.hard || c.feasible == nil || c.vain || c.exceeds < worthwhile {
		return nil
	}
	return halfway(c.feasible, out)
}

// largestStart is the number of unknowns that trained neurons may put into the
// working set. Exact pricing brings what is missing, so few will do.
func (g *everywhere) largestStart() int {
	switch {
	case g.centred.hard:
		return min(hardStart*g.s.pricer.D*g.s.pricer.D, operator.LargestInterior/4)
	case g.exact:
		return min(exactStart*g.s.pricer.D*g.s.pricer.D, operator.LargestInterior/4)
	}
	return operator.LargestInterior / 4
}

// finest is the relative gap to which a program over the working set is solved at most, while others follow. A method whose solves are
// models goes to a small share of what it is asked for.
func (g *everywhere) finest() float64 {
	if g.s.traits().Centreless {
		return 5 * g.s.o.Tol
	}
	return 0.25 * g.s.o.Tol
}

// coarsest is the relative gap to which a program over the working set is solved
// at first. Exact pricing at a poor dual point brings what the next one does not
// ask for.
func (g *everywhere) coarsest() float64 {
	switch {
	case g.centred.hard:
		return hardAccuracy
	case g.exact:
		return 1e-3
	}
	return coarsest
}
