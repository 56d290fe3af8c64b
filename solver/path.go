package solver

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/floats"

	"multigrade/internal/elementary"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// PathOptions are the settings of Path. Start from DefaultPathOptions.
type PathOptions struct {
	// Options hold for every point: Tol is reached at each, MaxIter is the
	// limit of each, TimeLimit that of the whole path.
	Options
	// Points is the number of points, at least 1.
	Points int
	// Ratio is the smallest beta over the largest, in (0, 1).
	Ratio float64
	// Point, if not nil, is called with every point when it is done.
	Point func(PathPoint)
}

// DefaultPathOptions returns 50 points over three decades, each solved to the
// tolerance of DefaultOptions.
func DefaultPathOptions() PathOptions {
	return PathOptions{Options: DefaultOptions(), Points: 50, Ratio: 1e-3}
}

// Validate reports the first setting out of its range.
func (o *PathOptions) Validate() error {
	switch {
	case o.Points < 1:
		return fmt.Errorf("solver: %d points of a path, want at least 1", o.Points)
	case !(o.Ratio > 0 && o.Ratio < 1):
		return fmt.Errorf("solver: ratio of a path is %v, want 0 < ratio < 1", o.Ratio)
	}
	return o.Options.Validate()
}

// PathPoint is the solution at one beta.
type PathPoint struct {
	// Beta is absolute.
	Beta float64
	// Screened is the number of blocks (cells and signs) proved to be zero at
	// every optimum of this point, by the gap-safe rule.
	Screened int
	*Result
}

// Path solves the program at Points values of beta in geometric progression,
// from beta_max, where the solution is zero, down to Ratio beta_max. p.Beta is
// ignored. Every point starts from the one before, and has its own certificate.
// When the context or the time ends, the points that are done are returned,
// and the last of them has the status that says so.
func Path(ctx context.Context, p *program.Problem, o PathOptions) ([]PathPoint, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if o.TimeLimit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.TimeLimit)
		defer cancel()
	}
	largest, err := BetaMax(ctx, p)
	if err != nil {
		return nil, err
	}
	if largest == 0 {
		return nil, errors.New("solver: beta_max is 0, there is no path")
	}
	var points []PathPoint
	w := NewWalk(p, o.Options)
	for k := range o.Points {
		pt, err := w.At(ctx, largest*pathFraction(k, &o))
		if err != nil {
			return points, err
		}
		points = append(points, pt)
		if o.Point != nil {
			o.Point(pt)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return points, nil
}

// Walk solves one program at one beta after another, each from where the one
// before ended.
type Walk struct {
	p *program.Problem
	o Options
	r *ranked // nil: solved as it is
	s *search // of the last point, of r.q if there is r
}

// NewWalk is a walk for p, whose Beta is ignored; the options hold for every
// point.
func NewWalk(p *program.Problem, o Options) *Walk { return &Walk{p: p, o: o} }

// At solves at beta, which must not exceed the one before. When ctx ends, the
// point is as far as it came, with status Interrupted or TimeLimit.
func (w *Walk) At(ctx context.Context, beta float64) (PathPoint, error) {
	p := *w.p
	p.Beta = beta
	next, err := w.next(&p)
	if err != nil {
		return PathPoint{}, err
	}
	if err := next.finish(ctx); err != nil {
		return PathPoint{}, err
	}
	w.s = next
	res := next.result()
	if w.r != nil {
		if res, err = w.r.result(ctx, &p, next.p, res, w.o.Tol); err != nil {
			return PathPoint{}, err
		}
	}
	return PathPoint{Beta: beta, Screened: next.screening.Count, Result: res}, nil
}

// next is a search for p, from where the last one ended.
func (w *Walk) next(p *program.Problem) (*search, error) {
	o := w.o
	if w.s == nil {
		x, err := checkedDesign(p, &o)
		if err != nil {
			return nil, err
		}
		if w.r = inRank(p, x); w.r == nil {
			return firstOfPath(p, o, x), nil
		}
		return firstOfPath(w.r.q, w.r.options(o), w.r.z), nil
	}
	if w.r != nil {
		q := *w.r.q
		q.Beta = p.Beta
		p, o = &q, w.r.options(o)
	}
	return w.s.at(p, o), nil
}

// firstOfPath is the search for the first point.
func firstOfPath(p *program.Problem, o Options, x operator.Design) *search {
	s := newSearch(p, o, x)
	s.screening = program.NewScreening(p, x, s.rec.RowNorm)
	return s
}

// pathFraction is Ratio^(k/(Points-1)).
func pathFraction(k int, o *PathOptions) float64 {
	if k == 0 {
		return 1
	}
	return elementary.Pow(o.Ratio, float64(k)/float64(o.Points-1))
}

// at is a search for the problem p that starts from where s ended: s belongs to
// a problem that differs in Beta only.
func (s *search) at(p *program.Problem, o Options) *search {
	next := *s
	next.p, next.o, next.lambda = p, o, p.Beta*float64(len(p.Y))
	next.status, next.iterations = Limit, 0
	next.screening.Restart()
	next.rec = &program.Recoverer{P: p, X: s.x, RowNorm: s.rec.RowNorm, Zero: s.rec.Zero}
	next.dual, next.cert = 0, program.Certificate{Nu: make([]float64, len(p.Y))}
	next.rec.Evaluate(&next.best)
	shrunk := next.lambda / s.lambda
	next.nu = s.pathDual(shrunk)
	next.failed = [len(methods)]bool{}
	next.eachMethod(func(m program.Method) {
		if nu := m.Continue(p, shrunk); nu != nil {
			next.nu = nu
		}
	})
	return &next
}

// pathDual is where the next point looks for blocks to start with. The last
// nu, scaled by shrunk, is feasible there and violates nothing; not scaled it
// violates everything that was nearly active. In between are few.
func (s *search) pathDual(shrunk float64) []float64 {
	const between = 0.9
	nu := slices.Clone(s.best.Nu)
	if len(s.best.Net.Neurons) > 0 && s.dual > 0 {
		floats.ScaleTo(nu, elementary.Pow(shrunk, between), s.cert.Nu)
	}
	return nu
}
