package grade

import (
	"context"
	"fmt"

	"multigrade/solver"
)

// PathPoint is the first grade at one beta of its regularisation path.
type PathPoint struct {
	solver.PathPoint
	// BetaMax is the beta at which the path begins.
	BetaMax float64
	// Norms of the residual, in the target's units, on each split of the data
	// that has rows, by OnTrain, OnValidation and OnTest.
	Norms map[string]Norms
}

// Path solves the first grade along its regularisation path (solver.Path): at
// points values of beta from beta_max down to ratio beta_max. The data are
// split and standardised and the patterns chosen as in Train, o.Grades and
// o.Beta are ignored. progress, if not nil, is called now and then, with the point in
// the place of the grade. An ended ctx is not an error: the points done are returned.
func Path(ctx context.Context, data *Data, o Options, points int, ratio float64, progress func(Progress)) ([]PathPoint, error) {
	o.Grades = 1
	if err := o.Validate(); err != nil {
		return nil, err
	}
	so := solver.PathOptions{Options: o.solver(), Points: points, Ratio: ratio}
	if err := so.Validate(); err != nil {
		return nil, err
	}
	if len(data.Y) != 1 || data.Task != Regression {
		return nil, fmt.Errorf("%w: %d targets of a %s task, a path is of a regression with one", ErrOptions, len(data.Y), data.Task)
	}
	t := &trainer{o: &o, observer: Silent{}}
	if err := t.prepare(data); err != nil {
		return nil, err
	}
	p, err := t.firstProgram(ctx)
	if err != nil {
		return nil, err
	}
	var done []PathPoint
	so.Progress = pathProgress(progress, points, &done)
	so.Point = func(pt solver.PathPoint) {
		done = append(done, t.pathPoint(pt))
		done[len(done)-1].BetaMax = done[0].Beta
	}
	_, err = solver.Path(ctx, p, so)
	if err != nil && ctx.Err() != nil {
		err = nil
	}
	return done, err
}

// firstProgram is the program of grade 1, without beta.
func (t *trainer) firstProgram(ctx context.Context) (*solver.Problem, error) {
	train := t.splits[0]
	if train.allFitted(t.o.Loss, t.o.Tol) {
		return nil, fmt.Errorf("%w: the target is constant, there is no path", ErrData)
	}
	if t.o.Penalty != GroupNorm {
		return nil, fmt.Errorf("%w: a path begins where a norm leaves no neuron, not for penalty %v", ErrOptions, t.o.Penalty)
	}
	x := train.input(t.o.Bias)
	listed := *t.o
	listed.Scope = Restricted // a path is over one list of patterns
	patterns, err := choosePatterns(ctx, x, 1, &listed)
	if err != nil {
		return nil, err
	}
	p := &program{grade: 1, Problem: &solver.Problem{X: x, Cells: patterns.Cells, Activation: t.o.Activation, Intercept: t.o.Intercept}}
	return p.Problem, p.aim(t.o.Loss, train)
}

// pathPoint measures a point of the path on every split of the data.
func (t *trainer) pathPoint(pt solver.PathPoint) PathPoint {
	network := newOutput(pt.Beta, &pt.Network)
	out := PathPoint{PathPoint: pt, Norms: map[string]Norms{}}
	for _, split := range t.splits {
		e, total := split.after(t.o.Activation, 0, &network, t.o.Bias)
		out.Norms[split.name] = split.norms(t.run.Model, 0, e, total)
	}
	return out
}

// pathProgress passes the solver's progress on; the point in work stands in the
// place of the grade.
func pathProgress(progress func(Progress), points int, done *[]PathPoint) func(solver.Progress) {
	if progress == nil {
		return nil
	}
	return func(s solver.Progress) {
		progress(Progress{Grade: len(*done) + 1, Grades: points, Progress: s})
	}
}
