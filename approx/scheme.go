package approx

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Refinement says how the grid goes from a grade to the next.
type Refinement int

const (
	// Dyadic doubles N at every grade.
	Dyadic Refinement = iota
	// Halving doubles N until the sup bound is about half of the previous grade's (at most 0.505 times): N grows as
	// fast as the modulus of continuity demands, fourfold for a square root. Grades end where MaxNodes does.
	Halving
)

// Options of Build.
type Options struct {
	// Grades is the largest number of grades. Default 8; range 1 to 24.
	Grades int
	// Refinement of the grid per grade. Default Dyadic.
	Refinement Refinement
	// MaxNodes bounds the nodes of the finest grid; memory is about 40 bytes per node. Default 2^25 + 1.
	MaxNodes int
	// Threads that work at a time; the result does not depend on it. Default 1.
	Threads int
	// Threshold multiplies the threshold tau. The lemma needs 1, the default; less than 1 makes a scheme that
	// claims more than is proved, for trying out the checker.
	Threshold float64
	// Worth: a correction is made only if the bound falls to at most Worth times what it was; otherwise the grade is
	// trivial. (The bound still tends to 0: with h it falls below any share.) Default 0.75; range (0, 1], 1 for always.
	Worth float64
	// Progress, if not nil, is called after every grade.
	Progress func(*Grade)
}

// DefaultOptions returns the defaults.
func DefaultOptions() Options {
	return Options{Grades: 8, MaxNodes: 1<<25 + 1, Threads: 1, Threshold: 1, Worth: 0.75}
}

// Validate reports the first option out of range.
func (o Options) Validate() error {
	switch {
	case o.Grades < 1 || o.Grades > 24:
		return fmt.Errorf("%d grades: expected 1 to 24", o.Grades)
	case o.MaxNodes < 2:
		return fmt.Errorf("at most %d nodes: expected 2 or more", o.MaxNodes)
	case o.Threads < 1:
		return fmt.Errorf("%d threads: expected 1 or more", o.Threads)
	case o.Refinement != Dyadic && o.Refinement != Halving:
		return fmt.Errorf("refinement %d: expected Dyadic or Halving", o.Refinement)
	case !(o.Worth > 0 && o.Worth <= 1):
		return fmt.Errorf("worth %g: expected a number in (0, 1]", o.Worth)
	case !(o.Threshold > 0) || math.IsInf(o.Threshold, 1):
		return fmt.Errorf("threshold factor %g: expected a positive number", o.Threshold)
	}
	return nil
}

// Grade is one correction q = I_h[S_tau(e)] and what holds for the residual after it.
type Grade struct {
	Grid     Grid
	Eps      float64   // >= sup |e - I_h e|, which is sup |f - I_h f|
	Delta    float64   // >= oscillation of e's nodal values within a simplex
	Tau      float64   // threshold: Eps + Delta + rounding
	Rounding float64   // each value is within this of S_tau(e(node))
	Values   []float64 // q at the nodes; nil for a trivial grade
	Hats     int       // nonzero values
	Sup      float64   // |e| <= Sup on the cube
	Norms    Norms     // of e
}

// Trivial reports whether the correction is zero.
func (g *Grade) Trivial() bool { return g.Hats == 0 }

// Width and Depth of the grade's explicit network (Network, Wide); 0 for a trivial grade.
func (g *Grade) Width() int { return networkWidth(g, Wide) }
func (g *Grade) Depth() int { return networkDepth(g, Wide) }

// Scheme is a target with its corrections: f_1 + ... + f_K approximates it.
type Scheme struct {
	Target      Target
	Initial     Norms // of f
	InitialN    int   // computed on the grid with this N
	Grades      []*Grade
	Interrupted bool // fewer grades than asked for, because the context ended
}

// Value returns (f_1 + ... + f_k)(x) for k = grades, in float64 arithmetic.
func (s *Scheme) Value(x []float64, grades int) float64 {
	sum := 0.0
	for _, g := range s.Grades[:grades] {
		if !g.Trivial() {
			sum += g.Grid.Interpolate(g.Values, x)
		}
	}
	return sum
}

// Build runs the scheme of section 6. An ended context is not an error: what is there so far is returned.
// Errors: options, a target that can't be enclosed somewhere (*DomainError), a grid above MaxNodes.
func Build(ctx context.Context, t Target, o Options) (*Scheme, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if v, ok := t.(interface{ Validate() error }); ok {
		if err := v.Validate(); err != nil {
			return nil, err
		}
	}
	b := &build{t: t, o: o, scheme: &Scheme{Target: t}}
	if err := b.plan(); err != nil {
		return nil, err
	}
	err := b.run(ctx)
	if err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		b.scheme.Interrupted = true
		return b.scheme, nil
	}
	if err != nil {
		return nil, err
	}
	return b.scheme, nil
}

type build struct {
	t      Target
	o      Options
	scheme *Scheme
	grid   Grid
	sum    []float64 // f_1 + ... + f_k at the nodes, exact
	finest int       // log2 of the largest N
	scale  int       // |values| < 2^scale
}

func (b *build) plan() error {
	d := b.t.Dim()
	for (Grid{d, 2 << b.finest}).Nodes() <= b.o.MaxNodes && b.finest < 25 {
		b.finest++
	}
	if s, ok := b.t.(*Samples); ok {
		b.finest = min(b.finest, int(math.Log2(float64(s.Grid.N))))
		if b.o.Refinement == Dyadic && b.o.Grades > b.finest {
			return fmt.Errorf("%d grades: %d samples per coordinate allow %d", b.o.Grades, s.Grid.N+1, b.finest)
		}
	}
	if b.o.Refinement == Dyadic {
		if b.o.Grades > b.finest {
			return fmt.Errorf("%d grades in dimension %d need %d^%d nodes: at most %d are allowed, enough for %d grades",
				b.o.Grades, d, 1<<b.o.Grades+1, d, b.o.MaxNodes, b.finest)
		}
		b.finest = b.o.Grades
	}
	return nil
}

func (b *build) run(ctx context.Context) error {
	if err := b.start(ctx); err != nil {
		return err
	}
	b.grid = Grid{b.t.Dim(), 1}
	b.sum = make([]float64, b.grid.Nodes())
	for level := 1; level <= b.finest && len(b.scheme.Grades) < b.o.Grades; level++ {
		b.sum = b.grid.refine(b.sum)
		b.grid.N *= 2
		s, err := b.sample(ctx)
		if err != nil {
			return err
		}
		g := b.threshold(s)
		if err := b.bound(ctx, g, s); err != nil {
			return err
		}
		if b.o.Refinement == Halving && g.Sup > halved*b.before().Linf.Hi {
			continue
		}
		for i, q := range g.Values {
			b.sum[i] += q
		}
		b.scheme.Grades = append(b.scheme.Grades, g)
		if b.o.Progress != nil {
			b.o.Progress(g)
		}
	}
	return nil
}

// sampled is what a grade knows of the residual: nodal values, each within slack of the truth, and deviations.
type sampled struct {
	residual []float64
	slack    float64
	dev      *deviations
}

// sample evaluates f at the nodes and subtracts the earlier grades. Those are linear on every cell of the
// finer grid, so the deviation of the residual from its interpolant is that of f.
func (b *build) sample(ctx context.Context) (*sampled, error) {
	f, radius, err := b.grid.enclose(ctx, b.t, b.o.Threads)
	if err != nil {
		return nil, err
	}
	s := &sampled{residual: f, slack: radius}
	if s.dev, err = b.grid.deviate(ctx, b.t, f, s.slack, b.o.Threads); err != nil {
		return nil, err
	}
	top := 0.0
	for i := range f {
		top = max(top, math.Abs(f[i])+math.Abs(b.sum[i]))
		f[i] -= b.sum[i]
	}
	// One rounding here, two when the correction is taken: each at most top * 2^-53.
	s.slack = addUp(s.slack, top*0x1p-51)
	return s, nil
}

// enclose evaluates t at the nodes: each value is within radius of the truth.
func (g Grid) enclose(ctx context.Context, t Target, threads int) (values []float64, radius float64, err error) {
	values = make([]float64, g.Nodes())
	radii := make([]float64, blocks)
	err = parallel(ctx, threads, len(values), blocks, func() func(block, from, to int) error {
		bound, x := t.newBounder(), make([]float64, g.Dim)
		return func(block, from, to int) error {
			for i := from; i < to; i++ {
				g.Node(i, x)
				v, err := bound.at(x)
				if err != nil {
					return err
				}
				values[i] = v.Mid()
				radii[block] = max(radii[block], addUp(v.Hi, -values[i]), addUp(values[i], -v.Lo))
			}
			return nil
		}
	})
	return values, slices.Max(radii), err
}

// normsOf encloses the norms of t.
func (g Grid) normsOf(ctx context.Context, t Target, threads int) (Norms, error) {
	values, radius, err := g.enclose(ctx, t, threads)
	if err != nil {
		return Norms{}, err
	}
	dev, err := g.deviate(ctx, t, values, radius, threads)
	if err != nil {
		return Norms{}, err
	}
	return g.norms(ctx, values, radius, dev, threads)
}

// initialNodes bounds the grid on which the norms of f are computed.
const initialNodes = 1 << 13

// start computes the norms of f and fixes the unit of the values: |f_1+...+f_k| <= |f| + |e_k| <= 2 max|f|.
func (b *build) start(ctx context.Context) error {
	finest := gridFor(b.t.Dim(), initialNodes)
	if t, ok := b.t.(*Samples); ok {
		finest = max(2, min(finest, t.Grid.N))
	}
	n, err := (Grid{b.t.Dim(), finest}).normsOf(ctx, b.t, b.o.Threads)
	b.scheme.Initial, b.scheme.InitialN = n, finest
	if n.Linf.Hi > 0 {
		_, b.scale = math.Frexp(2.5 * n.Linf.Hi)
	}
	return err
}

// unit is the power of two of which this grade's values are multiples. A midpoint needs one bit more than its
// neighbours, so with this choice every sum of grades is exact in float64 on every later grid.
func (b *build) unit() float64 {
	return math.Ldexp(1, b.scale-52+b.finest) / float64(b.grid.N)
}

// threshold computes tau and the soft-thresholded values, rounded towards zero.
func (b *build) threshold(s *sampled) *Grade {
	g := &Grade{Grid: b.grid, Eps: s.dev.sup}
	g.Delta = addUp(b.grid.oscillation(s.residual, b.o.Threads), mulUp(2, s.slack))
	g.Tau = b.o.Threshold * addUp(addUp(g.Eps, g.Delta), mulUp(2, s.slack))
	unit := b.unit()
	g.Rounding = addUp(unit, mulUp(16, s.slack))
	values := make([]float64, len(s.residual))
	for i, c := range s.residual {
		if excess := math.Abs(c) - g.Tau; excess >= unit {
			values[i] = math.Copysign(math.Floor(excess/unit)*unit, c)
			g.Hats++
		}
	}
	if g.Hats > 0 {
		g.Values = values
	}
	return g
}

// halved is the factor by which a grade's bound has to fall under Halving.
const halved = 0.505

// before returns the norms of the residual before the next grade.
func (b *build) before() Norms {
	if k := len(b.scheme.Grades); k > 0 {
		return b.scheme.Grades[k-1].Norms
	}
	return b.scheme.Initial
}

// bound takes the correction from the nodal residual and bounds what is left: no norm is more than before, and a
// trivial grade changes none.
func (b *build) bound(ctx context.Context, g *Grade, s *sampled) error {
	for i, q := range g.Values {
		s.residual[i] -= q
	}
	n, err := b.grid.norms(ctx, s.residual, s.slack, s.dev, b.o.Threads)
	if b.o.Threshold >= 1 || g.Trivial() {
		n = n.after(b.before(), g.Trivial())
	}
	g.Norms, g.Sup = n, n.Linf.Hi
	if b.o.Threshold >= 1 && !g.Trivial() && g.Sup > b.o.Worth*b.before().Linf.Hi {
		b.withdraw(g, s)
		return b.bound(ctx, g, s)
	}
	return err
}

// withdraw makes a grade trivial: the threshold is raised until nothing survives, as the lemma allows.
func (b *build) withdraw(g *Grade, s *sampled) {
	for i, q := range g.Values {
		s.residual[i] += q
		g.Tau = max(g.Tau, addUp(math.Abs(s.residual[i]), s.slack))
	}
	g.Values, g.Hats = nil, 0
}

// oscillation returns the largest difference of nodal values along an edge of the triangulation, rounded up:
// within a simplex every two vertices are joined by an edge.
func (g Grid) oscillation(v []float64, threads int) float64 {
	part := make([]float64, blocks)
	offsets := g.corners()
	// Without a context nothing can fail here.
	_ = parallel(context.Background(), threads, g.N, blocks, func() func(block, from, to int) error {
		return func(block, from, to int) error {
			part[block] = g.oscillationRows(v, offsets, from, to)
			return nil
		}
	})
	r := 0.0
	for _, p := range part {
		r = max(r, p)
	}
	return addUp(r, r*0x1p-52)
}

// oscillationRows looks at the edges of each cell; corner m is joined to the corners that contain its bits.
func (g Grid) oscillationRows(v []float64, offsets []int, from, to int) float64 {
	r := 0.0
	g.rows(from, to, func(first int, _ []int) {
		for k := range g.span(from, to) {
			for m, o := range offsets {
				for n := m + 1; n < len(offsets); n++ {
					if n&m == m {
						r = max(r, math.Abs(v[first+k+offsets[n]]-v[first+k+o]))
					}
				}
			}
		}
	})
	return r
}
