package grade

import (
	"context"
	"errors"
	"slices"

	"multigrade/solver"
)

// foldTraining trains a grade in every fold, without certificates: what its networks
// would do decides about beta, and enters no claim.
type foldTraining struct {
	o       *Options
	k       int // the grade, from 1
	folds   []fold
	inFolds []*gradeInFold
}

// gradeInFold is the grade in one fold.
type gradeInFold struct {
	dim     int         // d_k
	outputs []regulated // per target
	max     []float64   // beta_max, per target
}

// regulated is an output whose network is trained at any beta, from another network or
// from nothing.
type regulated interface {
	At(ctx context.Context, beta float64, from *solver.Network, o solver.SketchOptions) (*solver.Network, error)
}

// listedTol is the gap at which the programs over listed patterns are solved in a fold.
const listedTol = 1e-2

// foldPatterns are listed where the grade itself lists none and its units, being
// gated, cannot be trained without a list.
const foldPatterns = 40

// newFoldTraining is grade k in the given folds, booked on an account.
func newFoldTraining(ctx context.Context, o *Options, k int, folds []fold, account *solver.Account) (*foldTraining, error) {
	r := &foldTraining{o: o, k: k, folds: folds, inFolds: make([]*gradeInFold, len(folds))}
	return r, boundedGroup(len(folds), func(f int) (err error) {
		r.inFolds[f], err = newGradeInFold(ctx, o, k, folds[f].train, account)
		return err
	})
}

func newGradeInFold(ctx context.Context, o *Options, k int, train *splitState, account *solver.Account) (*gradeInFold, error) {
	t := new(gradeInFold)
	x := solver.Share(train.input(o.Bias))
	_, t.dim = x.Dims()
	for j := range train.e {
		p := &program{grade: k, target: j, scope: o.Scope, penalty: o.Penalty, line: train.line,
			Problem: &solver.Problem{X: x.Matrix, Shared: x, Activation: o.Activation, Intercept: o.Intercept, Account: account}}
		if err := p.aim(o.loss(j), train); err != nil {
			return nil, err
		}
		w, err := newRegulated(ctx, o, p)
		if err != nil {
			return nil, err
		}
		if o.Width != nil {
			w = newBudgeted(w, o, p, o.Width.share(j, len(train.e)))
		}
		largest, err := p.betaMax(ctx, foldBetaLeaves)
		if err = errors.Join(err, p.close()); err != nil { // w solves anew
			return nil, err
		}
		t.outputs, t.max = append(t.outputs, w), append(t.max, largest)
	}
	return t, nil
}

// foldBetaLeaves limit the search for beta_max in a fold, where the value met by ascent
// is as good as one that is proved: with 2000 of them that search took a fifth of the
// time of cross-validation on 1000 rows of 5 columns.
const foldBetaLeaves = 1

// newRegulated is a sketch where the grade is optimised over all patterns, else the
// program over the patterns that scope restricted lists or a few, which it puts in p.
func newRegulated(ctx context.Context, o *Options, p *program) (regulated, error) {
	if p.sketched() {
		return solver.NewSketch(p.Problem, outputSeed(gradeSeed(o.Seed, p.grade), p.target))
	}
	listed := *o
	if listed.Scope = Restricted; o.Scope == Global && o.Patterns == 0 && o.Gates == nil {
		listed.Patterns = foldPatterns
	}
	patterns, err := choosePatterns(ctx, p.X, p.grade, &listed)
	if err != nil {
		return nil, err
	}
	p.Cells = patterns.Cells
	if p.penalty == Ridge {
		r, err := solver.NewRidge(p.Problem)
		return overRidge{r}, err
	}
	so := o.solver()
	so.Tol = max(so.Tol, listedTol)
	return overList{solver.NewWalk(p.Problem, so)}, nil
}

// sketched says whether non-convex training stands for the program.
func (p *program) sketched() bool {
	return p.scope == Global && !p.Activation.Gated
}

// overList is the program over listed patterns, solved at beta after beta.
type overList struct{ *solver.Walk }

func (w overList) At(ctx context.Context, beta float64, _ *solver.Network, _ solver.SketchOptions) (*solver.Network, error) {
	pt, err := w.Walk.At(ctx, beta)
	if err != nil {
		return nil, err
	}
	return &pt.Network, nil
}

// budgeted leaves as many neurons as a budget has.
type budgeted struct {
	regulated
	p *solver.Problem
	o solver.WidthOptions
}

// foldWidthWork is about how many operations a fold pays for that.
const foldWidthWork = 2e9

func newBudgeted(w regulated, o *Options, p *program, budget int) regulated {
	return budgeted{w, p.Problem, foldWidthEffort(p.Problem, budget, o.Width.Work)}
}

// foldWidthEffort is what a reduction to the budget costs in a fold, of work in 1e9
// operations.
func foldWidthEffort(p *solver.Problem, budget int, work float64) solver.WidthOptions {
	rows, dim := p.X.Dims()
	effort, _ := widthEffort(budget, rows, dim, min(foldWidthWork, float64(work*1e9)))
	return effort
}

func (w budgeted) At(ctx context.Context, beta float64, from *solver.Network, o solver.SketchOptions) (*solver.Network, error) {
	wide, err := w.regulated.At(ctx, beta, from, o)
	if err != nil || len(wide.Neurons) <= w.o.Neurons {
		return wide, err
	}
	p := *w.p
	p.Beta = beta
	fixed, err := solver.NewFixedWidth(&p, w.o)
	if err != nil {
		return nil, err
	}
	net := fixed.Shrink(ctx, *wide)
	return &net, nil
}

// networks are those of a grade, per fold and target; nil where there are none yet.
type networks [][]*solver.Network

// at trains, in every fold, the grade whose targets' networks are those at ratio
// beta_max, from the given networks.
func (r *foldTraining) at(ctx context.Context, ratio float64, from networks, o solver.SketchOptions) ([]*Grade, networks, error) {
	grades, nets := make([]*Grade, len(r.folds)), make(networks, len(r.folds))
	err := boundedGroup(len(grades), func(f int) (err error) {
		var before []*solver.Network
		if from != nil {
			before = from[f]
		}
		grades[f], nets[f], err = r.inFold(ctx, f, ratio, before, o)
		return err
	})
	return grades, nets, err
}

// inFold is at in fold f. A target of which nothing is left gets no neurons.
func (r *foldTraining) inFold(ctx context.Context, f int, ratio float64, from []*solver.Network, so solver.SketchOptions) (*Grade, []*solver.Network, error) {
	train, t := r.folds[f].train, r.inFolds[f]
	g := &Grade{Number: r.k, Activation: r.o.unit().String(), Carry: r.o.Carry, InputDim: t.dim}
	nets := make([]*solver.Network, len(t.outputs))
	for j, w := range t.outputs {
		net := &solver.Network{Activation: r.o.Activation}
		beta := ratio * t.max[j]
		if beta > 0 && !train.fitted(j, r.o.Loss, r.o.Tol) {
			var before *solver.Network
			if from != nil {
				before = from[j]
			}
			var err error
			if net, err = w.At(ctx, beta, before, so); err != nil {
				return nil, nil, err
			}
		}
		nets[j] = net
		g.Outputs = append(g.Outputs, newOutput(beta, net))
	}
	if !r.last() {
		g.FeatureScale = g.evaluate(train.h, r.o.Bias, false).scales()
	}
	return g, nets, ctx.Err()
}

// iterationWork is about the number of operations that an iteration costs in all folds.
func (r *foldTraining) iterationWork(from networks) float64 {
	work := 0.0
	for f, t := range r.inFolds {
		n := len(r.folds[f].train.y[0])
		for j := range t.outputs {
			neurons := 0
			if from != nil {
				neurons = len(from[f][j].Neurons)
			}
			work += solver.IterationWork(n, t.dim, neurons)
		}
	}
	return work
}

// last says that no grade follows.
func (r *foldTraining) last() bool { return r.k == r.o.Grades }

// past are the folds behind the grades, one of each fold.
func (r *foldTraining) past(grades []*Grade) []fold {
	behind := make([]fold, len(r.folds))
	for f := range behind {
		if r.last() {
			behind[f] = r.folds[f].pastLast(grades[f], r.o.Bias)
		} else {
			behind[f] = r.folds[f].past(grades[f], r.o.Bias)
		}
	}
	return behind
}

// allBuild reports whether all grades have neurons to build on.
func allBuild(grades []*Grade) bool {
	return !slices.ContainsFunc(grades, func(g *Grade) bool { return g.Neurons() == 0 })
}
