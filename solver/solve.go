package solver

import (
	"context"
	"errors"
	"math"
	"slices"
	"sort"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/admm"
	"multigrade/solver/internal/auglag"
	"multigrade/solver/internal/interior"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// Solve minimises the program over its listed cells to a certified relative gap
// of o.Tol. An error means that the problem or the options are unusable; how
// the mathematics ended is in Result.Status. When ctx ends, the best feasible
// point and bound so far are returned with status Interrupted.
func Solve(ctx context.Context, p *program.Problem, o Options) (*Result, error) {
	x, err := checkedDesign(p, &o)
	if err != nil {
		return nil, err
	}
	if p.Beta == 0 {
		return solveUnpenalised(ctx, p, o)
	}
	outer := ctx
	if o.TimeLimit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.TimeLimit)
		defer cancel()
	}
	s := newSearch(p, o, x)
	if err := s.finish(ctx, outer); err != nil {
		return nil, err
	}
	return s.result(), nil
}

// checkedDesign is X, if the problem and the options are usable.
func checkedDesign(p *program.Problem, o *Options) (operator.Design, error) {
	if err := errors.Join(p.Validate(), o.Validate()); err != nil {
		return nil, err
	}
	return operator.NewDesign(p.X)
}

// finish runs the search to its end; outer is the caller's context, ctx that
// with the time limit.
func (s *search) finish(ctx, outer context.Context) error {
	if err := s.run(ctx); err != nil && ctx.Err() == nil {
		return err
	}
	if s.status != Optimal && outer.Err() != nil {
		s.status = Interrupted
	}
	if s.o.Prune {
		return s.prune()
	}
	return nil
}

// search is the working-set method: solve over few blocks, price all, add the
// violated ones, drop the idle ones, until the certified gap closes. At most a
// few dozen blocks are active at an optimum, whatever the number listed.
type search struct {
	stuck  bool // the last round brought no better network
	stalls int  // of the interior point, each of which lets it start elsewhere

	p       *program.Problem
	o       Options
	x       operator.Design
	lambda  float64 // n beta
	pricer  *program.Pricer
	gram    *operator.GramCache
	rec     *program.Recoverer
	centres map[int][]float64

	work       []int        // indices of blocks in pricer.blocks, ascending
	idle       map[int]bool // was zero at the last solution
	iterations int
	status     Status
	method     string

	warm *interior.Snapshot
	admm *admm.Admm
	aug  *auglag.AugLag
	best program.Point
	dual float64
	cert program.Certificate

	// On a path:
	nu        []float64          // where the search starts, nil for u = 0
	coarse    *interior.Snapshot // of the first round, for the next point
	screening *program.Screening // nil: no screening

	// Of the augmented Lagrangian:
	augStalled    bool
	ahead, behind *auglag.AugLagPoint // where it starts next, if not nil; the end of the last point of a path
}

func newSearch(p *program.Problem, o Options, x operator.Design) *search {
	pr := program.NewPricer(p, x)
	return &search{
		p: p, o: o, x: x, lambda: p.Beta * float64(len(p.Y)), pricer: pr, status: Limit,
		gram:    operator.NewGramCache(x, p.Cells),
		rec:     &program.Recoverer{P: p, X: x, RowNorm: pr.RowNorm, Zero: operator.ZeroRows(x)},
		centres: make(map[int][]float64),
		idle:    make(map[int]bool),
		cert:    program.Certificate{Nu: make([]float64, len(p.Y))}, // D(0) = 0
	}
}

func (s *search) run(ctx context.Context) error {
	if s.nu == nil {
		s.best = s.zeroPoint()
		s.rec.Evaluate(&s.best)
		s.nu = s.best.Nu
	}
	nu := s.nu
	inner := 0.03
	for round := 0; ; round++ {
		if err := s.price(ctx, nu); err != nil {
			return err
		}
		gap := program.RelGap(s.best.Objective, s.dual)
		s.report("pricing", gap)
		if gap <= s.o.Tol {
			s.status = Optimal
			return nil
		}
		if ctx.Err() != nil || s.iterations >= s.o.MaxIter {
			return nil
		}
		added := s.updateWork()
		if len(s.work) == 0 {
			return nil // nothing is violated, the rest of the gap is rounding
		}
		next := math.Min(inner, math.Max(0.05*gap, 0.25*s.o.Tol))
		if added == 0 && next >= inner {
			if inner < s.tightest() {
				return nil // float64 allows no more
			}
			next = inner / 10
		}
		inner = next
		c, err := s.solveWorkingSet(ctx, inner)
		if err != nil {
			return err
		}
		pt, err := s.recover(c)
		if err != nil {
			return err
		}
		if nu = c.nu; nu == nil {
			nu = pt.Nu
		}
		s.stuck = pt.Objective >= s.best.Objective
		if pt.Objective < s.best.Objective {
			s.best = pt
		}
	}
}

// dropBelow is the gap below which a block that is idle is dropped, for losses
// other than squares: their coarse solutions say less about what is idle.
const dropBelow = 0.03

// mayDrop is false where dropping blocks could go on for ever.
func (s *search) mayDrop() bool {
	return !s.stuck && (s.p.LossOrSquared() == loss.Squared || program.RelGap(s.best.Objective, s.dual) < dropBelow)
}

// tightest is the accuracy below which the inner method is not asked to go: a
// gap for the interior point, for ADMM residuals, which say less.
func (s *search) tightest() float64 {
	if s.admm != nil {
		return 1e-14
	}
	return 1e-3 * s.o.Tol
}

// zeroPoint is u = 0 with the best constant.
func (s *search) zeroPoint() program.Point {
	pt := program.Point{Net: program.Network{Activation: s.p.Activation}}
	if s.p.Intercept {
		pt.Net.Constant, _ = loss.IdlePoint(s.p.LossOrSquared(), s.p.Y, true)
	}
	return pt
}

// price prices all blocks at nu and keeps the dual bound if it is the best.
func (s *search) price(ctx context.Context, nu []float64) error {
	s.p.LossOrSquared().Project(nu, s.p.Y, s.p.Intercept)
	if err := s.pricer.Price(ctx, nu, s.lambda*(1-1e-12)); err != nil {
		return err
	}
	cert, bound := program.Certify(s.p, s.pricer, nu)
	if bound > s.dual {
		s.dual, s.cert = bound, cert
	}
	s.screen(nu, &cert, bound)
	return nil
}

// updateWork adds violated blocks and returns how many; with them, or when ADMM
// has most of the working set at zero, the idle ones are dropped.
func (s *search) updateWork() int {
	violated := s.violated()
	idle := 0
	for _, j := range s.work {
		if s.idle[j] {
			idle++
		}
	}
	mostly := s.admm != nil && 2*idle > len(s.work) && idle < len(s.work)
	if len(violated) > 0 || mostly {
		if s.mayDrop() {
			s.dropIdle()
		}
		s.work = append(s.work, violated...)
		sort.Ints(s.work)
	}
	return len(violated)
}

// violated lists violated blocks to add to the working set, the most violated
// first: no more than it already has (at least 24), and none whose best neuron
// is close to that of a block listed before it, for neighbouring cells share
// their best neuron. ADMM gets all at once, for its one factorisation, the
// augmented Lagrangian those that are nearly violated, too.
func (s *search) violated() []int {
	in := make(map[int]bool, len(s.work))
	for _, j := range s.work {
		in[j] = true
	}
	var violated []int
	for j, v := range s.pricer.Value {
		if v > s.lambda*s.entry() && !in[j] && !s.screenedOut(j) {
			violated = append(violated, j)
		}
	}
	if !s.useADMM(0) && !s.useAugLag() {
		sort.SliceStable(violated, func(a, b int) bool {
			return s.pricer.Value[violated[a]] > s.pricer.Value[violated[b]]
		})
		violated = s.spread(violated, max(24, len(s.work)))
	}
	return violated
}

// entry is the value, over lambda, from which a block enters the working set.
// The augmented Lagrangian has little work with blocks that stay idle.
func (s *search) entry() float64 {
	if s.useAugLag() {
		return 0.8
	}
	return 1 + 1e-12
}

// spread keeps at most limit of the given blocks, in order, leaving out those
// whose best neuron makes an angle with a cosine above closeNeurons with that
// of a kept block of the same sign.
func (s *search) spread(blocks []int, limit int) []int {
	const closeNeurons = 0.97
	var kept []int
	for _, j := range blocks {
		if len(kept) == limit {
			break
		}
		if !slices.ContainsFunc(kept, func(k int) bool {
			return s.pricer.Blocks[j].Sign == s.pricer.Blocks[k].Sign && s.pricer.Cosine(j, k) > closeNeurons
		}) {
			kept = append(kept, j)
		}
	}
	return kept
}

// dropIdle removes the blocks that were zero at the last solution and are not
// violated there.
func (s *search) dropIdle() {
	kept := s.work[:0]
	for _, j := range s.work {
		if !s.screenedOut(j) && (!s.idle[j] || s.pricer.Value[j] > s.lambda*(1-1e-3)) {
			kept = append(kept, j)
		}
	}
	s.work = kept
}

// candidate is a point of the program over the working set: u_j in row j, and
// which blocks are clearly not zero.
type candidate struct {
	blocks []operator.Block
	u      blas64.General
	active []bool
	c      float64
	nu     []float64 // the method's own dual point, nil for the residual of the network
}

// solveWorkingSet solves over the working set to the relative gap tol (ADMM: to
// residuals of that size, the gap being for the pricing to find out).
func (s *search) solveWorkingSet(ctx context.Context, tol float64) (candidate, error) {
	blocks := make([]operator.Block, len(s.work))
	for k, j := range s.work {
		blocks[k] = s.pricer.Blocks[j]
	}
	if len(blocks) == 0 {
		return candidate{}, nil // u = 0, with its own dual point
	}
	s.computeCentres(blocks)
	s.gram.Forget(blocks)
	if s.useAugLag() {
		return s.runAugLag(ctx, blocks, tol), nil
	}
	if s.useADMM(len(blocks)) {
		return s.runADMM(ctx, blocks, tol)
	}
	return s.runInterior(ctx, blocks, tol), nil
}

// useAugLag says whether the working set is for the augmented Lagrangian: Auto
// takes it for gated programs with squares unless it came to nothing.
func (s *search) useAugLag() bool {
	return s.o.Method == Auto && s.p.Activation == program.Gated && s.p.LossOrSquared() == loss.Squared && !s.augStalled
}

// useADMM says whether a working set of so many blocks is for ADMM. Auto takes
// it where the interior point's linear system is too large.
func (s *search) useADMM(blocks int) bool {
	switch s.o.Method {
	case ADMM:
		return true
	case Interior:
		return false
	}
	order := blocks * s.pricer.D
	if s.p.LossOrSquared() == loss.Squared {
		order = min(order, s.pricer.N)
	}
	return order > operator.LargestInterior
}

// restartShare is by how much the complementarity of a cold start is less after
// every stall: what rounding spoils on one way to the last digits it spoils
// elsewhere on another.
const restartShare = 0.3

func (s *search) runInterior(ctx context.Context, blocks []operator.Block, tol float64) candidate {
	centres := operator.NewGeneral(len(blocks), s.pricer.D)
	for k, b := range blocks {
		copy(operator.RowOf(centres, k), s.centres[b.Cell])
	}
	op := operator.NewOperators(s.x, s.p.Cells, blocks, s.rec.Zero)
	ip := interior.NewInterior(op, s.gram, s.p, centres, s.warm, interior.StartGap*math.Pow(restartShare, float64(s.stalls)))
	const stride = 5 // iterations between reports
	for ip.Best.Gap > tol && s.iterations < s.o.MaxIter {
		done := ip.Solve(ctx, tol, min(stride, s.o.MaxIter-s.iterations))
		s.iterations += done
		s.report("interior point", program.RelGap(s.best.Objective, s.dual))
		if done < stride {
			break
		}
	}
	s.method = ip.Newton.Describe()
	if stalled := ip.Best.Gap > tol && ctx.Err() == nil && s.iterations < s.o.MaxIter; stalled {
		s.stalls++
		if s.warm != nil {
			s.warm = nil // the last iterate was no good to start from
			return s.runInterior(ctx, blocks, tol)
		}
	}
	if ip.Saved != nil {
		s.warm = ip.Saved
		if s.coarse == nil {
			s.coarse = ip.Saved
		}
	}
	c := candidate{blocks: blocks, u: ip.Best.U, active: make([]bool, len(blocks)), c: ip.Best.C, nu: ip.Best.MinusR}
	// An idle block has t lambda of about socWeight mu / (1 - |z|/lambda).
	idle := 30 * ip.SocWeight * ip.Best.Mu
	for j, t := range ip.Best.T {
		c.active[j] = t*ip.Lambda > idle
	}
	return c
}

func (s *search) runADMM(ctx context.Context, blocks []operator.Block, eps float64) (candidate, error) {
	if s.admm == nil || !slices.Equal(s.admm.Op.Blocks, blocks) {
		m, err := admm.NewADMM(operator.NewOperators(s.x, s.p.Cells, blocks, s.rec.Zero), s.gram, s.p)
		if err != nil {
			return candidate{}, err
		}
		if s.admm != nil {
			m.StartFrom(s.admm)
		}
		s.admm = m
	}
	m := s.admm
	s.method = "ADMM, " + m.Sys.Describe()
	const stride = 200 // iterations between reports
	for s.iterations < s.o.MaxIter {
		done := m.Run(ctx, eps, min(stride, s.o.MaxIter-s.iterations))
		s.iterations += done
		s.report("ADMM", program.RelGap(s.best.Objective, s.dual))
		if done < stride {
			break
		}
	}
	c := candidate{blocks: blocks, u: m.V, active: make([]bool, len(blocks)), c: m.Constant}
	if s.p.LossOrSquared() != loss.Squared {
		c.nu = make([]float64, len(m.A))
		floats.ScaleTo(c.nu, -m.Rho, m.A)
	}
	for j := range blocks {
		c.active[j] = floats.Norm(operator.RowOf(m.V, j), 2) > 0
	}
	return c, nil
}

func (s *search) runAugLag(ctx context.Context, blocks []operator.Block, tol float64) candidate {
	s.prepareAugLag(blocks)
	m := s.aug
	const stride = 5 // steps between reports
	done := stride
	for done == stride && s.iterations < s.o.MaxIter {
		done = m.Solve(ctx, tol, min(stride, s.o.MaxIter-s.iterations))
		s.iterations += done
		s.report("augmented Lagrangian", program.RelGap(s.best.Objective, s.dual))
	}
	s.augStalled = program.RelGap(m.Primal, m.Dual) > tol && ctx.Err() == nil && s.iterations < s.o.MaxIter
	s.method = m.Sys.Describe()
	c := candidate{blocks: blocks, u: m.Next, active: make([]bool, len(blocks)), c: m.Constant, nu: slices.Clone(m.Nu)}
	for _, j := range m.Active {
		c.active[j] = true
	}
	return c
}

// prepareAugLag makes s.aug ready for the given blocks, where the last run ended
// or at s.ahead.
func (s *search) prepareAugLag(blocks []operator.Block) {
	if s.aug == nil || !slices.Equal(s.aug.Op.Blocks, blocks) {
		m := auglag.NewAugLag(operator.NewOperators(s.x, s.p.Cells, blocks, s.rec.Zero), s.gram, s.p)
		switch {
		case s.aug == nil:
			s.ahead = &auglag.AugLagPoint{Nu: s.cert.Nu, Sigma: m.Sigma}
		case s.ahead == nil:
			s.ahead = s.aug.Point()
		}
		if s.aug != nil {
			m.Sys.Xx = s.aug.Sys.Xx
		}
		s.aug = m
	}
	if s.ahead != nil {
		s.aug.Start(s.p, s.ahead)
		s.ahead = nil
	}
}

// computeCentres makes sure that every block's cell has its centre.
func (s *search) computeCentres(blocks []operator.Block) {
	var cells []int
	seen := make(map[int]bool)
	for _, b := range blocks {
		if s.centres[b.Cell] == nil && !seen[b.Cell] {
			seen[b.Cell] = true
			cells = append(cells, b.Cell)
		}
	}
	if s.p.Activation == program.Gated {
		for _, c := range cells {
			s.centres[c] = make([]float64, s.pricer.D)
		}
		return
	}
	out := make([][]float64, len(cells))
	operator.Parallel(len(cells), func(k int) { out[k] = program.Centre(s.x, s.p.Cells[cells[k]], s.rec.Zero) })
	for k, c := range cells {
		s.centres[c] = out[k]
	}
}

// recover makes a network of a candidate: of all its blocks, or of those that
// are clearly active if that costs nothing.
func (s *search) recover(c candidate) (program.Point, error) {
	var active, all []int
	for k, j := range s.work {
		s.idle[j] = !c.active[k]
		if c.active[k] {
			active = append(active, k)
		}
		if floats.Norm(operator.RowOf(c.u, k), 2) > 0 {
			all = append(all, k)
		}
	}
	pt, err := s.assemble(c, all)
	if err != nil || len(active) == len(all) {
		return s.fit(pt), err
	}
	few, err := s.assemble(c, active)
	if err == nil && few.Objective <= pt.Objective*(1+0.1*s.o.Tol) {
		pt = few
	}
	return s.fit(pt), err
}

// assemble makes the network of some blocks of a candidate, with the best
// constant.
func (s *search) assemble(c candidate, blocks []int) (program.Point, error) {
	pt := program.Point{Net: program.Network{Activation: s.p.Activation, Constant: c.c}}
	pt.Net.Neurons = make([]program.Neuron, len(blocks))
	errs := make([]error, len(blocks))
	operator.Parallel(len(blocks), func(k int) {
		b := c.blocks[blocks[k]]
		pt.Net.Neurons[k], errs[k] = s.rec.Neuron(b, operator.RowOf(c.u, blocks[k]), s.centres[b.Cell])
	})
	if err := errors.Join(errs...); err != nil {
		return pt, err
	}
	s.rec.Evaluate(&pt)
	s.recentre(&pt)
	return pt, nil
}

// recentre moves the constant of an evaluated point to where it is best.
func (s *search) recentre(pt *program.Point) {
	switch {
	case !s.p.Intercept:
		return
	case s.p.LossOrSquared() == loss.Squared:
		pt.Net.Constant += floats.Sum(pt.Nu) / float64(len(pt.Nu))
	default:
		moved := *pt
		moved.Net.Constant += s.p.LossOrSquared().Constant(pt.Pred, s.p.Y)
		if s.rec.Evaluate(&moved); moved.Objective <= pt.Objective { // at an end of a box it may be lost
			*pt = moved
		}
		return
	}
	s.rec.Evaluate(pt)
}

func (s *search) report(phase string, gap float64) {
	if s.o.Progress != nil {
		s.o.Progress(Progress{Phase: phase, Iteration: s.iterations, Primal: s.best.Objective, Dual: s.dual, RelGap: gap, Active: len(s.best.Net.Neurons)})
	}
}

func (s *search) result() *Result {
	return &Result{
		Status: s.status, Method: s.method, Iterations: s.iterations,
		Primal: s.best.Objective, Dual: s.dual, RelGap: program.RelGap(s.best.Objective, s.dual),
		OwnObjective: s.best.Own, Network: s.best.Net, Certificate: s.cert,
	}
}

// screen applies the rule, if it is in use, to the dual point cert just made
// from nu.
func (s *search) screen(nu []float64, cert *program.Certificate, bound float64) {
	if s.screening == nil || s.p.LossOrSquared() != loss.Squared {
		return
	}
	if size := floats.Norm(nu, 2); size > 0 {
		s.screening.Update(s.pricer, floats.Norm(cert.Nu, 2)/size, s.best.Objective-bound, s.lambda)
	}
}

// screenedOut reports whether block j is known to be zero at every optimum.
func (s *search) screenedOut(j int) bool { return s.screening != nil && s.screening.Out[j] }

// prune puts a minimal network in the place of the best one, if there is one
// whose objective, with all rounding errors, is as good to a hundredth of the
// tolerance.
func (s *search) prune() error {
	net, err := newPruning(s.rec, s.best.Net).run()
	if err != nil || len(net.Neurons) == len(s.best.Net.Neurons) {
		return err
	}
	pt := program.Point{Net: net}
	s.rec.Evaluate(&pt)
	if pt.Objective <= s.best.Objective*(1+0.01*s.o.Tol) && (s.status != Optimal || program.RelGap(pt.Objective, s.dual) <= s.o.Tol) {
		s.best = pt
	}
	return nil
}
