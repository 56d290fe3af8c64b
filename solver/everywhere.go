package solver

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/blas/blas64"

	"multigrade/hyperplane"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
	"multigrade/solver/internal/sphere"
)

// everywhere is the oracle of the program over all patterns: it looks for violated
// neurons on the whole sphere of gates and lists their patterns, so that the program
// of its search grows.
type everywhere struct {
	s       *search
	o       GlobalOptions   // those of s have a smaller tolerance
	exact   bool            // pricing is
	centred centring        // what it keeps from round to round
	ctx     context.Context // of the search
	outside *sphere.Pricing // of neurons outside the list
	stack   *sphere.Stack   // for exact pricing and bounds
	sweep   *sphere.Sweep   // prices, nil where the rows have none
	facing  facing
	marker  *hyperplane.Marker // of gates over the rows
	index   map[uint64][]int   // the list by hash of the pattern
	solved  []int              // blocks of the last solve
	cost    []float64          // their norms
	at      blas64.General     // their u_j
	rounds  int
	budget  float64 // operations that the account left at the start
	pricing float64 // operations of the last pricing
	listing float64 // those of the list in it
	after   float64 // operations that whoever asked needs for the result
	starved bool    // the next one is beyond what is left
	spoiled bool    // the last solve came to nothing, and training did not help
	ended   Status  // how column generation did

	accuracy  float64 // of the last solve over the working set
	entered   float64 // the gap before it
	objective float64 // of the best network before it
	failures  int     // of training in this generation
	peaked    bool    // units were exchanged for local maxima
	pace      pace

	bound        *sphere.NeuronBound
	boundNu      []float64
	evidence     sphere.GlobalCertificate
	history      []sphere.SearchPoint // of the last search that proved most, in units of lambda
	mostSearched float64              // what that one proved
	notAttempted string               // why there is no search for it, "" where there is one
	left         string               // why the last one was left before its end, "" where it was not
	globalBound  float64
}

var _ oracle = (*everywhere)(nil)

// shareOfTol is the part of the tolerance that the restricted program may use
// up; the rest is for what pricing misses and the bound over all patterns.
const shareOfTol = 0.4

// unsearchedShare takes its place where no search for the bound over all patterns follows: the rest is for
// roundings. On a planted problem of 400 x 10 the gap over the list came to 7.6e-7 in round 17, and was not below
// 4e-7 after 21 rounds.
const unsearchedShare = 0.8

func newEverywhere(p *program.Problem, o GlobalOptions, x operator.Design) *everywhere {
	own := *p
	own.Cells = nil
	inner := o.Options
	inner.Tol *= shareOfTol
	if o.StartOnly && len(o.Start.Neurons) == 0 {
		o.Neurons = 0 // nothing is trained
	}
	g := &everywhere{s: newSearch(&own, inner, x), o: o}
	g.budget = p.Account.Left()
	g.outside = sphere.NewPricing(x, p.Activation, o.Seed, ascentShare*g.budget)
	g.stack = sphere.NewStack(p.X, x, p.Activation, o.Line)
	g.facing = newFacing(g.s.pricer.N, p.Activation, g.s.rec.Zero)
	g.marker = p.Marker()
	g.index = make(map[uint64][]int)
	g.exact = g.exactly()
	g.s.sharp, g.centred.leaves = g.exact, exactLeaves
	g.notAttempted = g.hopeless()
	if o.BoundLeaves == 0 || g.notAttempted != "" {
		g.s.o.Tol = unsearchedShare * o.Tol
	}
	return g
}

// solve alternates column generation and the bound over all patterns.
func (g *everywhere) solve(ctx context.Context, given []hyperplane.Cell) error {
	g.s.reserve = g.share(closingShare)
	g.sweep = g.newSweep(ctx)
	if g.s.traits().Centreless {
		if err := g.outside.Coarsely(g.o.Tol); err != nil {
			return err
		}
	}
	g.start(ctx, given)
	if g.o.StartOnly {
		if g.ended = Limit; ctx.Err() != nil {
			return nil
		}
		_, err := g.price(ctx)
		return err
	}
	if g.exchanges() {
		if err := g.exchange(ctx); err != nil {
			return err
		}
	}
	remaining := g.o.BoundTime
	fresh := math.MaxInt
	for {
		if err := g.generate(ctx); err != nil {
			return err
		}
		if g.ended != Priced {
			if g.centred.nu != nil && ctx.Err() == nil {
				begin := time.Now()
				if _, err := g.boundAll(ctx, g.centred.nu, remaining, false); err != nil {
					return err
				}
				remaining = max(0, remaining-time.Since(begin))
				if g.sweep != nil {
					if err := g.s.price(ctx, slices.Clone(g.centred.feasible)); err != nil {
						return err
					}
				}
				if g.spoiled {
					return g.s.price(ctx, slices.Clone(g.centred.nu))
				}
			}
			err := g.settle(ctx, fresh)
			if err == nil && g.s.status != Optimal && g.overFewCones() && ctx.Err() == nil {
				_, err = g.boundAll(ctx, g.s.cert.Nu, remaining, false)
			}
			if err != nil || g.s.status != Optimal || ctx.Err() != nil {
				return err
			}
		}
		if g.peaked && program.RelGap(g.s.best.Objective, g.globalBound) <= g.o.Tol {
			return nil // the exchange has proved it
		}
		begin := time.Now()
		violated, err := g.boundAll(ctx, g.s.cert.Nu, remaining, true)
		if err != nil {
			return err
		}
		remaining = max(0, remaining-time.Since(begin))
		if len(violated) == 0 {
			return nil
		}
		g.keepForTheEnd(g.pricing)
		if g.ended = Limit; g.rounds >= g.o.MaxRounds || !g.affordsRound(0) {
			return nil // the list is solved, and with new patterns it would not be
		}
		fresh = len(g.s.p.Cells)
		if err := g.list(violated); err != nil || len(g.s.p.Cells) == fresh {
			g.ended = Stalled // the neurons are in cells listed, whose programs are solved
			return err
		}
		g.s.status = Limit
	}
}

// generate is column generation until the certified gap over the list, which
// has every violated neuron that was found, is closed, or g.ended says why not.
func (g *everywhere) generate(ctx context.Context) (err error) {
	g.accuracy, g.objective, g.failures = g.coarsest(), g.s.best.Objective, 0
	g.ended, err = g.s.generate(ctx, g)
	return err
}

func (g *everywhere) end(ctx context.Context, gap float64) Status {
	g.pace.note(g.s.p.Account.Booked(), gap, g.s.best.Objective)
	switch {
	case g.s.status == Optimal:
		return Priced
	case !g.exact && g.sweep == nil && g.pace.vain(g.s.o.Tol, g.budget, g.s.left()):
		return Limit
	case g.s.traits().Centreless && g.pace.stuck(g.s.o.Tol):
		return Limit
	case ctx.Err() != nil || g.s.iterations >= g.s.o.MaxIter || g.rounds >= g.o.MaxRounds || g.starved || g.spoiled || !g.s.affords(0):
		return Limit
	}
	return going
}

// closingBy is the factor by which the gap over all patterns, which a sweep knows, falls where blocks
// may be dropped although the objective stands still.
const closingBy = 0.8

func (g *everywhere) enter(gap float64) (float64, Status) {
	// Dropping while the primal stands still would drop and add the same
	// blocks for ever.
	crowded := 2*len(g.s.work)*g.s.pricer.D > operator.LargestInterior
	closing := g.sweep != nil && gap < closingBy*g.entered
	g.entered = gap
	if g.centred.hard {
		g.dropIdle()
		g.dropTwins()
	} else if crowded || closing || g.objective-g.s.best.Objective > 0.01*gap*g.objective {
		g.dropSmall(gap)
		g.dropTwins()
	}
	g.objective = g.s.best.Objective
	added := g.addViolated()
	if added == 0 && g.accuracy < 1e-3*g.s.o.Tol {
		return 0, Stalled
	}
	switch {
	case g.stalled():
		g.s.last.Forget() // the iterate it left is no good to start from
	case added == 0:
		g.accuracy = math.Min(g.accuracy/10, 0.05*gap)
	default:
		g.accuracy = math.Max(math.Min(g.coarsest(), g.shareOfGap(gap)*gap), g.finest())
	}
	return g.accuracy, going
}

// learn keeps the blocks of the solution. A hard search exchanges units for local maxima, once; others, while the gap is wide, go on with
// training from the best network, until that was in vain twice.
func (g *everywhere) learn(ctx context.Context, r round) error {
	g.solved = append(g.solved[:0], g.s.work...)
	g.cost = make([]float64, len(g.solved))
	operator.Norms(g.cost, r.solution.U)
	g.at = r.solution.U
	if g.exchangesPeaks() {
		return g.exchangePeaks(ctx)
	}
	if g.exact && len(g.s.work) > exactMost*g.s.pricer.D {
		g.failures = 0
	}
	// What training leaves as its residual is any slope at a kink.
	useless := g.sweep != nil && loss.HasKinks(g.s.p.LossOrSquared())
	if g.trains() && !useless && !g.peaked && g.failures < 2 && r.gap > 10*g.o.Tol {
		if g.failures++; g.consolidate(ctx) {
			g.failures = 0
		}
	}
	g.centred.vain = g.centred.between && !r.better
	g.spoiled = g.exact && r.solution.Stalled && !r.better && g.failures > 0 && r.gap > thoroughBelow
	return nil
}

// trains says that non-convex training finds columns, too.
func (g *everywhere) trains() bool { return !g.s.p.Activation.Gated && g.o.Neurons > 0 }

// beginRound counts a round of pricing and returns what ends it: what it took is kept for what
// comes behind.
func (g *everywhere) beginRound() func() {
	g.rounds++
	g.purge()
	begun := g.s.p.Account.Booked()
	return func() {
		g.pricing = g.s.p.Account.Booked() - begun
		g.keepForTheEnd(g.pricing)
	}
}

// price prices the listed blocks at nu, then looks for violated neurons
// outside the list, with more effort when the gap is nearly closed, lists them
// and certifies anew. It returns the gap.
func (g *everywhere) price(ctx context.Context) (float64, error) {
	if g.sweep != nil {
		return g.priceSwept(ctx)
	}
	begun := g.s.p.Account.Booked()
	defer g.beginRound()()
	out := g.s.nu
	between := g.between(out)
	if g.centred.between = between != nil; between != nil {
		g.s.nu = between
	}
	if err := g.s.price(ctx, g.s.nu); err != nil {
		return math.NaN(), err
	}
	g.listing = g.s.p.Account.Booked() - begun
	gap := program.RelGap(g.s.best.Objective, g.s.dual)
	effort := 0
	if g.exact { // which knows no more or less of it
		effort = thorough
	}
	for ; ; effort++ {
		if g.s.traits().Centreless && gap <= g.s.o.Tol {
			g.s.reserve = g.share(lastShare) // no last solve will be asked for, unless there is more to solve
		}
		if g.starved = !g.exact && !g.affordsRound(effort); g.starved {
			g.s.report("columns", gap)
			return gap, nil
		}
		violated, err := g.violatedAnywhere(ctx, effort)
		if err != nil {
			return math.NaN(), err
		}
		if len(violated) == 0 && between != nil {
			g.s.nu, between = out, nil
			if err := g.s.price(ctx, g.s.nu); err != nil {
				return math.NaN(), err
			}
			gap = program.RelGap(g.s.best.Objective, g.s.dual)
			if violated, err = g.violatedAnywhere(ctx, effort); err != nil {
				return math.NaN(), err
			}
		}
		before := len(g.s.p.Cells)
		if err := g.list(violated); err != nil {
			return math.NaN(), err
		}
		if len(g.s.p.Cells) > before {
			if err := g.s.price(ctx, g.s.nu); err != nil {
				return math.NaN(), err
			}
			gap = program.RelGap(g.s.best.Objective, g.s.dual)
		}
		switch {
		case gap > g.s.o.Tol && (effort == thorough || gap > thoroughBelow || g.s.traits().Centreless && len(g.s.p.Cells) > before) || ctx.Err() != nil:
			g.s.report("columns", gap)
			return gap, nil
		case gap <= g.s.o.Tol && effort == thorough:
			g.s.status = Optimal
			g.s.report("columns", gap)
			return gap, nil
		}
	}
}

// thoroughBelow is the gap from which on pricing is thorough at once.
const thoroughBelow = 1e-2

// boundAll bounds m(nu) within the given time, and
// returns the violated neurons that the search met. If stop, it ends soon after
// it met one.
func (g *everywhere) boundAll(ctx context.Context, nu []float64, limit time.Duration, stop bool) ([][]float64, error) {
	if g.s.p.Activation.Gated {
		g.keepBound(&sphere.NeuronBound{Upper: sphere.GatedBound(g.s.x, nu), Method: "closed form"}, nu)
		return nil, nil
	}
	o := sphere.DefaultBoundOptions()
	o.Tol = 0.1 * g.o.Tol
	o.Target = g.s.lambda * (1 + 0.3*g.o.Tol)
	if o.Hopeless = math.Inf(1); g.exact {
		o.Hopeless = g.largestOfUse(nu)
	}
	if stop {
		o.Violation = g.s.lambda * (1 + 0.5*g.o.Tol)
	}
	if g.s.reserve = g.share(momentsShare); stop {
		g.s.reserve = g.share(lastShare + momentsShare)
	}
	if o.Work = g.s.left(); stop {
		o.Work *= boundShare
	}
	if o.MaxLeaves = g.o.BoundLeaves; limit <= 0 || !(o.Work > 0) || g.notAttempted != "" {
		o.MaxLeaves, o.Work = 0, math.Inf(1)
	}
	if o.MaxLeaves > 0 {
		o.Seeds = g.seeds()
	}
	o.Progress = func(upper, _ float64, _ int) {
		_, _, bound := GlobalDual(g.s.p, nu, &sphere.NeuronBound{Upper: upper})
		g.s.report(PhaseBound, program.RelGap(g.s.best.Objective, math.Max(bound, g.globalBound)))
	}
	ctx, cancel := context.WithTimeout(ctx, max(limit, time.Nanosecond))
	defer cancel()
	b, err := g.stack.MaxNeuron(ctx, nu, o)
	if err != nil {
		return nil, err
	}
	g.keepBound(b, nu)
	switch g.left = ""; {
	case b.Left && !g.exact:
		g.left = fmt.Sprintf("it was left after %d nodes, as it would have proved less than the closed form", b.Leaves)
	case b.Left:
		g.left = fmt.Sprintf("it was left after %d nodes, as it would have proved less than %.2g%% of the objective", b.Leaves, 100*usefulShare)
	}
	if b.Lower > o.Target {
		return append([][]float64{b.W}, b.Found...), nil
	}
	return nil, nil
}

// largestOfUse is the largest bound of m(nu) that proves a useful share of the objective.
func (g *everywhere) largestOfUse(nu []float64) float64 {
	return largest(g.s.lambda*0x1p-10, g.s.lambda*0x1p30, func(upper float64) bool {
		_, _, bound := GlobalDual(g.s.p, nu, &sphere.NeuronBound{Upper: upper})
		return bound >= usefulShare*g.s.best.Objective
	})
}

// keepBound keeps b, a bound at nu, if what it proves is the best so far.
func (g *everywhere) keepBound(b *sphere.NeuronBound, nu []float64) {
	scaled, evidence, bound := GlobalDual(g.s.p, nu, b)
	if len(b.History) > 0 && bound >= g.mostSearched {
		g.history, g.mostSearched = relative(b.History, g.s.lambda), bound
	}
	if g.bound == nil || bound > g.globalBound {
		g.bound, g.globalBound, g.boundNu, g.evidence = b, bound, scaled, evidence
	}
}

// relative is a history in units of lambda.
func relative(history []sphere.SearchPoint, lambda float64) []sphere.SearchPoint {
	out := make([]sphere.SearchPoint, len(history))
	for k, p := range history {
		out[k] = sphere.SearchPoint{Nodes: p.Nodes, Upper: p.Upper / lambda, Lower: p.Lower / lambda}
	}
	return out
}
