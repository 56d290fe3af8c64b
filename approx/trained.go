package approx

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// Fit returns a network near the values at the points (coordinates, one row each), for grade number grade, from 1. It
// is called again with more points where the network is worse between the points than there.
type Fit func(ctx context.Context, grade int, points [][]float64, values []float64) (*Shallow, error)

// TrainOptions of Train.
type TrainOptions struct {
	// Grades is the largest number of grades. Default 4; range 1 to 24.
	Grades int
	// Samples is the number of cells per coordinate of the lattice whose nodes networks are fitted at; at least 1.
	Samples int
	// Sharp > 1: a dead zone is at most so many times as wide as it has to be, Splits permitting. Default 1.01.
	Sharp float64
	// Splits bounds the bisections of a search for the width of a dead zone. Default 2^18.
	Splits int
	// Threads that work at a time; the result does not depend on it. Default 1.
	Threads int
	// Progress, if not nil, is called after every grade.
	Progress func(*TrainedGrade)
}

// DefaultTrainOptions returns the defaults for a number of samples per coordinate.
func DefaultTrainOptions(samples int) TrainOptions {
	return TrainOptions{Grades: 4, Samples: samples, Sharp: 1.01, Splits: 1 << 18, Threads: 1}
}

// largestLattice bounds the nodes networks are fitted at.
const largestLattice = 1 << 20

// Validate reports the first option out of range for a target of dimension dim.
func (o TrainOptions) Validate(dim int) error {
	switch {
	case o.Grades < 1 || o.Grades > 24:
		return fmt.Errorf("%d grades: expected 1 to 24", o.Grades)
	case o.Samples < 1 || (Grid{dim, o.Samples}).Nodes() > largestLattice:
		return fmt.Errorf("%d samples per coordinate in dimension %d: expected 1 or more, and at most %d in all", o.Samples, dim, largestLattice)
	case !(o.Sharp > 1 && o.Sharp <= 2):
		return fmt.Errorf("sharpness %g: expected a number in (1, 2]", o.Sharp)
	case o.Splits < 1:
		return fmt.Errorf("%d splits: expected 1 or more", o.Splits)
	case o.Threads < 1:
		return fmt.Errorf("%d threads: expected 1 or more", o.Threads)
	}
	return nil
}

// TrainedGrade is one correction q = relu(g - eps) - relu(-g - eps), g a trained network, and what holds for the
// residual after it.
type TrainedGrade struct {
	Net    *Shallow // on x, or on x and the units of the layer before
	Hidden [][]Unit // the layers between it and the grade before, if composed
	// Eps >= sup |e - g| on the cube, e being the residual before the grade; Boxes bisections proved it.
	Eps   float64
	Boxes int
	// Witness is a point with |g| > eps: there the residual falls.
	Witness []float64
	// Firm: the dead zone is FirmZone, and |g| > 2 eps at the witness.
	Firm  bool
	Sup   float64 // |e| <= Sup on the cube after the grade
	N     int     // of the grid on which the norms were computed
	Norms Norms
	top   float64 // |g| >= top at the witness
	stop  string  // why it is not to be taken, "" otherwise
}

// TrainedScheme is a target with its corrections.
type TrainedScheme struct {
	Target      *Expr
	Stack       *Stack // of the networks, if they are composed; nil if each is a function of x
	Samples     int
	Initial     Norms // of the target
	InitialN    int   // computed on the grid with this N
	Grades      []*TrainedGrade
	Interrupted bool
	// Stopped says why there are fewer grades than asked for, "" otherwise.
	Stopped string
}

// Train builds a scheme of trained networks. Each is fitted to the residual so far at the nodes of a lattice and
// followed by a dead zone that is proved to be wide enough on the whole cube; the lemma (DeadZone) does the rest, so
// nothing that is claimed depends on how good the fit is. It ends before a grade that would change nothing. An ended
// context is not an error: what is there so far is returned.
func Train(ctx context.Context, f *Expr, fit Fit, o TrainOptions) (*TrainedScheme, error) {
	if err := o.Validate(f.Dim()); err != nil {
		return nil, err
	}
	m := &fitting{o: o, fit: fit, left: &residual{f: f}}
	t := &training{o: o, left: m.left, maker: m, scheme: &TrainedScheme{Target: f, Samples: o.Samples}}
	return t.end(ctx, t.run(ctx))
}

// end tells an ended context from an error.
func (t *training) end(ctx context.Context, err error) (*TrainedScheme, error) {
	if err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		t.scheme.Interrupted = true
		return t.scheme, nil
	}
	return t.scheme, err
}

// training goes from grade to grade.
type training struct {
	o      TrainOptions
	maker  gradeMaker
	left   rangedTarget // the residual so far
	scheme *TrainedScheme
}

// gradeMaker makes the grades of one kind.
type gradeMaker interface {
	// make fits the network of grade k, from 1, and proves its dead zone; it says where it is largest.
	make(ctx context.Context, k int) (*TrainedGrade, error)
	// take adds the grade and returns the residual after it.
	take(g *TrainedGrade) (rangedTarget, error)
}

func (t *training) run(ctx context.Context) error {
	s := t.scheme
	s.InitialN = gridFor(s.Target.Dim(), initialNodes)
	var err error
	if s.Initial, err = initialNorms(ctx, s.Target, s.InitialN, t.o.Threads); err != nil {
		return err
	}
	for len(s.Grades) < t.o.Grades && s.Stopped == "" {
		if err := t.grade(ctx); err != nil {
			return err
		}
	}
	return nil
}

// before returns the norms before the next grade.
func (t *training) before() Norms {
	if k := len(t.scheme.Grades); k > 0 {
		return t.scheme.Grades[k-1].Norms
	}
	return t.scheme.Initial
}

// The norms of a residual are computed on a grid of at most residualNodes, or on finer ones of at most finestNodes until the L1 norm is
// known to within looseNorm of its upper bound.
const (
	residualNodes = 1 << 15
	finestNodes   = 1 << 17
	looseNorm     = 0.1
)

// grade makes a grade and takes it.
func (t *training) grade(ctx context.Context) error {
	k := len(t.scheme.Grades) + 1
	g, err := t.maker.make(ctx, k)
	if err != nil {
		return err
	}
	if g.stop != "" {
		t.scheme.Stopped = g.stop
		return nil
	}
	if !(g.top > g.Eps) {
		t.scheme.Stopped = fmt.Sprintf("grade %d would change nothing: at the samples its network stays within its dead zone, |g| <= %.4g, eps = %.4g", k, max(g.top, 0), g.Eps)
		return nil
	}
	return t.take(ctx, g)
}

// fitting makes grades that are functions of x.
type fitting struct {
	o    TrainOptions
	fit  Fit
	left *residual
}

func (m *fitting) make(ctx context.Context, k int) (*TrainedGrade, error) {
	e, err := sample(ctx, m.left, m.o.Samples)
	if err != nil {
		return nil, err
	}
	g, err := m.exchange(ctx, k, e)
	if err != nil {
		return nil, err
	}
	g.Witness, g.top = g.Net.largest(e.points)
	return g, nil
}

func (m *fitting) take(g *TrainedGrade) (rangedTarget, error) {
	m.left = &residual{f: m.left.f, q: append(m.left.q[:len(m.left.q):len(m.left.q)], zoned{g.Net, g.Eps})}
	return m.left, nil
}

// exchange fits a network and, as long as it is clearly worse elsewhere than at the samples, adds samples where it is
// and fits again, a few times. It returns the network whose dead zone is narrowest.
func (m *fitting) exchange(ctx context.Context, k int, e *sampling) (best *TrainedGrade, err error) {
	const rounds, clearly = 5, 1.1
	for range rounds {
		net, err := m.fit(ctx, k, e.points, e.values)
		if err != nil {
			return nil, fmt.Errorf("grade %d: %w", k, err)
		}
		sup, err := supremum(ctx, &residual{f: m.left.f, q: m.left.q, g: net}, m.o.Sharp, m.o.Splits)
		if err != nil {
			return nil, err
		}
		// Wider than what is attained, so that others can prove it, too.
		if eps := max(sup.Upper, mulUp(m.o.Sharp, sup.Lower)); best == nil || eps < best.Eps {
			best = &TrainedGrade{Net: net, Eps: eps, Boxes: sup.Boxes}
		}
		at := e.furthest(net)
		if sup.Lower <= clearly*at {
			break
		}
		if err := e.extend(sup, at); err != nil {
			return nil, err
		}
	}
	return best, nil
}

// take bounds what the grade leaves: no more than before, nor than 2 eps, at any point.
func (t *training) take(ctx context.Context, g *TrainedGrade) error {
	d := t.left.Dim()
	after, err := t.maker.take(g)
	if err != nil {
		return err
	}
	g.N = gridFor(d, residualNodes)
	n, err := (Grid{d, g.N}).normsOf(ctx, after, t.o.Threads)
	for err == nil && n.L1.Hi-n.L1.Lo > looseNorm*n.L1.Hi && g.N < gridFor(d, finestNodes) {
		g.N *= 2
		n, err = (Grid{d, g.N}).normsOf(ctx, after, t.o.Threads)
	}
	if err != nil {
		return err
	}
	before := t.before()
	g.Norms = n.after(before, false)
	g.Sup = min(2*g.Eps, before.Linf.Hi)
	g.Norms.Linf.Hi = g.Sup
	t.left = after
	t.scheme.Grades = append(t.scheme.Grades, g)
	if t.o.Progress != nil {
		t.o.Progress(g)
	}
	return nil
}

// gridFor returns the largest power of two, at least 2, for which the grid has at most so many nodes.
func gridFor(dim, nodes int) int {
	n := 2
	for (Grid{dim, 2 * n}).Nodes() <= nodes {
		n *= 2
	}
	return n
}

// largest returns the point where |g| is largest and a lower bound of it there.
func (s *Shallow) largest(points [][]float64) (at []float64, top float64) {
	top = math.Inf(-1)
	for _, x := range points {
		if v := s.at(x).abs().Lo; v > top {
			at, top = x, v
		}
	}
	return at, top
}

// Value returns (f_1 + ... + f_k)(x) for k = grades, in float64 arithmetic.
func (s *TrainedScheme) Value(x []float64, grades int) float64 {
	sum := 0.0
	if s.Stack != nil {
		for k, g := range s.Stack.Float(x)[:grades] {
			sum += zoneOf(g, edges(s.Grades[k].Eps, s.Grades[k].Firm))
		}
		return sum
	}
	for _, g := range s.Grades[:grades] {
		sum += DeadZone(g.Net.Float(x), g.Eps)
	}
	return sum
}

// Network writes grade k out, from 0, with its dead zone.
func (s *TrainedScheme) Network(k int) (*Network, error) {
	if s.Stack != nil {
		return s.Stack.Network(k + 1), nil
	}
	return s.Grades[k].Net.Network(s.Grades[k].Eps)
}
