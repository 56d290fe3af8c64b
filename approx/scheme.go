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
	// Grades is the largest number of nontrivial grades. Default 8; range 1 to 24.
	Grades int
	// Refinement of the grid per grade. Default Dyadic.
	Refinement Refinement
	// MaxNodes bounds the nodes of the finest grid; memory is about 80 bytes per node. Default 2^25 + 1.
	MaxNodes int
	// Threads that work at a time; the result does not depend on it. Default 1.
	Threads int
	// Threshold multiplies the thresholds. The lemma needs 1, the default; less than 1 makes a scheme that
	// claims more than is proved, for trying out the checker.
	Threshold float64
	// Worth: a correction is made only if the bound of the L1 norm falls to at most Worth times what it was; otherwise the
	// grade is trivial. Default 0.9; range (0, 1], 1 for always.
	Worth float64
	// Adaptive builds on graded grids, refined where the residual is large; for targets of up to three variables. Refinement is not looked at.
	Adaptive bool
	// Progress, if not nil, is called after every grade.
	Progress func(*Grade)
}

// DefaultOptions returns the defaults.
func DefaultOptions() Options {
	return Options{Grades: 8, MaxNodes: 1<<25 + 1, Threads: 1, Threshold: 1, Worth: 0.9}
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

// Grade is one correction q, the residual at the nodes less the thresholds around them, interpolated, and what holds for the residual after it.
type Grade struct {
	Grid Grid
	Eps  float64 // >= sup |e - I_h e|, which is sup |f - I_h f|
	// Below and Above bound it from either side: -Below <= f - I_h f <= Above. 0 where f is convex or concave everywhere.
	Below, Above float64
	// Variation of the nodal residual before the grade (Grid.variation), at least its oscillation within a simplex.
	Variation float64
	Tau       float64   // the largest threshold at a node that survives; 0 for a trivial grade
	Rounding  float64   // each value is within this of the residual less its threshold
	Values    []float64 // q at the nodes; nil for a trivial grade
	Hats      int       // nonzero values
	// Graded is the grid of Values in an adaptive scheme, whose Grid is the uniform one with its smallest cells; else empty.
	Graded Graded
	mesh   *mesh   // of Graded, if it is known
	Sup    float64 // |e| <= Sup on the cube
	Norms  Norms   // of e
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
	Adaptive    bool  // on graded grids
	Grades      []*Grade
	Interrupted bool // fewer grades than asked for, because the context ended
	// Stopped says why there are fewer nontrivial grades than asked for, "" if there are not.
	Stopped string
}

// Nontrivial returns the number of grades that correct something.
func (s *Scheme) Nontrivial() int {
	n := 0
	for _, g := range s.Grades {
		if !g.Trivial() {
			n++
		}
	}
	return n
}

// Value returns (f_1 + ... + f_k)(x) for k = grades, in float64 arithmetic.
func (s *Scheme) Value(x []float64, grades int) float64 {
	sum := 0.0
	for _, g := range s.Grades[:grades] {
		sum += g.value(x)
	}
	return sum
}

// value is that of the correction, in float64 arithmetic.
func (g *Grade) value(x []float64) float64 {
	switch {
	case g.Trivial():
		return 0
	case g.Graded.Len() > 0:
		return g.graded().interpolate(g.Values, x)
	}
	return g.Grid.Interpolate(g.Values, x)
}

// graded returns the mesh of a grade of an adaptive scheme.
func (g *Grade) graded() *mesh {
	if g.mesh != nil {
		return g.mesh
	}
	return g.Graded.mesh()
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
	b := &build{t: t, o: o, scheme: &Scheme{Target: t, Adaptive: o.Adaptive}}
	run := b.adapt
	if !o.Adaptive {
		run = b.run
		if err := b.plan(); err != nil {
			return nil, err
		}
	}
	err := run(ctx)
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
	most   int       // log2 of the largest N that is allowed
	finest int       // and of the largest that is counted on, for which sums are kept exact: at most that
	scale  int       // |values| < 2^scale
}

// spareNodes bounds the grids that trivial grades, which don't count, may lead to: N = 2048 in the plane, a few seconds.
const spareNodes = 1<<22 + 1<<13

// plan finds the finest grid: that of the last grade if all are nontrivial, or a finer one of at most spareNodes.
func (b *build) plan() error {
	d := b.t.Dim()
	level := func(nodes int) int {
		l := 0
		for (Grid{d, 2 << l}).Nodes() <= nodes && l < 25 {
			l++
		}
		return l
	}
	most, spare := level(b.o.MaxNodes), level(min(spareNodes, b.o.MaxNodes))
	if s, ok := b.t.(*Samples); ok {
		most = min(most, int(math.Log2(float64(s.Grid.N))))
		if b.o.Refinement == Dyadic && b.o.Grades > most {
			return fmt.Errorf("%d grades: %d samples per coordinate allow %d", b.o.Grades, s.Grid.N+1, most)
		}
	}
	b.most, b.finest = most, most
	if b.o.Refinement == Dyadic {
		if b.o.Grades > most {
			return fmt.Errorf("%d grades in dimension %d need %d^%d nodes: at most %d are allowed, enough for %d grades",
				b.o.Grades, d, 1<<b.o.Grades+1, d, b.o.MaxNodes, most)
		}
		b.most = max(b.o.Grades, min(spare, most))
	}
	return nil
}

// spareGrades are counted on for trivial grades after the first that is not: a bit of all sums each.
const spareGrades = 4

// countOn fixes the finest grid once the first grade is nontrivial.
func (b *build) countOn(level int) {
	if b.o.Refinement == Dyadic && b.scheme.Nontrivial() == 0 {
		b.finest = min(b.most, level+b.o.Grades-1+spareGrades)
	}
}

// exhausted says why there is no finer grid.
func (b *build) exhausted() string {
	n := b.scheme.Nontrivial()
	if n == 0 {
		return fmt.Sprintf("nothing can be corrected on grids of up to %d cells per coordinate", 1<<b.finest)
	}
	if b.finest < b.most {
		return fmt.Sprintf("%d grades after the first that corrects were trivial, as many as sums are kept exact for", spareGrades)
	}
	return fmt.Sprintf("the grid after that of %d cells per coordinate would have too many nodes", 1<<b.finest)
}

func (b *build) run(ctx context.Context) error {
	if err := b.start(ctx); err != nil {
		return err
	}
	b.grid = Grid{b.t.Dim(), 1}
	b.sum = make([]float64, b.grid.Nodes())
	for level, corrected := 1, 0; corrected < b.o.Grades; level++ {
		if b.before().Linf.Hi == 0 {
			b.scheme.Stopped = "the residual is 0 everywhere"
			return nil
		}
		if b.countOn(level); level > b.finest {
			b.scheme.Stopped = b.exhausted()
			return nil
		}
		b.sum = b.grid.refine(b.sum)
		b.grid.N *= 2
		s, err := b.sample(ctx)
		if err != nil {
			return err
		}
		g, err := b.threshold(ctx, s)
		if err != nil {
			return err
		}
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
		if !g.Trivial() {
			corrected++
		}
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
	zero     []bool // f, and with it every residual, is 0 there
	dev      *deviations
}

// sample evaluates f at the nodes and subtracts the earlier grades. Those are linear on every cell of the
// finer grid, so the deviation of the residual from its interpolant is that of f.
func (b *build) sample(ctx context.Context) (*sampled, error) {
	f, zero, radius, err := b.grid.enclose(ctx, b.t, b.o.Threads)
	if err != nil {
		return nil, err
	}
	s := &sampled{residual: f, slack: radius, zero: zero}
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

// enclose evaluates t at the nodes: each value is within radius of the truth, which is 0 where zero is set.
func (g Grid) enclose(ctx context.Context, t Target, threads int) (values []float64, zero []bool, radius float64, err error) {
	values, zero = make([]float64, g.Nodes()), make([]bool, g.Nodes())
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
				values[i], zero[i] = v.Mid(), v.Lo == 0 && v.Hi == 0
				radii[block] = max(radii[block], addUp(v.Hi, -values[i]), addUp(values[i], -v.Lo))
			}
			return nil
		}
	})
	return values, zero, slices.Max(radii), err
}

// normsOf encloses the norms of t.
func (g Grid) normsOf(ctx context.Context, t Target, threads int) (Norms, error) {
	values, _, radius, err := g.enclose(ctx, t, threads)
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
	n, err := initialNorms(ctx, b.t, finest, b.o.Threads)
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

// mostRounding is what the checker takes for rounding, relative to the target's largest value (proofs/FORMAT.md).
const mostRounding = 0x1p-20

// threshold takes off the thresholds.
func (b *build) threshold(ctx context.Context, s *sampled) (*Grade, error) {
	g := &Grade{Grid: b.grid}
	g.state(slices.Max(s.dev.below), slices.Max(s.dev.above), s.slack)
	v, err := b.grid.variation(ctx, s.residual, b.o.Threads)
	if err != nil {
		return nil, err
	}
	g.Variation = addUp(v, mulUp(statedRoundings*float64(b.grid.Dim), s.slack))
	t, err := b.grid.thresholds(ctx, s, b.o.Threshold, b.o.Threads)
	if err != nil {
		return nil, err
	}
	unit := b.unit()
	worth := max(worthUnits*unit, b.worth(s.slack))
	g.Rounding = addUp(unit, mulUp(16, s.slack))
	values := make([]float64, len(s.residual))
	for i, c := range s.residual {
		value, off := t.value(i, c, s.slack, unit, worth)
		if value != 0 {
			values[i] = value
			g.Hats++
			g.Tau = max(g.Tau, off)
		}
	}
	if g.Values = values; g.Hats == 0 || g.Rounding > mostRounding*b.scheme.Initial.Linf.Hi {
		g.drop() // values that are not known well enough correct nothing
	}
	return g, nil
}

// A grade says how far f is from its interpolant with this much room, which leaves the checker its own roundings: relative to that, and roundings
// of the residual.
const (
	statedShare     = 1 + 0x1p-40
	statedRoundings = 16
)

// state sets the bounds of f less its interpolant.
func (g *Grade) state(below, above, slack float64) {
	with := func(bound float64) float64 {
		if bound == 0 { // f is convex, concave or linear on every cell: nothing is rounded
			return 0
		}
		return addUp(mulUp(statedShare, bound), mulUp(statedRoundings, slack))
	}
	g.Below, g.Above = with(below), with(above)
	g.Eps = max(g.Below, g.Above)
}

// worth is the least correction that is made of a residual that is known within slack.
func (b *build) worth(slack float64) float64 {
	return max(worthRoundings*slack, worthShare*b.before().L1.Hi, worthSize*b.scheme.Initial.Linf.Hi)
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
	if b.o.Threshold >= 1 && !g.Trivial() && g.Norms.L1.Hi > b.o.Worth*b.before().L1.Hi {
		b.withdraw(g, s)
		return b.bound(ctx, g, s)
	}
	return err
}

// withdraw makes a grade trivial.
func (b *build) withdraw(g *Grade, s *sampled) {
	for i, q := range g.Values {
		s.residual[i] += q
	}
	g.drop()
}

// drop leaves a grade nothing, about which there is no rounding.
func (g *Grade) drop() { g.Values, g.Hats, g.Tau, g.Rounding = nil, 0, 0, 0 }
