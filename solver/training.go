package solver

import (
	"context"
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/floats"

	"multigrade/hyperplane"
	"multigrade/solver/internal/direction"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
	"multigrade/solver/internal/refit"
	"multigrade/solver/internal/sphere"
	"multigrade/solver/internal/train"
)

// start lists the caller's cells and the patterns of the non-convex run, whose
// network is the first feasible point.
func (g *everywhere) start(ctx context.Context, given []hyperplane.Cell) {
	g.s.best = zeroPoint(g.s.p)
	g.s.rec.Evaluate(&g.s.best)
	g.grow(g.fresh(given))
	if g.trains() {
		t, v := g.train(ctx)
		g.adopt(t, v)
		g.s.report(PhaseSketch, math.NaN())
		if loss.HasKinks(g.s.p.LossOrSquared()) { // where the slopes at a kink are any numbers, those of training are better
			g.s.nu = t.Residual(v)
			return
		}
	}
	g.s.nu = slices.Clone(g.s.best.Nu)
}

// adopt lists the patterns of trained neurons, and if their network is the best
// so far, takes it and makes its strongest blocks the working set. When it is late these are the
// strongest neurons, or all where those are no network and there is no other.
func (g *everywhere) adopt(t *train.Descent, v []float64) (better bool) {
	strength := t.Strength(v)
	order := sphere.Descending(strength)
	least := 1e-4 * strength[order[0]]
	count := 0 // of those that count
	for count < len(order) && strength[order[count]] > least {
		count++
	}
	if g.ctx.Err() != nil && !g.o.StartOnly && g.lateNeurons() < count {
		if better = g.adoptSome(t, v, order[:g.lateNeurons()]); better || len(g.s.best.Net.Neurons) > 0 {
			return better
		}
	}
	return g.adoptSome(t, v, order[:count])
}

// adoptSome is adopt for these neurons.
func (g *everywhere) adoptSome(t *train.Descent, v []float64, some []int) (better bool) {
	w, a := t.Weights(v), t.Outputs(v)
	pt := program.Point{Net: program.Network{Activation: g.s.p.Activation, Constant: *t.Constant(v)}}
	var kept []direction.Signed
	var work []int
	apart := direction.Trained
	if g.s.traits().Centreless {
		apart = direction.Solved // a cone is too narrow for a neuron to turn in
	}
	gates := make([][]float64, len(some))
	u, sign := operator.NewGeneral(len(gates), g.s.pricer.D), make([]float64, len(gates))
	for k, j := range some {
		gates[k] = operator.RowOf(w, j)
		floats.ScaleTo(operator.RowOf(u, k), math.Abs(a[j]), operator.RowOf(w, j))
		sign[k] = math.Copysign(1, a[j])
	}
	for _, p := range g.place(gates, u, sign) {
		if !p.ok {
			continue // a sliver; the neuron is missing from a mere start
		}
		pt.Net.Neurons = append(pt.Net.Neurons, p.neuron)
		if p.neuron.Direction().First(kept, apart) < 0 && (len(work)+1)*g.s.pricer.D <= g.largestStart() {
			work, kept = append(work, g.blockIndex(p.block)), append(kept, p.neuron.Direction())
		}
	}
	g.s.rec.Evaluate(&pt)
	g.s.recentre(&pt)
	pt = fit(g.s.rec, pt)
	if better = pt.Objective < g.s.best.Objective; better {
		g.s.best = pt
	}
	if better || len(g.s.best.Net.Neurons) == 0 {
		slices.Sort(work)
		g.s.work = slices.Compact(work)
	}
	return better
}

// lateNeurons are as many of a training as there is time for when it is over, the strongest, and fewestNeurons at least. Of a
// network that was asked for all are listed.
func (g *everywhere) lateNeurons() int {
	each := lateProducts*2*float64(g.s.x.Stored()) + latePasses*float64(g.s.pricer.N)
	return max(fewestNeurons, int(lastRate*g.o.Grace.Seconds()/each))
}

// A neuron at the end takes so many products with X, of patterns, clearances, cones and values, and passes over n numbers.
const lateProducts, latePasses = 8, 30

// consolidate trains the best network, neurons of nearly one direction joined,
// from where it is. An interior-point solution spreads a neuron over all the
// cells that meet where it lies, and moves from cell to cell only by pricing;
// training moves freely and leaves few neurons, so the working set is small
// again. It is given up where it does not help.
func (g *everywhere) consolidate(ctx context.Context) bool {
	joined := program.Network{Neurons: program.JoinNear(g.s.best.Net.Neurons, direction.Trained), Constant: g.s.best.Net.Constant}
	if len(joined.Neurons) == 0 {
		return false
	}
	t, v := train.DescentOf(g.s.x, g.s.p, &joined)
	before := g.s.best.Objective
	v = g.descent(ctx, t, v)
	if g.adopt(t, v) {
		g.s.nu = slices.Clone(g.s.best.Nu)
		g.solved, g.cost = nil, nil
		g.s.eachMethod(program.Method.Forget)
	}
	return before-g.s.best.Objective > 2e-6*before
}

// restarts of training with new neurons, while one gains more than restartGain of the
// objective; still is when each descent ends. With output weights fitted again in between, on
// t10, d_teacher and b_diabetes (CPU seconds, loaded): within a thousandth of the final objective
// after .47, .2 and .1 where four descents that each ended at 1e-5 without it came to .0029,
// .00046 and .00032 above it after .6, .6 and .3.
const (
	restarts    = 8
	restartGain = 2e-5
	still       = 1e-4
)

// train alternates L-BFGS with ascent at its residual, whose violated ends
// become new neurons, until there are none: a descent that a local minimum
// does not end, and much cheaper than the convex program.
func (g *everywhere) train(ctx context.Context) (*train.Descent, []float64) {
	t, v := g.firstNetwork()
	t.Still = still
	if g.o.StartOnly {
		return t, v
	}
	first, cancel := ctx, context.CancelFunc(func() {})
	if g.o.Start == nil || len(g.o.Start.Neurons) == 0 { // otherwise there is a network already
		first, cancel = graced(ctx, g.o.Grace)
		t.Least = int(min(leastIterations, g.o.Grace.Seconds()*graceRate/train.IterationWork(t.N, t.D, t.M)))
	}
	t.Sharpening(func() { v = g.descent(first, t, v) })
	t.Least = 0
	cancel()
	last, begun := math.Inf(1), g.s.p.Account.Booked()
	for range restarts {
		nu := t.Residual(v)
		g.reportTraining(t)
		gain := (last - t.Value) / t.Value
		if gain <= restartGain {
			break
		}
		ascent := float64(t.M+g.outside.Random) * sphere.AscentWork(float64(t.N), float64(g.s.x.Stored()))
		if g.s.p.Account.Left() < (1-g.restartsUpTo(gain, begun))*g.budget+ascent { // the rest is for what follows
			break
		}
		last, begun = t.Value, g.s.p.Account.Booked()
		more := g.outside.Entering(ctx, t.Weights(v), nu, g.s.lambda)
		if len(more) == 0 {
			break
		}
		t, v = t.Extended(v, more, nu)
		t, v = g.reweighed(ctx, t, v)
		v = g.descent(ctx, t, v)
	}
	return t, v
}

// restartsUpTo is the share of the budget up to which training is begun again where the last one,
// from so much booked on, has lowered the objective by gain, relative to it.
func (g *everywhere) restartsUpTo(gain, begun float64) float64 {
	if gain*g.budget > restartRate*(g.s.p.Account.Booked()-begun) && !math.IsInf(gain, 1) {
		return restartMost
	}
	return restartShare
}

// reweighed is the training of v with the output weights of squares fitted anew, which is
// convex. A small neuron grows slowly by training, whatever it is worth, and one that is worth
// nothing shrinks slowly.
func (g *everywhere) reweighed(ctx context.Context, t *train.Descent, v []float64) (*train.Descent, []float64) {
	if g.s.p.LossOrSquared() != loss.Squared {
		return t, v
	}
	net := t.Network(v)
	units := refit.Units(net)
	masses := refit.NewMasses(g.s.p, units, refit.NewProducts(g.s.p, g.s.x, units), net.Constant)
	masses.Run(ctx)
	fitted := masses.Network(g.s.p.Activation)
	if len(fitted.Neurons) == 0 {
		return t, v
	}
	t, v = train.DescentOf(g.s.x, g.s.p, &fitted)
	t.Still = still
	return t, v
}

// reportTraining tells the objective of a training, which its network has at most; where
// kinks of the loss are rounded, it has none.
func (g *everywhere) reportTraining(t *train.Descent) {
	if l := g.s.p.LossOrSquared(); g.s.o.Progress != nil && !loss.HasKinks(l) {
		g.s.o.Progress(Progress{Phase: PhaseSketch, Primal: t.Value, RelGap: math.NaN(), Active: t.M})
	}
}

// firstNetwork is the network that training begins with.
func (g *everywhere) firstNetwork() (*train.Descent, []float64) {
	if g.o.Start != nil && len(g.o.Start.Neurons) > 0 {
		return train.DescentOf(g.s.x, g.s.p, g.o.Start)
	}
	neurons := g.o.Neurons
	if g.o.Line != nil {
		neurons = min(neurons, lineNeurons)
	}
	each := 2 * leastDescent * train.IterationWork(g.s.pricer.N, g.s.pricer.D, 1)
	neurons = max(min(neurons, fewestNeurons), int(min(float64(neurons), trainShare*g.s.left()/each)))
	t := train.NewDescent(g.s.x, g.s.p, neurons)
	return t, t.Start(g.o.Seed)
}

// lineNeurons are enough to begin with where the rows are functions of one number: their
// optima have few neurons, and what is missing is found. CPU seconds with 100, 50 and 40
// neurons: three grades of co2_weekly 5.7, 4.8 and 4.1, a grade of a chirp 0.93 and, with
// 40, 0.67; all end optimal.
const lineNeurons = 40

// grace is a few dozen iterations for 10,000 rows of 10 columns (measured: 0.1 to 0.4 s
// to within half a percent of the final objective).
const grace = 300 * time.Millisecond

// A first training that begins when the time is over, or on a machine that is busy,
// makes up to leastIterations nevertheless, of graceRate operations a second.
const (
	leastIterations = 40
	graceRate       = 2e9 // of one core, activations included (measured, AVX2)
)

// graced is ctx with so much after its end.
func graced(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })
	return longer, func() { stop(); cancel() }
}
