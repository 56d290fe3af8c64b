package byrows

import (
	"context"
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
	"multigrade/solver/rowsum"
)

// ErrGate is wrapped by the error about a gate that no cone has inside.
var ErrGate = errors.New("unsuitable gate")

// Search is a program in the course of its solution.
type Search struct {
	p      Problem
	o      Options
	n, d   int
	run    *rowsum.Runner
	store  rowsum.Store
	nu     rowsum.Column
	offset rowsum.Column // nil: 0
	cones  []*cone       // by pattern
	kinks  *rowsum.Box   // of a loss with kinks, else nil
	best   barrierBest   // of kinks
	curved loss.Curved
	peaks  *peaks  // of the largest deviation
	null   float64 // the constant of the null model
	scale  float64 // its loss
	size   float64 // sum |nu_i| |x_i| of its nu

	lambda float64 // n beta
	blocks []block // the working set
	at     point
	gram   gram
	// derives says that columns may follow from those of other patterns, which are in memory, as are the rows: of squares.
	derives bool
	prices  []float64 // sums of rowsum.Prices at the point
	values  []price   // of all blocks, pattern by pattern, + before -

	passes, round        int
	primal, dual, relGap float64
}

// block is a pattern and a sign.
type block struct {
	pattern int
	sign    float64
}

// price is what the dual constraint of a block comes to.
type price struct {
	block
	value float64
}

// point is a network by its blocks.
type point struct {
	blocks   []block
	u        blas64.General // len(blocks) x d
	constant float64
}

func patternsOf(blocks []block) []int {
	p := make([]int, len(blocks))
	for k, b := range blocks {
		p[k] = b.pattern
	}
	return p
}

// New finds the bits of the patterns, unless they are given, and the walls of their cones, in a pass
// each. The search is to be closed.
func New(ctx context.Context, p *Problem, o Options) (*Search, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	s := &Search{p: *p, o: o, primal: math.NaN(), dual: math.NaN(), relGap: math.NaN()}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Search) open(ctx context.Context) (err error) {
	p := &s.p
	s.n, s.d = p.Rows.Dims()
	s.run = &rowsum.Runner{Rows: p.Rows, Gates: p.Gates, Slope: p.Activation.Slope, Shifted: p.Shifted, BlockRows: p.BlockRows, Patterns: p.Patterns}
	if p.Activation.Gated {
		s.run.Slope = 0
	}
	if err := s.openStore(ctx); err != nil {
		return err
	}
	s.nu = s.store.Column(s.n)
	if p.Shifted {
		s.offset = s.store.Column(s.n)
	}
	var curved bool
	if s.curved, curved = loss.NewCurved(p.Loss); !curved {
		s.kinks = rowsum.NewBox(p.Loss, s.store, s.n)
	}
	for j := range s.patterns() {
		s.cones = append(s.cones, &cone{gate: slices.Clone(s.p.Gates.RawRowView(j))})
	}
	s.report()
	return s.findWalls(ctx, 0)
}

// openStore opens what is kept of every row, in a file with the bits of the patterns, of which then
// one of each is left, or in memory.
func (s *Search) openStore(ctx context.Context) error {
	if s.p.Patterns != nil {
		s.store = rowsum.Memory{}
		return nil
	}
	file, err := rowsum.NewScratch(s.p.Scratch)
	if err != nil {
		return err
	}
	s.store = file
	s.passes++
	if err := s.run.SetBits(ctx, file); err != nil {
		return err
	}
	return s.distinct(ctx)
}

// Close frees what is kept of the rows, that of a Result included.
func (s *Search) Close() error {
	if s.store == nil {
		return nil
	}
	return s.store.Close()
}

// SetOptions is for a search between BetaMax and Solve.
func (s *Search) SetOptions(o Options) { s.o = o }

func (s *Search) patterns() int { return s.p.Gates.RawMatrix().Rows }

// distinct leaves one gate of each pattern with an active row.
func (s *Search) distinct(ctx context.Context) error {
	sums, zero, err := s.run.Digests(ctx)
	if err != nil {
		return err
	}
	var kept []int
	for j, sum := range sums {
		if !zero[j] && !slices.ContainsFunc(kept, func(k int) bool { return sums[k] == sum }) {
			kept = append(kept, j)
		}
	}
	if len(kept) == 0 {
		return errors.New("solver: every gate leaves all rows inactive")
	}
	s.run.KeepPatterns(kept)
	s.p.Gates = s.run.Gates
	return nil
}

// pass takes a pass over all rows.
func (s *Search) pass(ctx context.Context, p rowsum.Pass) (*rowsum.Part, error) {
	run := s.run.Run
	if s.o.Pass != nil && s.kinks == nil && s.p.Loss != loss.LInf {
		run = func(ctx context.Context, p rowsum.Pass) (*rowsum.Part, error) { return s.o.Pass(ctx, s.run, p) }
	}
	part, err := run(ctx, p)
	s.o.Account.Book(float64(s.n) * p.Work(s.d))
	s.passes++
	s.report()
	return part, err
}

func (s *Search) report() {
	if s.o.Progress != nil {
		s.o.Progress(Progress{Passes: s.passes, Round: s.round, Primal: s.primal, Dual: s.dual, RelGap: s.relGap, Active: len(s.at.blocks)})
	}
}

// BetaMax is the beta from which on the network without neurons is optimal over the patterns,
// but for what rows beyond the walls known take off in wallRounds passes.
func (s *Search) BetaMax(ctx context.Context) (float64, error) {
	s.passes++
	if _, err := s.run.Run(ctx, targets{s.nu, s.offset}); err != nil {
		return 0, err
	}
	if err := s.nullModel(ctx, s.nu); err != nil {
		return 0, err
	}
	part, err := s.pass(ctx, &rowsum.Products{Nu: s.nu, Loss: s.p.Loss, Patterns: s.patterns(), D: s.d})
	if err != nil {
		return 0, err
	}
	s.size = part.Sum[rowsum.ProductSize]
	s.lambda = 0 // all are projected
	for range wallRounds {
		s.price(part.Sum[rowsum.ProductProducts:])
		blocks, w := s.mostViolated(part.Sum[rowsum.ProductProducts:])
		if news, err := s.violated(ctx, blocks, w); err != nil || !news {
			return s.largest() / float64(s.n), err
		}
	}
	return s.largest() / float64(s.n), nil
}

// NullSize is sum_i |nu_i| |x_i| for the dual point of the null model. BetaMax comes before it.
func (s *Search) NullSize() float64 { return s.size }

// nearLargest is the share of the largest value from which on a block's best neuron is looked at
// for rows beyond the walls known.
const nearLargest = 0.9

// mostViolated are the blocks of nearly the largest value and their best neurons.
func (s *Search) mostViolated(products []float64) (blocks []block, w blas64.General) {
	q := make([]float64, s.d)
	most := s.largest()
	w.Cols, w.Stride = s.d, s.d
	for _, v := range s.values {
		if v.value < nearLargest*most || v.value == 0 {
			continue
		}
		sum := make([]float64, s.d)
		floats.ScaleTo(q, v.sign, products[v.pattern*s.d:(v.pattern+1)*s.d])
		s.cones[v.pattern].project(sum, q)
		blocks, w.Data, w.Rows = append(blocks, v.block), append(w.Data, sum...), w.Rows+1
	}
	return blocks, w
}

// price sets values from the products X'A_p nu.
func (s *Search) price(products []float64) {
	s.values = make([]price, 2*s.patterns())
	signs := []float64{1, -1}
	operator.Parallel(s.patterns(), func(p int) {
		q, sum := make([]float64, s.d), make([]float64, s.d)
		for k, sign := range signs {
			floats.ScaleTo(q, sign, products[p*s.d:(p+1)*s.d])
			v := price{block{p, sign}, floats.Norm(q, 2)}
			if !s.p.Activation.Gated && v.value > s.lambda {
				v.value, _ = s.cones[p].project(sum, q)
			}
			s.values[2*p+k] = v
		}
	})
	if s.p.Activation.Gated { // one block for each pattern
		for p := range s.patterns() {
			s.values[2*p+1].value = 0
		}
	}
}

func (s *Search) largest() float64 {
	most := 0.0
	for _, v := range s.values {
		most = max(most, v.value)
	}
	return most
}

// cost is sum |u_j|.
func (q *point) cost() float64 {
	sum := 0.0
	for k := range q.blocks {
		sum += floats.Norm(operator.RowOf(q.u, k), 2)
	}
	return sum
}

// byPattern is the point as the passes take it.
func (q *point) byPattern(d int) *rowsum.Point {
	at := &rowsum.Point{Constant: q.constant}
	for _, b := range q.blocks {
		if !slices.Contains(at.Patterns, b.pattern) {
			at.Patterns = append(at.Patterns, b.pattern)
		}
	}
	slices.Sort(at.Patterns)
	at.V = operator.NewGeneral(len(at.Patterns), d)
	for k, b := range q.blocks {
		row := operator.RowOf(at.V, slices.Index(at.Patterns, b.pattern))
		floats.AddScaled(row, b.sign, operator.RowOf(q.u, k))
	}
	return at
}

// of is u_b, zero where the point has no such block.
func (q *point) of(dst []float64, b block) {
	if k := slices.Index(q.blocks, b); k >= 0 {
		copy(dst, operator.RowOf(q.u, k))
		return
	}
	clear(dst)
}

// within is the point without the blocks that are not among the given ones.
func (q *point) within(blocks []block, d int) point {
	at := point{constant: q.constant}
	for k, b := range q.blocks {
		if slices.Contains(blocks, b) {
			at.blocks, at.u.Data = append(at.blocks, b), append(at.u.Data, operator.RowOf(q.u, k)...)
		}
	}
	at.u.Rows, at.u.Cols, at.u.Stride = len(at.blocks), d, d
	return at
}

// End is why a search ended.
type End int

// The ends.
const (
	Reached     End = iota // the tolerance
	OutOfRounds            // or of work, before
	NoProgress
	Stopped // by its context
)

// Solve ends at the relative gap o.Tol, when there are no more rounds or no progress, or when ctx
// ends; Result.End says which, with the best network and bound. BetaMax comes first.
func (s *Search) Solve(ctx context.Context, beta float64) (*Result, error) {
	s.lambda = beta * float64(s.n)
	s.at = point{constant: s.null}
	rounds := s.newtonRounds
	switch {
	case s.p.Loss == loss.LInf:
		rounds = s.peakRounds
	case s.kinks != nil:
		rounds = s.barrierRounds
	}
	end, err := rounds(ctx)
	if err != nil && ctx.Err() == nil {
		return nil, err
	}
	return s.certify(context.WithoutCancel(ctx), beta, end)
}

// newtonRounds are those of a curved loss.
func (s *Search) newtonRounds(ctx context.Context) (End, error) {
	var p progress
	best, least := s.at, math.Inf(1)
	defer func() { s.at = best }()
	for {
		if err := s.evaluate(ctx); err != nil {
			return Stopped, err
		}
		if s.relGap <= least {
			best, least = s.at, s.relGap
		}
		if end, ended := s.ended(&p); ended {
			return end, nil
		}
		added := s.enter()
		moved, err := s.newtonStep(ctx)
		if err != nil {
			return Stopped, err
		}
		if !moved && !added {
			return NoProgress, nil
		}
	}
}

// progress is the gap and the objective of the last round that brought something, and how many there
// were since. The objective counts, too: where beta is small, the bound is near 0 until the
// end.
type progress struct {
	best   float64
	primal float64
	since  int
}

// ended counts a round unless the search has come to its end.
func (s *Search) ended(p *progress) (End, bool) {
	if s.round == 0 || s.relGap < 0.9*p.best || s.primal < 0.99*p.primal {
		p.best, p.primal, p.since = s.relGap, s.primal, 0
	}
	p.since++
	switch {
	case s.relGap <= reach*s.o.Tol:
		return Reached, true
	case s.round >= s.o.Rounds || !s.affords():
		return OutOfRounds, true
	case p.since > patience:
		return NoProgress, true
	}
	s.round++
	return 0, false
}

const (
	// reach is the share of the tolerance at which the rounds end: what follows, dropping blocks
	// and the room for rounding in the certificate, takes less than the rest.
	reach = 0.8
	// patience is how many rounds may bring nothing.
	patience = 12
)

// evaluate takes the pass that prices the point, and bounds the optimum as the certificate
// will, but for its roundings.
func (s *Search) evaluate(ctx context.Context) error {
	part, err := s.pass(ctx, s.pricing(&s.at, nil))
	if err != nil {
		return err
	}
	s.prices = part.Sum
	s.price(s.prices[rowsum.PriceProducts:])
	t, n := s.multiple(s.prices), float64(s.n)
	bound := min(t, 1) * s.prices[rowsum.PriceDual] // D is concave, and at least 0 at 0
	if s.curved.Quadratic() {
		bound = t*s.prices[rowsum.PriceNuY] - t*t*s.prices[rowsum.PriceNuNu]/2
	}
	s.judge((s.prices[rowsum.PriceLoss]+s.lambda*s.at.cost())/n, bound/n)
	return nil
}

func (s *Search) pricing(at *point, nu rowsum.Column) *rowsum.Prices {
	return &rowsum.Prices{At: at.byPattern(s.d), Loss: s.p.Loss, Curved: s.curved, Patterns: s.patterns(), D: s.d, Nu: nu}
}

// judge keeps the values that the certificate will be about.
func (s *Search) judge(primal, dual float64) {
	s.primal, s.dual = primal, max(dual, 0)
	s.relGap = program.RelGap(s.primal, s.dual)
}

// multiple is the best t for which t nu is feasible, at most 1 for other losses than squares.
func (s *Search) multiple(sum []float64) float64 {
	best := 1.0
	if square := sum[rowsum.PriceNuNu]; s.curved.Quadratic() && square > 0 {
		best = max(0, sum[rowsum.PriceNuY]/square)
	}
	return min(best, loss.LargestScale(s.lambda, s.largest()))
}

const (
	// firstBlocks is how many blocks enter the working set at least, if so many are violated.
	firstBlocks = 32
	// clearly is how far below n beta the value of a block that is 0 must be for it to leave.
	clearly = 0.01
)

// enter moves violated blocks into the working set, the most violated first, and idle ones out
// of it, and says whether there are new ones.
func (s *Search) enter() (added bool) {
	s.blocks = slices.DeleteFunc(s.blocks, func(b block) bool {
		return !slices.Contains(s.at.blocks, b) && s.valueOf(b) < s.lambda*(1-clearly)
	})
	violated := slices.DeleteFunc(slices.Clone(s.values), func(v price) bool {
		return v.value <= s.lambda*(1+0.01*s.o.Tol) || slices.Contains(s.blocks, v.block)
	})
	slices.SortStableFunc(violated, func(a, b price) int {
		switch {
		case a.value > b.value:
			return -1
		case a.value < b.value:
			return 1
		}
		return 0
	})
	for _, v := range violated[:min(len(violated), max(firstBlocks, len(s.blocks)))] {
		s.blocks, added = append(s.blocks, v.block), true
	}
	return added
}

func (s *Search) valueOf(b block) float64 {
	k := 2 * b.pattern
	if b.sign < 0 {
		k++
	}
	return s.values[k].value
}
