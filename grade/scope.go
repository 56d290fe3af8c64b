package grade

import (
	"context"
	"fmt"
	"math"
	"time"

	"multigrade/solver"
)

// Scope says over which activation patterns a grade is optimised.
type Scope int

const (
	// Global: all of them. Patterns are generated until no violated neuron is
	// found, and the optimum over all patterns is bounded.
	Global Scope = iota
	// Restricted: the listed ones.
	Restricted
)

var scopeNames = [...]string{Global: "global", Restricted: "restricted"}

func (s Scope) String() string {
	if s < 0 || int(s) >= len(scopeNames) {
		return fmt.Sprintf("Scope(%d)", int(s))
	}
	return scopeNames[s]
}

// ParseScope is the inverse of Scope.String.
func ParseScope(name string) (Scope, error) {
	for s, n := range scopeNames {
		if name == n {
			return Scope(s), nil
		}
	}
	return 0, fmt.Errorf("scope %q, want global or restricted", name)
}

// Bound is what a grade proves about all activation patterns.
type Bound struct {
	// Value is a lower bound of the optimum over all patterns, RelGap the
	// distance of the grade's objective from it, as solver.RelGap.
	Value, RelGap float64
	// Method says how it was found.
	Method string
	// NotAttempted says why there was no search for it, or why it was left, "" where there was one or none was
	// asked for.
	NotAttempted string
	// Search is how a search over all patterns went, as GlobalResult has it.
	Search []solver.SearchPoint
	// Nu and Evidence prove it; nil where it follows from the bound over the
	// listed patterns or, for gated units, has no proof on paper.
	Nu       []float64
	Evidence solver.GlobalCertificate
	// found is how the search over all patterns ended, as the solver says.
	found solver.Status
}

// allListed is the method of a bound over a complete list.
const allListed = "all patterns listed"

// boundRoom is left between a gap that counts as closed and the tolerance, for
// those who bound the objective again with other roundings.
const boundRoom = 1e-12

// solveGlobal solves p over all patterns, starting from its cells, and leaves
// the cells that matter in p.
func (t *trainer) solveGlobal(ctx context.Context, p *program) error {
	o := t.globalOptions(p)
	if o.Start == nil && p.planned() {
		err := p.apart(func() (err error) {
			o.Start, err = t.sketch(ctx, p, p.choice.Steps)
			return err
		})
		if err != nil {
			return err
		}
	}
	o.StartOnly = p.judged() && len(o.Start.Neurons) > 0
	if d := p.draft; d != nil {
		o.Start, o.StartOnly = d.net, true
		switch none := d.net == nil || len(d.net.Neurons) == 0; {
		case none && p.within.Err() != nil && t.draft.Grades[p.grade-1].Neurons > 0:
			o.Start = new(solver.Network) // other outputs have neurons, and a first one takes longer than there is time for in each
		case none:
			o.Start, o.StartOnly, o.Neurons = nil, false, 0
		}
		o.Grace /= time.Duration(len(t.draft.Grades))
	}
	r, err := solver.SolveGlobal(ctx, p.Problem, o)
	if err != nil {
		return err
	}
	p.Cells, p.result, p.account.Rounds = r.Cells, &r.Result, r.Rounds
	p.bound = Bound{Value: r.GlobalBound, RelGap: r.GlobalRelGap, Method: r.Global.Method, NotAttempted: r.NotAttempted, Search: r.Search, found: r.GlobalStatus}
	if !p.Activation.Gated {
		p.bound.Nu, p.bound.Evidence = r.GlobalNu, r.Evidence
	}
	return nil
}

// solveListed solves p over its cells; what it says about all patterns is the
// bound over the list where that is complete, else one in closed form.
func (t *trainer) solveListed(ctx context.Context, p *program) error {
	var err error
	if p.restricted == nil {
		if p.restricted, err = solver.NewRestricted(ctx, p.Problem); err != nil {
			return err
		}
	}
	if p.result, err = p.restricted.Solve(ctx, t.solverOptions(p)); err != nil {
		return err
	}
	b := &p.bound
	b.found, b.Method = p.result.Status, "closed form"
	b.Value = p.restricted.GlobalBound(p.result.Certificate.Nu)
	// Every weight vector lies in the closed cone of some cell.
	if p.patterns.Complete && p.result.Dual > b.Value {
		b.Value, b.Method = p.result.Dual, allListed
	}
	return nil
}

// Work that a grade may cost, counted in steps, so that a run does not depend
// on the speed of the machine.
const (
	betaLeaves     = 2000
	provableWork   = 4 // times Limits.Work with one input, where the optimum can be proved
	unlimitedBound = 1000 * time.Hour
)

// work is what the search of p may book: no limit is 0.
func (t *trainer) work(p *program) float64 {
	work := float64(t.o.Limits.Work * billion)
	if p.line != nil {
		work *= provableWork
	}
	return work
}

// apart is a phase of p whose work has a limit of its own.
func (p *program) apart(phase func() error) error {
	before := p.Problem.Account.Booked()
	err := phase()
	p.Problem.Account.Extend(p.Problem.Account.Booked() - before)
	return err
}

// globalOptions are the settings of an output's search over all patterns.
func (t *trainer) globalOptions(p *program) solver.GlobalOptions {
	o := solver.DefaultGlobalOptions()
	o.Options = t.solverOptions(p)
	o.Seed = outputSeed(gradeSeed(t.o.Seed, p.grade), p.target)
	o.MaxRounds = t.o.Limits.Rounds
	o.BoundTime, o.Line = unlimitedBound, p.line
	o.Grace /= time.Duration(len(t.splits[0].e))
	if p.narrowing != nil {
		rows, dim := p.X.Dims()
		most := startNeurons(rows, dim, t.work(p))
		if p.judged() {
			most = math.MaxInt
		}
		o.Start = strongest(&p.narrowing.wide[0], most)
	}
	if o.BoundLeaves = t.o.Limits.BoundLeaves; o.BoundLeaves < 0 {
		rows, dim := p.X.Dims()
		o.BoundLeaves = leaves(rows, dim)
		if p.line != nil && dim <= provableColumns {
			o.BoundLeaves = max(o.BoundLeaves, provableLeaves)
		}
	}
	return o
}

// judged says that the network of p is the one that cross-validation judged, whatever the
// optimum is.
func (p *program) judged() bool { return p.planned() && p.grade > 1 }

// planned says that cross-validation chose the beta of p and how to come there. What
// it judged of the first grade is what training converges to, and the search begins
// there and goes on to the solution. Later grades, on a hundred features, would go on to
// fit what the rows held out do not have, long after their training in the folds has
// ended (airfoil, grade 2 at 1e-3: 1.3 in the target's units on the test rows without
// the grade, 1.6 after a search of 110 CPU seconds): their network is the one that was
// judged, and the certificate says how far it may be from the solution.
func (p *program) planned() bool {
	return p.choice != nil && len(p.choice.Steps) > 0 && p.sketched() && p.Beta == float64(p.choice.Ratio*p.account.BetaMax)
}

// sketch is the network of p that the steps lead to: what cross-validation judged is
// how the networks were trained that they led to there.
func (t *trainer) sketch(ctx context.Context, p *program, steps []Step) (net *solver.Network, err error) {
	s, err := solver.NewSketch(p.Problem, outputSeed(gradeSeed(t.o.Seed, p.grade), p.target))
	if err != nil {
		return nil, err
	}
	for _, step := range steps {
		so := solver.SketchOptions{Iterations: step.Iterations, Rounds: 1}
		if net, err = s.At(ctx, float64(step.Ratio*p.account.BetaMax), net, so); err != nil {
			return nil, err
		}
	}
	return net, nil
}

// With one input and up to provableColumns the search is over pieces, whose nodes cost the
// same whatever the rows, and comes to an end mostly: the work limits it, and provableLeaves
// the size of its certificate. With 685 leaves, as rows and columns alone allow, grade 3 of
// seattle_hourly, width 8, ended with a gap of 2.8e-3, and is proved with up to 1024.
const (
	provableColumns = 12
	provableLeaves  = 8192
)

// leaves is the number of leaves that some seconds pay for, each costing a few
// passes over the rows; beyond rank 5, where the search hardly ever ends, a
// tenth of that.
func leaves(rows, dim int) int {
	const paid, most = 60_000_000, 200_000
	if dim > 5 {
		return min(paid/rows, most) / 10
	}
	return min(paid/rows, most)
}
