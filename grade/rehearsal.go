package grade

import (
	"context"
	"slices"

	"multigrade/solver"
)

// rehearsal is a grade tried at falling regularisation in every fold, without
// certificates: what its networks would do decides about beta, and enters no
// claim.
type rehearsal struct {
	o     *Options
	k     int // the grade, from 1
	folds []fold
	tries []*try // one per fold
}

// try is the grade in one fold.
type try struct {
	dim   int       // d_k
	walks []walk    // per target
	max   []float64 // beta_max, per target
}

// walk goes from one beta to a smaller one.
type walk interface {
	At(ctx context.Context, beta float64) (*solver.Network, error)
}

// rehearsalTol is the gap at which the programs over listed patterns are solved
// in a rehearsal.
const rehearsalTol = 1e-2

// rehearsalPatterns are listed where the grade itself lists none and its units,
// being gated, cannot be trained without a list.
const rehearsalPatterns = 40

// newRehearsal is grade k in the given folds.
func newRehearsal(ctx context.Context, o *Options, k int, folds []fold) (*rehearsal, error) {
	r := &rehearsal{o: o, k: k, folds: folds, tries: make([]*try, len(folds))}
	return r, sideBySide(len(folds), func(f int) (err error) {
		r.tries[f], err = newTry(ctx, o, k, folds[f].train)
		return err
	})
}

func newTry(ctx context.Context, o *Options, k int, train *part) (*try, error) {
	t := new(try)
	x := train.input(o.Bias)
	_, t.dim = x.Dims()
	for j := range train.e {
		p := &program{grade: k, target: j, scope: o.Scope, line: train.line,
			Problem: &solver.Problem{X: x, Activation: o.Activation, Intercept: o.Intercept}}
		if err := p.aim(o.Loss, train); err != nil {
			return nil, err
		}
		w, err := newWalk(ctx, o, p)
		if err != nil {
			return nil, err
		}
		if o.Width > 0 {
			w = newNarrowWalk(w, o, p, o.budget(j, len(train.e)))
		}
		largest, err := p.betaMax(ctx)
		if err != nil {
			return nil, err
		}
		t.walks, t.max = append(t.walks, w), append(t.max, largest)
	}
	return t, nil
}

// newWalk is a sketch where the grade is optimised over all patterns, else the
// program over the patterns that scope restricted lists or a few, which it puts
// in p.
func newWalk(ctx context.Context, o *Options, p *program) (walk, error) {
	if p.sketched() {
		return solver.NewSketch(p.Problem, outputSeed(gradeSeed(o.Seed, p.grade), p.target))
	}
	listed := *o
	if listed.Scope = Restricted; o.Scope == Global && o.Patterns == 0 && o.Gates == nil {
		listed.Patterns = rehearsalPatterns
	}
	patterns, err := choosePatterns(ctx, p.X, p.grade, &listed)
	if err != nil {
		return nil, err
	}
	p.Cells = patterns.Cells
	so := o.solver()
	so.Tol = max(so.Tol, rehearsalTol)
	return listedWalk{solver.NewWalk(p.Problem, so)}, nil
}

// sketched says whether non-convex training stands for the program.
func (p *program) sketched() bool {
	return p.scope == Global && !p.Activation.Gated
}

// listedWalk is a walk over listed patterns.
type listedWalk struct{ *solver.Walk }

func (w listedWalk) At(ctx context.Context, beta float64) (*solver.Network, error) {
	pt, err := w.Walk.At(ctx, beta)
	if err != nil {
		return nil, err
	}
	return &pt.Network, nil
}

// narrowWalk leaves of the networks of a walk as many neurons as a budget has.
type narrowWalk struct {
	walk
	p *solver.Problem
	o solver.WidthOptions
}

// rehearsalWidthWork is about how many operations a rehearsal pays for that.
const rehearsalWidthWork = 2e9

func newNarrowWalk(w walk, o *Options, p *program, budget int) walk {
	rows, dim := p.X.Dims()
	effort, _ := widthEffort(budget, rows, dim, min(rehearsalWidthWork, o.WidthWork*1e9))
	return narrowWalk{w, p.Problem, effort}
}

func (w narrowWalk) At(ctx context.Context, beta float64) (*solver.Network, error) {
	wide, err := w.walk.At(ctx, beta)
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

// at returns, for every fold, the grade that the networks of all targets make
// at ratio beta_max.
func (r *rehearsal) at(ctx context.Context, ratio float64) ([]*Grade, error) {
	grades := make([]*Grade, len(r.folds))
	err := sideBySide(len(grades), func(f int) (err error) {
		grades[f], err = r.inFold(ctx, f, ratio)
		return err
	})
	return grades, err
}

// inFold is at in fold f. A target of which nothing is left gets no neurons.
func (r *rehearsal) inFold(ctx context.Context, f int, ratio float64) (*Grade, error) {
	train, t := r.folds[f].train, r.tries[f]
	g := &Grade{Number: r.k, Carry: r.o.Carry, InputDim: t.dim, FeatureScale: []float64{}}
	for j, w := range t.walks {
		net := &solver.Network{Activation: r.o.Activation}
		beta := ratio * t.max[j]
		if beta > 0 && !train.fitted(j, r.o.Loss, r.o.Tol) {
			var err error
			if net, err = w.At(ctx, beta); err != nil {
				return nil, err
			}
		}
		g.Outputs = append(g.Outputs, newOutput(beta, net))
	}
	if z := g.hidden(train.h, r.o.Bias); z != nil {
		g.FeatureScale = featureScales(z)
	}
	return g, ctx.Err()
}

// past are the folds behind the grades, one of each fold.
func (r *rehearsal) past(grades []*Grade) []fold {
	behind := make([]fold, len(r.folds))
	for f := range behind {
		behind[f] = r.folds[f].past(grades[f], r.o.Bias)
	}
	return behind
}

// follow rehearses the next grade behind the given ones at the same ratio, and
// returns the losses of the held-out rows with or without it, whichever are less.
func (r *rehearsal) follow(ctx context.Context, grades []*Grade, ratio float64) (rowLosses, error) {
	folds := r.past(grades)
	alone := heldOut(folds, r.o.Loss)
	if r.k == r.o.Grades || !allBuild(grades) {
		return alone, nil
	}
	next, err := newRehearsal(ctx, r.o, r.k+1, folds)
	if err != nil {
		return nil, err
	}
	if grades, err = next.at(ctx, ratio); err != nil {
		return nil, err
	}
	if both := heldOut(next.past(grades), r.o.Loss); both.mean() < alone.mean() {
		return both, nil
	}
	return alone, nil
}

// allBuild reports whether all grades have neurons to build on.
func allBuild(grades []*Grade) bool {
	return !slices.ContainsFunc(grades, func(g *Grade) bool { return g.Neurons() == 0 })
}

// heldOut are the losses of the held-out rows of all folds.
func heldOut(folds []fold, l solver.Loss) rowLosses {
	var losses rowLosses
	for _, f := range folds {
		losses = append(losses, f.held.rowLosses(l)...)
	}
	return losses
}
