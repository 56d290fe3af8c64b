package grade

import (
	"context"
	"errors"
	"math"
	"time"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver"
)

// Before anything is searched for or chosen there is a draft: a network for every grade,
// trained without convexity on some of the rows and a little on all of them. It enters
// nothing that follows. Where the time of a run or of its first grade ends before that is better, or
// less work is allowed than a draft takes, the draft is its model, each of its grades with a certificate.

// A Draft is a first model of all grades.
type Draft struct {
	Grades []DraftGrade
	loss   float64       // that the model leaves on the training rows, summed over the outputs
	each   time.Duration // that a grade of it took
}

// DraftGrade is a grade of a draft.
type DraftGrade struct {
	Neurons   int
	Objective float64 // on all rows, summed over the outputs
	outputs   []draftOutput
}

// draftOutput is the network of an output at a beta relative to, of what is known, beta_max.
type draftOutput struct {
	betaMax float64
	net     *solver.Network // nil where there is nothing to fit
	solved  *Solved         // of grade 1, once it was certified
}

const (
	// draftWork is about how many floating-point operations go into a draft: a third of a
	// second of a processor.
	draftWork = 1.5e9
	// draftTimeShare of a time limit is what a draft may take, at draftRate operations a second, and
	// leastDraftWork whatever the limit.
	draftTimeShare, draftRate, leastDraftWork = 0.25, 4.5e9, 3e8
	// draftRows are the rows that it is trained on first, with draftShare of the work.
	draftRows  = 1000
	draftShare = 0.6
	// draftNeurons it begins with, down to draftFewest where draftThorough iterations are not
	// affordable. There are draftLeast whatever they cost, and after draftMost columns are better.
	draftNeurons, draftFewest            = 32, 8
	draftThorough, draftLeast, draftMost = 30, 10, 60
	// draftEvaluates times each iteration of L-BFGS computes the gradient.
	draftEvaluates = 1.3
	// draftStarts has the ascent to beta_max, fewer where they would cost more than
	// draftAscent of the work, but draftFew.
	draftStarts, draftFew = 32, 4
	draftAscent           = 0.1
)

// draftGrace is how long a draft may go on when the time is over or the context has ended:
// several times what it takes on an idle machine. Tests, beside which others run, are more patient.
var draftGrace = 2 * time.Second

// drafts says that the programs are such that networks trained without convexity are
// feasible: over all patterns, without constraints or a budget of neurons.
func (o *Options) drafts() bool {
	return o.Scope == Global && !o.Activation.Gated && o.Width == nil && o.Loss != solver.Monotone
}

// scarce says that less work is allowed for an output of a grade than a draft of the grade takes: no
// search comes to more within it.
func (o *Options) scarce() bool {
	return o.Limits.Work > 0 && float64(o.Limits.Work*billion) < draftWork/float64(o.Grades)
}

// draftWork is about how many operations go into the draft.
func (t *trainer) draftWork() float64 {
	if limit := t.o.Limits.Time; limit > 0 {
		return min(draftWork, max(leastDraftWork, draftTimeShare*draftRate*limit.Seconds()))
	}
	return draftWork
}

// makeDraft makes a draft and tells of it. There is none where nobody would need it, or in
// time that is over.
func (t *trainer) makeDraft(ctx context.Context) error {
	if !t.o.drafts() || t.allFinished(1) && !t.o.scarce() {
		return nil
	}
	within, cancel := t.draftTime(ctx)
	defer cancel()
	begun := time.Now()
	d, err := t.draftGrades(within)
	if within.Err() != nil {
		return nil
	}
	if err != nil {
		return err
	}
	d.each = time.Since(begun) / time.Duration(max(1, len(d.Grades)))
	t.draft = d
	t.observer.Drafted(d)
	return nil
}

// draftTime is ctx, within the time limit, with draftGrace after its end.
func (t *trainer) draftTime(ctx context.Context) (context.Context, context.CancelFunc) {
	longer, cancel := graced(ctx, draftGrace)
	within, end := t.untilDeadline(longer, draftGrace)
	return within, func() { end(); cancel() }
}

// draftGrades trains the grades, one where their number is to be chosen.
func (t *trainer) draftGrades(ctx context.Context) (*Draft, error) {
	grades := t.o.Grades
	if _, chosen := t.o.Beta.(CrossValidation); chosen {
		grades = 1
	}
	d, all := new(Draft), t.splits[0].copy()
	var pace pace
	for k := 1; k <= grades && !all.allFitted(t.o.Loss, t.o.Tol) && (k == 1 || t.affords(pace.expected(all))); k++ {
		pace.begin(all)
		g, of, err := t.draftGrade(ctx, all, k, t.draftWork()/float64(grades))
		if err != nil {
			return nil, err
		}
		d.Grades = append(d.Grades, *of)
		if of.Neurons == 0 {
			break
		}
		if k == grades {
			all.passLast(g, t.o.Bias)
			break
		}
		g.FeatureScale = all.evaluate(g, t.o.Bias, true).scales()
		all.pass(g, t.o.Bias)
	}
	d.loss = t.lossLeft(all)
	return d, nil
}

// lossLeft is what the grades that a split has passed leave, summed over the targets.
func (t *trainer) lossLeft(p *splitState) (sum float64) {
	for j := range p.e {
		sum += lossOf(t.o.loss(j), p.fit(j, p.e[j], p.total[j]))
	}
	return sum
}

// draftGrade trains grade k on a split of all training rows with about so much work.
func (t *trainer) draftGrade(ctx context.Context, all *splitState, k int, work float64) (*Grade, *DraftGrade, error) {
	some := all
	if n := len(all.y[0]); n > draftRows {
		some = all.every((n + draftRows - 1) / draftRows)
	}
	x := solver.Share(all.input(t.o.Bias))
	few := x
	if some != all {
		few = solver.Share(some.input(t.o.Bias))
	}
	outputs := len(all.e)
	of := &DraftGrade{outputs: make([]draftOutput, outputs)}
	g := &Grade{Number: k, Activation: t.o.unit().String(), Loss: t.o.Loss.Name(), Carry: t.o.Carry, Outputs: make([]Output, outputs)}
	objective := make([]float64, outputs)
	err := boundedGroup(outputs, func(j int) error {
		p, err := t.draftProgram(all, x, k, j)
		if err != nil {
			return err
		}
		q := p
		if some != all {
			if q, err = t.draftProgram(some, few, k, j); err != nil {
				return err
			}
		}
		if of.outputs[j], err = t.sketchDraft(ctx, p, q, work/float64(outputs)); err != nil {
			return err
		}
		net := of.outputs[j].net
		if net == nil {
			net = &solver.Network{}
		}
		out := newOutput(p.Beta, net)
		g.Outputs[j] = out
		e, total := all.after(t.o.unit(), j, &out, t.o.Bias)
		objective[j] = lossOf(t.o.loss(j), all.fit(j, e, total)) + p.Beta*out.cost()
		if before := lossOf(t.o.loss(j), all.fit(j, all.e[j], all.total[j])); !(objective[j] < before) { // what few rows said is not so
			of.outputs[j].net, g.Outputs[j], objective[j] = nil, newOutput(p.Beta, &solver.Network{}), before
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	for _, v := range objective {
		of.Objective += v
	}
	of.Neurons = g.Neurons()
	return g, of, nil
}

// draftProgram is the program of target j in grade k on a split, whose inputs are x.
func (t *trainer) draftProgram(rows *splitState, x *solver.Shared, k, j int) (*program, error) {
	p := &program{grade: k, target: j, scope: Global, line: rows.line,
		Problem: &solver.Problem{X: x.Matrix, Shared: x, Activation: t.o.Activation, Intercept: t.o.Intercept}}
	return p, p.aim(t.o.loss(j), rows)
}

// sketchDraft trains on the rows of few, then on those of all, and sets the beta of both.
func (t *trainer) sketchDraft(ctx context.Context, all, few *program, work float64) (draftOutput, error) {
	s, err := solver.NewDraft(few.Problem, outputSeed(gradeSeed(t.o.Seed, few.grade), few.target))
	if err != nil {
		return draftOutput{}, err
	}
	n, d := few.X.Dims()
	starts := int(min(draftStarts, draftAscent*work/solver.AscentWork(n, d)))
	o := draftOutput{betaMax: s.BetaMax(ctx, max(draftFew, starts))}
	few.Beta = t.draftBeta(o.betaMax)
	if all.Beta = few.Beta; !(few.Beta > 0) || math.IsInf(few.Beta, 1) || ctx.Err() != nil {
		return o, ctx.Err()
	}
	sketched := draftShare * work
	if all == few {
		sketched = work
	}
	so := solver.SketchOptions{Neurons: draftNeurons}
	for so.Iterations = few.affordable(so.Neurons, sketched); so.Iterations < draftThorough && so.Neurons > draftFewest; so.Iterations = few.affordable(so.Neurons, sketched) {
		so.Neurons /= 2
	}
	so.Iterations = max(so.Iterations, draftLeast)
	if o.net, err = s.At(ctx, few.Beta, nil, so); err != nil || all == few {
		return o, err
	}
	err = t.adapt(ctx, all, &o, work-sketched)
	return o, err
}

// draftBeta is the beta of a program whose beta_max is known.
func (t *trainer) draftBeta(betaMax float64) float64 {
	switch b := t.o.Beta.(type) {
	case AbsoluteBeta:
		return float64(b)
	case RelativeBeta:
		return float64(float64(b) * betaMax)
	}
	return float64(float64(DefaultBeta) * betaMax)
}

// adapt fits a network that was trained on other rows, or other features, to p: of squares
// its output weights, then all weights with so much work.
func (t *trainer) adapt(ctx context.Context, p *program, o *draftOutput, work float64) error {
	if p.Problem.Loss == solver.Squared && len(o.net.Neurons) > 0 {
		fitted, _, err := solver.Refit(ctx, p.Problem, o.net)
		if err != nil {
			return err
		}
		o.net = &fitted
	}
	iterations := p.affordable(len(o.net.Neurons), work)
	if iterations == 0 || len(o.net.Neurons) == 0 {
		return nil
	}
	s, err := solver.NewDraft(p.Problem, 0)
	if err != nil {
		return err
	}
	o.net, err = s.At(ctx, p.Beta, o.net, solver.SketchOptions{Iterations: iterations})
	return err
}

// affordable is how many iterations of training so many neurons the work pays for, at most
// draftMost.
func (p *program) affordable(neurons int, work float64) int {
	n, d := p.X.Dims()
	return int(min(draftMost, work/(draftEvaluates*solver.IterationWork(n, d, neurons))))
}

// cost is what the neurons cost in the convex program, sum |alpha| |w|.
func (o *Output) cost() (sum float64) {
	for _, u := range o.Neurons {
		square := 0.0
		for _, v := range u.W {
			square += float64(v * v)
		}
		sum += float64(math.Abs(u.Alpha) * math.Sqrt(square))
	}
	return sum
}

// over says that the whole run is out of time or interrupted.
func (t *trainer) over(ctx context.Context) bool { return ctx.Err() != nil || t.late() }

// drafted is the output of the draft that p is to be, nil where it is to be searched for: where the model is the
// draft, and in grade 1 where the time of p is over before it begins, unless its beta was chosen.
func (t *trainer) drafted(p *program) *draftOutput {
	tooLate := t.draft != nil && p.grade == 1 && p.within.Err() != nil && !p.choice.tried()
	if !tooLate && !t.standing || p.grade > len(t.draft.Grades) {
		return nil
	}
	return &t.draft.Grades[p.grade-1].outputs[p.target]
}

// rewire puts grade k > 1 of the draft on top of the grade that is in the model, and where
// that has other neurons trains it a little more.
func (t *trainer) rewire(ctx context.Context, k int) error {
	before, became, g := &t.draft.Grades[k-2], t.run.Grades[k-2].Grade, &t.draft.Grades[k-1]
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), draftGrace)
	defer cancel()
	all := t.splits[0]
	x := solver.Share(all.input(t.o.Bias))
	return boundedGroup(len(g.outputs), func(j int) error {
		o := &g.outputs[j]
		if o.net == nil {
			return nil
		}
		if o.net = before.rewired(o.net, became); became.Neurons() == before.Neurons {
			return nil
		}
		p, err := t.draftProgram(all, x, k, j)
		if err != nil {
			return err
		}
		p.Beta = t.draftBeta(o.betaMax)
		return t.adapt(within, p, o, t.draftWork()/float64(len(t.draft.Grades)*len(g.outputs)))
	})
}

// rewired is a network on the features of g as one on those of the grade that g became:
// its neurons are in another order, and some are missing.
func (g *DraftGrade) rewired(net *solver.Network, became *Grade) *solver.Network {
	even := became.phi().Slope == -1
	var from []int // of the features of became, the one of g
	before := 0
	for j, o := range became.Outputs {
		var own []solver.Neuron
		if g.outputs[j].net != nil {
			own = g.outputs[j].net.Neurons
		}
		for _, u := range o.Neurons {
			best, at := math.Inf(-1), 0
			for i, v := range own {
				c := cosine(u.W, v.W)
				if even {
					c = math.Abs(c)
				}
				if u.Alpha*v.Alpha > 0 && c > best {
					best, at = c, i
				}
			}
			from = append(from, before+at)
		}
		before += len(own)
	}
	out := &solver.Network{Activation: net.Activation, Constant: net.Constant}
	for _, u := range net.Neurons {
		w := make([]float64, 0, len(from)+len(u.W)-before)
		for _, i := range from {
			w = append(w, u.W[i])
		}
		out.Neurons = append(out.Neurons, solver.Neuron{Cell: solver.NoCell, W: append(w, u.W[before:]...), Alpha: u.Alpha})
	}
	return out
}

// cosine of the angle between two vectors that are not 0.
func cosine(a, b []float64) float64 {
	return floats.Dot(a, b) / (floats.Norm(a, 2) * floats.Norm(b, 2))
}

// draftStands says that work is scarce, or that the run is over, or nearly, and the draft better than its
// first grade, nil where there is none; or that this was cut, and the draft's is better.
func (t *trainer) draftStands(ctx context.Context, first *Trained, c *Choice) bool {
	over := t.over(ctx) || t.o.scarce()
	switch {
	case t.draft == nil || c.tried():
		return false
	case first == nil:
		return over || t.brief()
	case !over:
		return first.cut() && first.Sum().Primal > t.draft.Grades[0].Objective
	}
	after := t.splits[0].copy()
	after.passLast(first.Grade, t.o.Bias)
	return t.lossLeft(after) > t.draft.loss
}

// brief says that the first grade has less than half the time that a grade of the draft took, in which nothing better
// is found than what all the grades of it leave.
func (t *trainer) brief() bool { return !t.deadline.IsZero() && time.Until(t.share) < t.draft.each/2 }

var errOutdone = errors.New("the draft is better")

// outdone says so of the only output of the first grade when the run is over, before it is certified.
func (t *trainer) outdone(ctx context.Context, p *program, out *Output) bool {
	train := t.splits[0]
	if p.grade > 1 || len(train.e) > 1 || t.draft == nil || t.standing || p.choice.tried() || !t.over(ctx) {
		return false
	}
	e, total := train.after(t.o.unit(), p.target, out, t.o.Bias)
	return lossOf(t.o.loss(p.target), train.fit(p.target, e, total)) > t.draft.loss
}

// takeDraft makes the draft the model, with what is left of the time of the run.
func (t *trainer) takeDraft(ctx, training context.Context, c *Choice) error {
	within, cancel := t.untilDeadline(training, 0)
	defer cancel()
	short := !t.over(ctx) && !t.o.scarce() && t.brief() && time.Now().Before(t.share)
	if short {
		within, cancel = context.WithDeadline(within, time.Now()) // as where the time is over
		defer cancel()
	}
	if !t.o.scarce() { // the clock or an interruption decided
		t.cut.Store(true)
	}
	t.standing = true
	var pace pace
	for k := 1; k <= len(t.draft.Grades) && t.run.Stopped == "" && (k == 1 || t.affords(pace.expected(t.splits[0]))); k++ {
		pace.begin(t.splits[0])
		if k > 1 {
			if err := t.rewire(ctx, k); err != nil {
				return err
			}
		}
		trained, err := t.grade(ctx, within, k, c)
		if ended(ctx, err) || ended(within, err) || k > 1 && errors.Is(err, ErrData) {
			break
		}
		if err != nil {
			return err
		}
		t.keep(trained)
		for _, s := range trained.Outputs {
			t.run.ended(s.Status)
		}
		if trained.Grade.Neurons() == 0 {
			break
		}
	}
	status, reason := solver.TimeLimit, "the time limit came in grade 1"
	switch {
	case ctx.Err() != nil:
		status, reason = solver.Interrupted, "interrupted in grade 1"
	case short:
		reason = "grade 1 would have had less time than a first draft of it took"
	case t.late():
	case t.o.scarce():
		status, reason = solver.Limit, "a first draft takes more than the work allowed"
	default:
		reason = "grade 1 had used its share of the time limit"
	}
	t.run.stop(status, reason+": its grades are first drafts")
	return nil
}
