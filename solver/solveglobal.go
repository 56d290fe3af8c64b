package solver

import (
	"context"
	"errors"
	"fmt"
	"time"

	"multigrade/hyperplane"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
	"multigrade/solver/internal/sphere"
)

// GlobalOptions are the settings of SolveGlobal. Start from
// DefaultGlobalOptions.
type GlobalOptions struct {
	// Options of the programs over the listed cells. Tol is the relative gap
	// over all patterns to reach, TimeLimit that of the whole call.
	Options
	// Seed of the starts; what they find enters no claim.
	Seed uint64
	// Neurons of the non-convex start at most, >= 0; 0 leaves it out.
	Neurons int
	// Start, if it has neurons, is a network for that run to begin with
	// instead of a random one, of whatever quality.
	Start *program.Network
	// StartOnly leaves the search out: Start, its output weights fitted again, is the
	// network of the result, with no neurons the zero network, and its certificate says how far it may be from the optimum.
	StartOnly bool
	// MaxRounds limits the rounds of pricing, at least 1.
	MaxRounds int
	// BoundTime limits the search for the rigorous bound over all patterns;
	// 0 leaves the closed form. When it decides, the bound depends on the
	// speed of the machine.
	BoundTime time.Duration
	// BoundLeaves limits the leaves of that search, >= 0.
	BoundLeaves int
	// Grace is how long the first training without a Start may go on when the time is over or
	// ctx has ended, then, together, a last pricing and the bound by moments, so that there is
	// a network that is better than none, and a bound that says something, >= 0.
	Grace time.Duration
	// Line, if the rows of X are functions of one number, has it for each row
	// (BoundOptions.Line); nil: nothing is known.
	Line []float64
}

// DefaultGlobalOptions returns the settings used when nothing is said: those of
// DefaultOptions, seed 1, a start of 100 neurons, 200 rounds, a search for
// the bound of at most 10 seconds and 2^20 leaves, and a grace of 0.3 seconds.
func DefaultGlobalOptions() GlobalOptions {
	return GlobalOptions{
		Options: DefaultOptions(), Seed: 1, Neurons: 100, MaxRounds: 200,
		BoundTime: 10 * time.Second, BoundLeaves: 1 << 20, Grace: grace,
	}
}

// Validate reports the first setting out of its range.
func (o *GlobalOptions) Validate() error {
	if err := o.Options.Validate(); err != nil {
		return err
	}
	switch {
	case o.Neurons < 0:
		return fmt.Errorf("solver: start neurons are %d, want >= 0", o.Neurons)
	case o.StartOnly && (o.Start == nil || o.Neurons == 0 && len(o.Start.Neurons) > 0):
		return errors.New("solver: a start alone is to be certified, but there is none")
	case o.MaxRounds < 1:
		return fmt.Errorf("solver: max-rounds is %d, want at least 1", o.MaxRounds)
	case o.BoundTime < 0:
		return fmt.Errorf("solver: bound time is %v, want >= 0", o.BoundTime)
	case o.Grace < 0:
		return fmt.Errorf("solver: grace is %v, want >= 0", o.Grace)
	case o.BoundLeaves < 0:
		return fmt.Errorf("solver: bound leaves are %d, want >= 0", o.BoundLeaves)
	}
	return nil
}

// GlobalResult is what SolveGlobal found. The embedded Result refers to the
// program over Cells: its Certificate proves its Dual for these patterns only,
// and its Status says whether that gap is at most Tol.
type GlobalResult struct {
	Result
	// Cells are the patterns in the final program; Neuron.Cell and
	// CellMultipliers.Cell index them.
	Cells []hyperplane.Cell
	// GlobalBound is a proved lower bound of the optimum over all patterns,
	// D(GlobalNu), and GlobalRelGap = RelGap(Primal, GlobalBound).
	GlobalBound, GlobalRelGap float64
	// GlobalNu is a dual point feasible for all patterns,
	// max |GlobalNu'phi(Xw)| <= n beta (gated: |X'D GlobalNu| <= n beta).
	GlobalNu []float64
	// GlobalStatus is Optimal (GlobalRelGap <= Tol), Priced (RelGap <= Tol, and so it
	// would be with the patterns of all neurons that the last pricing found), or what ended the search for neurons.
	GlobalStatus Status
	// NotAttempted says why there was no search for the bound over all patterns, or why it was soon left, "" where
	// there was one or none was asked for.
	NotAttempted string
	// Search is, of the searches for the largest neuron over all patterns, how the one went
	// that proved most, in units of n beta: where its bound is 1 its nu is feasible. nil
	// without a search.
	Search []SearchPoint
	// Rounds of pricing.
	Rounds int
	// Global is the bound of m that scaled GlobalNu, and Evidence what proves
	// that GlobalNu is feasible.
	Global   *sphere.NeuronBound
	Evidence sphere.GlobalCertificate
}

// SolveGlobal minimises the program over all activation patterns by column
// generation: solve over the patterns at hand, look for neurons w with
// |nu'phi(Xw)| > n beta (pricing), list their patterns, drop idle ones, until
// no violated neuron is found. MaxNeuron then bounds how violated one can be at
// most, which makes the certified bound over all patterns; the violated neurons
// that it meets go on with the pricing.
//
// What p.Account leaves is the budget: where it is used up the search ends as by another
// limit, and the outcome does not depend on the speed of the machine.
//
// p.Cells, possibly none, are patterns to start from. An error means that the
// problem or the options are unusable. When ctx ends, what is there so far is
// returned with GlobalStatus Interrupted or TimeLimit.
func SolveGlobal(ctx context.Context, p *program.Problem, o GlobalOptions) (*GlobalResult, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	x, err := checkedDesign(p, &o.Options)
	if err != nil {
		return nil, err
	}
	if p.Beta == 0 {
		return nil, errors.New("solver: beta is 0, want a positive number")
	}
	outer := ctx
	if o.TimeLimit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.TimeLimit)
		defer cancel()
	}
	var r *ranked
	if !o.StartOnly || !tooLateForRank(ctx, x) {
		r = inRankEverywhere(p, x, o.Line)
	}
	if r == nil {
		return solveEverywhere(outer, ctx, p, x, o, false)
	}
	own := o
	own.Options = r.options(o.Options)
	if o.Start != nil {
		own.Start = o.Start.Mapped(r.c.Down)
	}
	g, err := solveEverywhere(outer, ctx, r.q, r.z, own, true)
	if err != nil {
		return nil, err
	}
	return r.global(ctx, g, o.Tol)
}

// solveEverywhere is SolveGlobal with the design of p.X, until ctx ends; inRank says that
// the neurons of the result are moved into other cones.
func solveEverywhere(outer, ctx context.Context, p *program.Problem, x operator.Design, o GlobalOptions, inRank bool) (*GlobalResult, error) {
	g := newEverywhere(p, o, x)
	g.ctx = ctx
	if inRank {
		g.after = min(float64(o.Neurons)*g.s.centreWork(), returnShare*g.budget)
	}
	if err := g.solve(ctx, p.Cells); err != nil && ctx.Err() == nil {
		return nil, err
	}
	return g.result(outer)
}
