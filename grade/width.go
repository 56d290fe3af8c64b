package grade

import (
	"cmp"
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver"
)

// Kept says what a budget of neurons did to the network of an output.
type Kept struct {
	// Budget is the output's share of the grade's neurons, Neurons how many the
	// optimum of the convex program has, as far as it was found.
	Budget, Neurons int
	// Objective is an upper bound of the kept network's loss + beta sum_j
	// |alpha_j| |w_j|, RelGap and GlobalRelGap its distance from the lower bounds
	// of the convex program over the listed and over all patterns: what the
	// budget costs at most.
	Objective, RelGap, GlobalRelGap float64
	// Convex is the network of the convex program.
	Convex Output
}

// plus is the account of two outputs together, without gaps; k may be nil.
func (k *Kept) plus(o *Kept) *Kept {
	switch {
	case o == nil:
		return k
	case k == nil:
		k = new(Kept)
	}
	return &Kept{Budget: k.Budget + o.Budget, Neurons: k.Neurons + o.Neurons, Objective: k.Objective + o.Objective}
}

// narrowing is the way to a network within the budget: trained networks with a
// surplus of neurons, from which it is reduced, or one that is within it. The first
// is also the start of the convex program.
type narrowing struct {
	budget   int
	identity []Neuron             // channels, of the budget
	fixed    []*solver.FixedWidth // one for every start, none of a spread network
	wide     []solver.Network
}

// newNarrowing trains the wide networks.
func (t *trainer) newNarrowing(ctx context.Context, p *program) (*narrowing, error) {
	w := &narrowing{budget: t.o.Width.share(p.target, len(t.splits[0].e))}
	w.identity = t.identityChannels(p, w.budget)
	rows, dim := p.X.Dims()
	if p.judged() {
		return w, t.judgedNarrowing(ctx, p, w)
	}
	o, starts := widthEffort(w.budget-len(w.identity), rows, dim, float64(t.o.Width.Work*1e9))
	o.Seed = outputSeed(gradeSeed(t.o.Seed, p.grade), p.target)
	if t.o.Width.Spread && p.grade == 1 {
		net, err := w.spread(p, o)
		w.wide = append(w.wide, net)
		return w, err
	}
	for k := range starts {
		if o.Start = solver.Chosen; (k+p.grade)%2 == 0 {
			o.Start = solver.Drawn
		}
		fixed, err := solver.NewFixedWidth(p.Problem, o)
		if err != nil {
			return nil, err
		}
		w.fixed, w.wide = append(w.fixed, fixed), append(w.wide, fixed.Wide(ctx))
		o.Seed++
	}
	return w, nil
}

// judgedNarrowing begins with the network that cross-validation judged, which is reduced
// as it was there.
func (t *trainer) judgedNarrowing(ctx context.Context, p *program, w *narrowing) error {
	net, err := t.sketch(ctx, p, p.choice.Steps)
	if err != nil {
		return err
	}
	fixed, err := solver.NewFixedWidth(p.Problem, foldWidthEffort(p.Problem, w.budget-len(w.identity), t.o.Width.Work))
	w.fixed, w.wide = []*solver.FixedWidth{fixed}, []solver.Network{*net}
	return err
}

// isSpread reports whether the network is one of spread kinks, whatever the
// objective of others.
func (w *narrowing) isSpread() bool { return len(w.fixed) == 0 }

// spread is the network of spread kinks.
func (w *narrowing) spread(p *program, o solver.WidthOptions) (solver.Network, error) {
	fixed, err := solver.NewFixedWidth(p.Problem, o)
	if err != nil {
		return solver.Network{}, err
	}
	return fixed.Spread()
}

// widthEffort chooses how much training a budget of m neurons on the given
// shape gets for so many floating-point operations: the surplus, the steps, and
// how many starts.
func widthEffort(m, rows, dim int, paid float64) (o solver.WidthOptions, starts int) {
	const most = 3
	o = solver.DefaultWidthOptions(m)
	share := paid / widthWork(m, min(rows, o.Rows), dim, &o)
	if share >= 1 {
		return o, max(1, min(most, int(share)))
	}
	o.Surplus = 2
	share = math.Min(1, paid/widthWork(m, min(rows, o.Rows), dim, &o))
	few := func(steps int) int { return max(2, int(float64(steps)*share)) }
	o.WideSteps, o.ShrinkSteps, o.FinalSteps = few(o.WideSteps), few(o.ShrinkSteps), few(o.FinalSteps)
	return o, 1
}

// widthWork is about the number of operations of one start: the steps with the
// surplus, those of the eliminations, of a fifth each, and the last.
func widthWork(m, rows, dim int, o *solver.WidthOptions) float64 {
	step := func(m float64) float64 {
		rows, weights, krylov := solver.StepWork(rows, dim, int(m))
		return math.Min(rows, math.Min(weights, krylov))
	}
	budget := float64(m)
	wide := o.Surplus * budget
	work := float64(o.WideSteps)*step(wide) + float64(o.FinalSteps)*step(budget)
	for at := wide / 1.25; at > budget; at /= 1.25 {
		work += float64(o.ShrinkSteps) * step(at)
	}
	return work
}

// startNeurons is how many neurons the search over all patterns may begin with:
// each costs the centre of its cell, some twenty Newton steps. Where no limit is
// set on the work there is none on their number.
func startNeurons(rows, dim int, work float64) int {
	const least, share = 8, 10
	if work == 0 {
		return math.MaxInt
	}
	centre := 20 * float64(rows) * float64(dim) * float64(dim)
	return max(least, int(math.Min(share*work/centre, math.MaxInt32)))
}

// strongest is the network of the neurons with the largest |alpha| |w|, at most
// m of them.
func strongest(net *solver.Network, m int) *solver.Network {
	if len(net.Neurons) <= m {
		return net
	}
	few := *net
	few.Neurons = slices.Clone(net.Neurons)
	strength := func(u solver.Neuron) float64 { return math.Abs(u.Alpha) * floats.Norm(u.W, 2) }
	slices.SortStableFunc(few.Neurons, func(a, b solver.Neuron) int { return cmp.Compare(strength(b), strength(a)) })
	few.Neurons = few.Neurons[:m]
	return &few
}

// tooWide reports whether gathering the neurons of the convex program's network
// would cost much; it is not built on, so that nothing else is lost.
func (w *narrowing) tooWide(p *program) bool {
	const much = 500_000
	neurons := len(p.result.Network.Neurons)
	return neurons > 2*w.budget && neurons*len(p.Y) > much
}

// narrow returns the best network within the budget: that of the convex
// program if it is solved with few neurons, else that or what the wide networks
// and that of the convex program can be reduced to, or no neurons at all. Best is
// by the objective, among those that do not raise the training loss.
func (t *trainer) narrow(ctx context.Context, p *program, convex Output) (Output, error) {
	w := p.narrowing
	kept := &Kept{Budget: w.budget, Neurons: len(convex.Neurons), Convex: convex, Objective: p.result.Primal}
	out := convex
	tooMany := len(convex.Neurons)+len(w.identity) > w.budget
	if tooMany || p.status(t.o.Tol) > solver.Priced {
		found, objective, err := t.best(ctx, p, w.reduced(ctx, &p.result.Network))
		if err != nil {
			return out, err
		}
		if tooMany || w.isSpread() && len(found.Neurons) > 0 || objective < kept.Objective {
			out, kept.Objective = found, objective
		}
	}
	kept.RelGap, kept.GlobalRelGap = solver.RelGap(kept.Objective, p.result.Dual), solver.RelGap(kept.Objective, p.bound.Value)
	p.account.Kept = kept
	out.Width = &Width{Budget: kept.Budget, Objective: kept.Objective}
	if len(out.Neurons) > 0 {
		out.Width.Identity = len(w.identity)
		out.Neurons = append(slices.Clone(out.Neurons), w.identity...)
	}
	return out, nil
}

// reduced are the networks within the budget: the strongest neurons of the convex
// program, which are at hand even where training was cut short, and what training
// found, the convex program's network among the starts where several are paid for.
// Measured on small data that one mostly ends lowest for a larger budget, the others
// for a smaller; the largest solution within the budget on the path in beta and
// reweighted group norms, both fitted again, were never far below and mostly far above.
func (w *narrowing) reduced(ctx context.Context, convex *solver.Network) []solver.Network {
	const manageable = 8
	if w.isSpread() {
		return w.wide
	}
	nets := []solver.Network{*strongest(convex, w.budget-len(w.identity))}
	for k, fixed := range w.fixed {
		nets = append(nets, fixed.Shrink(ctx, w.wide[k]))
	}
	if len(w.fixed) > 1 && len(convex.Neurons) <= manageable*w.budget {
		nets = append(nets, w.fixed[0].Shrink(ctx, *convex))
	}
	return nets
}

// best fits the output weights of the networks again, a convex problem over
// all rows, and returns the best of them and its objective.
func (t *trainer) best(ctx context.Context, p *program, nets []solver.Network) (Output, float64, error) {
	best, least := newOutput(p.Beta, &solver.Network{}), solver.ZeroObjective(p.Problem)
	for k := range nets {
		net, objective, err := solver.Refit(ctx, p.Problem, &nets[k])
		if err != nil {
			return best, least, err
		}
		if out := newOutput(p.Beta, &net); objective < least && !t.raises(p, &out) {
			best, least = out, objective
		}
	}
	return best, least, nil
}
