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
	// Norms of the residual, in the target's units, on each part of the data
	// that has rows, by OnTrain, OnValidation and OnTest.
	Norms map[string]Norms
}

// Path solves the first grade along its regularisation path (solver.Path): at
// points values of beta from beta_max down to ratio beta_max. The data are
// split and standardised and the patterns chosen as in Train, o.Grades and
// o.Beta are ignored. each, if not nil, is called with every point when it is
// done. An ended ctx is not an error: the points done are returned.
func Path(ctx context.Context, data *Data, o Options, points int, ratio float64, each func(PathPoint)) ([]PathPoint, error) {
	o.Grades = 1
	if err := o.Validate(); err != nil {
		return nil, err
	}
	so := solver.PathOptions{Options: o.solver(), Points: points, Ratio: ratio}
	if err := so.Validate(); err != nil {
		return nil, err
	}
	t := &trainer{o: &o}
	if err := t.prepare(data); err != nil {
		return nil, err
	}
	p, err := t.firstProgram(ctx)
	if err != nil {
		return nil, err
	}
	var done []PathPoint
	so.Progress = pathProgress(&o, points, &done)
	so.Point = func(pt solver.PathPoint) {
		done = append(done, t.pathPoint(p, pt))
		done[len(done)-1].BetaMax = done[0].Beta
		if each != nil {
			each(done[len(done)-1])
		}
	}
	_, err = solver.Path(ctx, p, so)
	if err != nil && ctx.Err() != nil {
		err = nil
	}
	return done, err
}

// firstProgram is the program of grade 1, without beta.
func (t *trainer) firstProgram(ctx context.Context) (*solver.Problem, error) {
	train := t.parts[0]
	if sumSquares(train.e) == 0 {
		return nil, fmt.Errorf("%w: the target is constant, there is no path", ErrData)
	}
	x := train.h
	if t.o.Bias {
		x = WithBias(x)
	}
	listed := *t.o
	listed.Scope = Restricted // a path is over one list of patterns
	patterns, err := choosePatterns(ctx, x, 1, &listed)
	if err != nil {
		return nil, err
	}
	return &solver.Problem{X: x, Y: train.e, Cells: patterns.Cells, Activation: t.o.Activation, Loss: solver.Squared, Intercept: t.o.Intercept}, nil
}

// pathPoint measures a point of the path on every part of the data.
func (t *trainer) pathPoint(p *solver.Problem, pt solver.PathPoint) PathPoint {
	_, dim := p.X.Dims()
	g := newGrade(1, dim, p, &pt.Network)
	out := PathPoint{PathPoint: pt, Norms: map[string]Norms{}}
	for _, part := range t.parts {
		f := g.Outputs[0].values(part.h, t.o.Bias)
		next := *part
		next.e = make([]float64, len(f))
		for i := range f {
			next.e[i] = part.e[i] - f[i]
		}
		out.Norms[part.name] = next.norms(t.run.Model.Output, part.e)
	}
	return out
}

// pathProgress passes the solver's progress on; the point in work stands in the
// place of the grade.
func pathProgress(o *Options, points int, done *[]PathPoint) func(solver.Progress) {
	if o.Progress == nil {
		return nil
	}
	return func(s solver.Progress) {
		o.Progress(Progress{Grade: len(*done) + 1, Grades: points, Progress: s})
	}
}
