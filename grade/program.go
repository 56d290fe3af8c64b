package grade

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"math"
	"slices"

	"multigrade/solver"
)

// program is the convex program of one output of one grade, and what is known
// about its solution.
type program struct {
	*solver.Problem
	grade    int // from 1
	target   int // from 0
	scope    Scope
	penalty  Penalty
	within   context.Context // ends with the output's time
	offset   []float64       // of a loss of margins from grade 2 on, nil otherwise
	weight   []float64       // of the rows in the loss, nil without
	line     []float64       // the rows' one input, nil if there are more
	patterns Patterns
	account  Account
	result   *solver.Result
	bound    Bound
	choice   *Choice      // of beta, nil where it was given
	draft    *draftOutput // that is to be certified, nil: there is a search
	// restricted has what beta_max over the listed patterns left for its solution, nil: nothing.
	restricted *solver.Restricted
	// narrowing is nil without a budget of neurons.
	narrowing *narrowing
}

// billion operations are the unit of work.
const billion = 1e9

// output solves the program of target j in grade k, at the beta of the options or
// of c, or takes over what an earlier run finished.
func (t *trainer) output(ctx, within context.Context, k, j int, c *Choice, x *solver.Shared, patterns *Patterns) (*Solved, error) {
	p := &program{grade: k, target: j, scope: t.o.Scope, penalty: t.o.Penalty, within: within, line: t.splits[0].line, choice: c,
		Problem: &solver.Problem{X: x.Matrix, Shared: x, Activation: t.o.Activation, Intercept: t.o.Intercept}}
	p.Problem.Account = solver.NewAccount(t.work(p))
	if err := p.aim(t.o.loss(j), t.splits[0]); err != nil {
		return nil, err
	}
	if s := t.earlier.finished(k, j); s != nil {
		_, dim := p.X.Dims()
		if err := s.isOf(p.hash(), t.o, dim); err != nil {
			return nil, fmt.Errorf("output %d: %w", j+1, err)
		}
		return s, nil
	}
	if p.draft = t.drafted(p); p.draft != nil && p.draft.solved != nil {
		return p.draft.solved, nil
	}
	p.patterns, p.Cells = *patterns, patterns.Cells
	beta := t.o.Beta
	if c != nil {
		beta = RelativeBeta(c.Ratio)
	}
	if err := t.solve(ctx, within, p, beta); err != nil {
		if len(t.splits[0].e) > 1 {
			err = fmt.Errorf("output %d: %w", j+1, err)
		}
		return nil, err
	}
	if err := t.gather(within, p); err != nil {
		return nil, err
	}
	out, err := t.network(within, p)
	if err != nil {
		return nil, err
	}
	if t.outdone(ctx, p, &out) {
		return nil, errOutdone
	}
	if t.o.DeadZone {
		p.account.DeadZone = t.addDeadZone(j, &out)
	}
	if p.account.Violation, err = solver.ConeViolation(p.Problem, &p.result.Network); err != nil {
		return nil, err
	}
	s := p.solved(out, t.o.Tol)
	if k == 1 && p.draft != nil {
		p.draft.solved = s
	}
	t.timed(within)
	return s, t.report(ctx, k, j, s)
}

// gather leaves fewer neurons of the solution where that costs nothing: every one
// is an input of the next grade.
func (t *trainer) gather(ctx context.Context, p *program) (err error) {
	if p.penalty == Ridge {
		return nil // what a neuron does at less cost than two is of norms
	}
	if p.narrowing == nil || !p.narrowing.tooWide(p) {
		p.result, err = solver.Gather(ctx, p.Problem, p.result, p.largestPrimal(t.o.Tol), t.solverOptions(p))
	}
	return err
}

// network makes the output of the grade from the solution of its program.
func (t *trainer) network(ctx context.Context, p *program) (Output, error) {
	if t.o.decomposes() {
		p.bound.RelGap = solver.RelGap(p.result.Primal, p.bound.Value)
		return t.decompose(ctx, p)
	}
	out, err := t.settle(p)
	if err != nil {
		return Output{}, err
	}
	p.bound.RelGap = solver.RelGap(p.result.Primal, p.bound.Value)
	if p.narrowing != nil {
		return t.narrow(ctx, p, out)
	}
	return out, nil
}

// aim sets what the program is fitted to: the residual e_{k-1} or, for a loss of
// margins, the labels with the earlier grades' sum as the offset, on the given part.
func (p *program) aim(l solver.Loss, train *splitState) error {
	p.Y, p.Loss, p.weight = train.e[p.target], l, train.weight
	var err error
	if p.weight != nil {
		if p.Loss, err = solver.Weighted(l, p.weight); err != nil {
			return fmt.Errorf("%w: %w", ErrData, err)
		}
	}
	if !l.Labels() {
		return nil
	}
	p.Y = train.y[p.target]
	if p.grade == 1 {
		return nil
	}
	p.offset = train.total[p.target]
	p.Loss, err = solver.Shifted(p.Loss, p.offset)
	return err
}

// solve finds the network at beta, which is given.
func (t *trainer) solve(ctx, within context.Context, p *program, beta Beta) (err error) {
	defer func() { err = errors.Join(err, p.close()) }()
	search, cancel := shareOf(within, betaShare)
	leaves := betaLeaves
	if p.choice != nil && p.grade > 1 {
		leaves = foldBetaLeaves // what ratios were judged by
	}
	if p.draft != nil {
		p.account.BetaMax = p.draft.betaMax
	} else {
		p.account.BetaMax, err = p.betaMax(search, leaves)
		t.timed(search)
	}
	cancel()
	if err != nil {
		return err
	}
	absolute, isAbsolute := beta.(AbsoluteBeta)
	ratio, _ := beta.(RelativeBeta)
	switch {
	case isAbsolute:
		p.Beta = float64(absolute)
	case t.splits[0].fitted(p.target, t.o.Loss, t.o.Tol): // the zero network, while other targets go on
		p.Beta = float64(beyondMax * p.account.BetaMax)
	default:
		p.Beta = float64(float64(ratio) * p.account.BetaMax)
	}
	idle, err := solver.BetaRounding(p.Problem)
	if err != nil {
		return err
	}
	if !isAbsolute && p.account.BetaMax <= idle {
		p.Beta = idle // nothing can be gained, and this shows it
	}
	if t.o.Width != nil {
		err := p.apart(func() (err error) {
			p.narrowing, err = t.newNarrowing(within, p)
			return err
		})
		if err != nil {
			return err
		}
	}
	listed := p.scope == Restricted || p.patterns.Complete
	if p.Beta == 0 { // a constant is all there is to fit, and any patterns will do
		if len(p.Cells) == 0 {
			if err = p.patterns.sample(ctx, p.X, p.grade, t.o); err != nil {
				return err
			}
		}
		p.Cells, listed = p.patterns.Cells, true
	}
	if p.penalty == Ridge {
		return t.solveRidge(within, p)
	}
	if listed {
		return t.solveListed(ctx, p)
	}
	return t.solveGlobal(ctx, p)
}

// close drops what was kept for the solution.
func (p *program) close() error {
	if p.restricted == nil {
		return nil
	}
	kept := p.restricted
	p.restricted = nil
	return kept.Close()
}

// beyondMax times beta_max leaves no doubt that the zero network is optimal.
const beyondMax = 1.001

// betaMax is the regularisation from which on the zero network is optimal, over
// all patterns for ReLU in scope global, else over the listed ones. With Ridge there is none,
// and it is solver.RidgeScale.
func (p *program) betaMax(ctx context.Context, leaves int) (float64, error) {
	if p.penalty == Ridge {
		return solver.RidgeScale(p.Problem)
	}
	if p.scope == Global && !p.Activation.Gated {
		o := solver.DefaultBoundOptions()
		o.MaxLeaves, o.Line, o.Work = leaves, p.line, max(1, betaShare*p.Problem.Account.Left())
		if p.line == nil {
			o.Work = min(o.Work, betaWork)
		}
		return solver.BetaMaxGlobal(ctx, p.Problem, o)
	}
	restricted, err := solver.NewRestricted(ctx, p.Problem)
	if err != nil {
		return 0, err
	}
	p.restricted = restricted
	return restricted.BetaMax(ctx)
}

func (t *trainer) solverOptions(p *program) solver.Options {
	s := t.o.solver()
	s.Prune = true
	s.TimeLimit = timeLeft(p.within)
	at := Progress{Grade: p.grade, Grades: t.o.Grades, Output: p.target + 1, Outputs: len(t.splits[0].e)}
	s.Progress = func(now solver.Progress) {
		t.progress.Lock()
		defer t.progress.Unlock()
		at.Progress = now
		t.observer.Progress(at)
	}
	return s
}

// settle turns the solver's network into the output of the grade; if that would
// raise the training loss, what replaces it.
func (t *trainer) settle(p *program) (Output, error) {
	out := newOutput(p.Beta, &p.result.Network)
	if t.raises(p, &out) {
		var err error
		if p.result, err = t.replace(p, p.Problem, p.result); err != nil {
			return Output{}, err
		}
		out = newOutput(p.Beta, &p.result.Network)
	}
	return out, nil
}

// leastMultiple of a network is tried before there is none in its place.
const leastMultiple = 0x1p-12

// replace is r, a result of the problem whose network raises something, with the largest of a quarter of it, a
// quarter of that and so on that does not: for labels, whose squares rise where the loss
// falls far. For other losses rounding alone makes a network raise something, which then
// is as good as the zero network that r has in the end.
func (t *trainer) replace(p *program, of *solver.Problem, r *solver.Result) (*solver.Result, error) {
	p.account.Replaced = true
	if t.o.Loss.Labels() && !r.Network.Activation.Gated && p.penalty != Ridge {
		net := &r.Network
		for multiple := 0.25; multiple >= leastMultiple; multiple /= 4 {
			net = net.Quarter()
			if out := newOutput(p.Beta, net); !t.raises(p, &out) {
				p.account.Multiple = multiple
				return r.WithNetwork(of, net, t.o.Tol)
			}
		}
	}
	return r.WithoutNeurons(of, t.o.Tol), nil
}

// raises reports whether the network would leave more of target j than there
// was, as the loss measures it in the program's units or, for squares and for
// labels, as the ledger's mean square: for squares rounding can make a difference
// where the network is as good as zero. The logistic loss must fall by enough for a
// checker to see it through the roundings of its logarithms. Of labels in unequal
// shares the best constant, which is all there is where nothing can be gained, leaves
// larger squares than 0 does; before there is anything else the loss decides alone.
func (t *trainer) raises(p *program, out *Output) bool {
	train, m, j := t.splits[0], t.run.Model, p.target
	prior := p.grade == 1 && len(out.Neurons) == 0
	e, total := train.after(t.o.unit(), j, out, t.o.Bias)
	squaresRise := func() bool { return train.weight == nil && train.squaresRise(m, j, e, total) }
	now := lossOf(t.o.loss(j), train.fit(j, e, total))
	before := lossOf(t.o.loss(j), train.fit(j, train.e[j], train.total[j]))
	switch t.o.Loss {
	case solver.Monotone:
		if !nonincreasing(train.e[j], e) {
			return true
		}
		fallthrough
	case solver.Squared:
		return now > before || squaresRise()
	case solver.Logistic:
		zero := len(out.Neurons) == 0 && out.Constant == 0
		return !zero && (now > before*(1-logisticRoom) || !prior && squaresRise())
	case solver.Hinge:
		return now > before || !prior && squaresRise()
	}
	return now > before
}

// nonincreasing reports whether no residual is larger than before.
func nonincreasing(before, after []float64) bool {
	for i, v := range after {
		if !(math.Abs(v) <= math.Abs(before[i])) {
			return false
		}
	}
	return true
}

// logisticRoom is the least relative fall of the logistic loss in a grade that
// does anything.
const logisticRoom = 1e-9

func newOutput(beta float64, net *solver.Network) Output {
	out := Output{Beta: beta, Constant: net.Constant, Neurons: []Neuron{}}
	for _, u := range net.Neurons {
		out.Neurons = append(out.Neurons, Neuron{W: u.W, Gate: u.Gate, Alpha: u.Alpha})
	}
	return out
}

type hashedRows struct{}

func (p *program) hash() string {
	rows := p.Shared.Of(p.X, hashedRows{}, func() any { return rowsHash(p.X) }).(hash.Cloner)
	return programHash(rows, slices.Concat(p.Y, p.offset, p.weight))
}

// solved draws up the account.
func (p *program) solved(out Output, tol float64) *Solved {
	a, r := &p.account, p.result
	a.Rank, a.Patterns, a.Complete = p.patterns.Rank, len(p.Cells), p.patterns.Complete
	if p.patterns.Total != nil {
		a.PatternsTotal = p.patterns.Total.String()
	}
	a.Method, a.Iterations, a.Work = r.Method, r.Iterations, p.Problem.Account.Booked()/billion
	a.Primal, a.Dual, a.RelGap = r.Primal, r.Dual, r.RelGap
	a.Listed, a.Status = r.Status, p.status(tol)
	a.GlobalBound, a.GlobalRelGap, a.GlobalMethod = p.bound.Value, p.bound.RelGap, p.bound.Method
	a.NotAttempted = p.bound.NotAttempted
	rows, dim := p.X.Dims()
	return &Solved{Account: *a, Output: out, Hash: p.hash(),
		Evidence: &Evidence{Rows: rows, Dim: dim, Target: p.Y, Offset: p.offset, Weight: p.weight, Cells: p.Cells, Result: r, Bound: p.bound}}
}

// status is how the output ended at the scope asked for.
func (p *program) status(tol float64) solver.Status {
	r := p.result.Status
	switch {
	case p.scope == Restricted:
		return r
	case r == solver.Optimal && p.bound.RelGap <= tol-boundRoom:
		return solver.Optimal
	case r != solver.Optimal:
		return r
	case p.bound.found == solver.Optimal:
		return solver.Priced // the gap was closed before neurons were gathered
	}
	return p.bound.found
}

// largestPrimal is the largest objective whose gap to each of the bounds stays
// within what was reached, or tol where that is more.
func (p *program) largestPrimal(tol float64) float64 {
	within := func(bound, gap float64) float64 { return bound / (1 - math.Min(gap, 1-0x1p-20)) }
	largest := within(p.result.Dual, math.Max(tol, p.result.RelGap))
	if p.scope == Global && p.bound.found == solver.Optimal {
		largest = math.Min(largest, within(p.bound.Value, tol-boundRoom))
	}
	return largest
}
