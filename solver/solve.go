package solver

import (
	"context"
	"errors"
	"math"
	"slices"
	"sort"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
)

// Solve minimises the program over its listed cells to a certified relative gap
// of o.Tol. An error means that the problem or the options are unusable; how
// the mathematics ended is in Result.Status. When ctx ends, the best feasible
// point and bound so far are returned with status Interrupted.
func Solve(ctx context.Context, p *Problem, o Options) (*Result, error) {
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
func checkedDesign(p *Problem, o *Options) (design, error) {
	if err := errors.Join(p.Validate(), o.Validate()); err != nil {
		return nil, err
	}
	return newDesign(p.X)
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

	p       *Problem
	o       Options
	x       design
	lambda  float64 // n beta
	pricer  *pricer
	gram    *gramCache
	rec     *recoverer
	centres map[int][]float64

	work       []int        // indices of blocks in pricer.blocks, ascending
	idle       map[int]bool // was zero at the last solution
	iterations int
	status     Status
	method     string

	warm *snapshot
	admm *admm
	aug  *augLag
	best point
	dual float64
	cert Certificate

	// On a path:
	nu        []float64  // where the search starts, nil for u = 0
	coarse    *snapshot  // of the first round, for the next point
	screening *screening // nil: no screening

	// Of the augmented Lagrangian:
	augStalled    bool
	ahead, behind *augLagPoint // where it starts next, if not nil; the end of the last point of a path
}

func newSearch(p *Problem, o Options, x design) *search {
	pr := newPricer(p, x)
	return &search{
		p: p, o: o, x: x, lambda: p.Beta * float64(len(p.Y)), pricer: pr, status: Limit,
		gram:    newGramCache(x, p.Cells),
		rec:     &recoverer{p: p, x: x, rowNorm: pr.rowNorm, zero: zeroRows(x)},
		centres: make(map[int][]float64),
		idle:    make(map[int]bool),
		cert:    Certificate{Nu: make([]float64, len(p.Y))}, // D(0) = 0
	}
}

func (s *search) run(ctx context.Context) error {
	if s.nu == nil {
		s.best = s.zeroPoint()
		s.rec.evaluate(&s.best)
		s.nu = s.best.nu
	}
	nu := s.nu
	inner := 0.03
	for round := 0; ; round++ {
		if err := s.price(ctx, nu); err != nil {
			return err
		}
		gap := RelGap(s.best.objective, s.dual)
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
			nu = pt.nu
		}
		s.stuck = pt.objective >= s.best.objective
		if pt.objective < s.best.objective {
			s.best = pt
		}
	}
}

// dropBelow is the gap below which a block that is idle is dropped, for losses
// other than squares: their coarse solutions say less about what is idle.
const dropBelow = 0.03

// mayDrop is false where dropping blocks could go on for ever.
func (s *search) mayDrop() bool {
	return !s.stuck && (s.p.LossOrSquared() == Squared || RelGap(s.best.objective, s.dual) < dropBelow)
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
func (s *search) zeroPoint() point {
	pt := point{net: Network{Activation: s.p.Activation}}
	if s.p.Intercept {
		pt.net.Constant, _ = idlePoint(s.p.LossOrSquared(), s.p.Y, true)
	}
	return pt
}

// price prices all blocks at nu and keeps the dual bound if it is the best.
func (s *search) price(ctx context.Context, nu []float64) error {
	s.p.LossOrSquared().project(nu, s.p.Y, s.p.Intercept)
	if err := s.pricer.price(ctx, nu, s.lambda*(1-1e-12)); err != nil {
		return err
	}
	cert, bound := certify(s.p, s.pricer, nu)
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
	for j, v := range s.pricer.value {
		if v > s.lambda*s.entry() && !in[j] && !s.screenedOut(j) {
			violated = append(violated, j)
		}
	}
	if !s.useADMM(0) && !s.useAugLag() {
		sort.SliceStable(violated, func(a, b int) bool {
			return s.pricer.value[violated[a]] > s.pricer.value[violated[b]]
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
			return s.pricer.blocks[j].sign == s.pricer.blocks[k].sign && s.pricer.cosine(j, k) > closeNeurons
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
		if !s.screenedOut(j) && (!s.idle[j] || s.pricer.value[j] > s.lambda*(1-1e-3)) {
			kept = append(kept, j)
		}
	}
	s.work = kept
}

// candidate is a point of the program over the working set: u_j in row j, and
// which blocks are clearly not zero.
type candidate struct {
	blocks []block
	u      blas64.General
	active []bool
	c      float64
	nu     []float64 // the method's own dual point, nil for the residual of the network
}

// solveWorkingSet solves over the working set to the relative gap tol (ADMM: to
// residuals of that size, the gap being for the pricing to find out).
func (s *search) solveWorkingSet(ctx context.Context, tol float64) (candidate, error) {
	blocks := make([]block, len(s.work))
	for k, j := range s.work {
		blocks[k] = s.pricer.blocks[j]
	}
	if len(blocks) == 0 {
		return candidate{}, nil // u = 0, with its own dual point
	}
	s.computeCentres(blocks)
	s.gram.forget(blocks)
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
	return s.o.Method == Auto && s.p.Activation == Gated && s.p.LossOrSquared() == Squared && !s.augStalled
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
	order := blocks * s.pricer.d
	if s.p.LossOrSquared() == Squared {
		order = min(order, s.pricer.n)
	}
	return order > largestInterior
}

// restartShare is by how much the complementarity of a cold start is less after
// every stall: what rounding spoils on one way to the last digits it spoils
// elsewhere on another.
const restartShare = 0.3

func (s *search) runInterior(ctx context.Context, blocks []block, tol float64) candidate {
	centres := newGeneral(len(blocks), s.pricer.d)
	for k, b := range blocks {
		copy(rowOf(centres, k), s.centres[b.cell])
	}
	op := newOperators(s.x, s.p.Cells, blocks, s.rec.zero)
	ip := newInterior(op, s.gram, s.p, centres, s.warm, startGap*math.Pow(restartShare, float64(s.stalls)))
	const stride = 5 // iterations between reports
	for ip.best.gap > tol && s.iterations < s.o.MaxIter {
		done := ip.solve(ctx, tol, min(stride, s.o.MaxIter-s.iterations))
		s.iterations += done
		s.report("interior point", RelGap(s.best.objective, s.dual))
		if done < stride {
			break
		}
	}
	s.method = ip.newton.describe()
	if stalled := ip.best.gap > tol && ctx.Err() == nil && s.iterations < s.o.MaxIter; stalled {
		s.stalls++
		if s.warm != nil {
			s.warm = nil // the last iterate was no good to start from
			return s.runInterior(ctx, blocks, tol)
		}
	}
	if ip.saved != nil {
		s.warm = ip.saved
		if s.coarse == nil {
			s.coarse = ip.saved
		}
	}
	c := candidate{blocks: blocks, u: ip.best.u, active: make([]bool, len(blocks)), c: ip.best.c, nu: ip.best.minusR}
	// An idle block has t lambda of about socWeight mu / (1 - |z|/lambda).
	idle := 30 * ip.socWeight * ip.best.mu
	for j, t := range ip.best.t {
		c.active[j] = t*ip.lambda > idle
	}
	return c
}

func (s *search) runADMM(ctx context.Context, blocks []block, eps float64) (candidate, error) {
	if s.admm == nil || !slices.Equal(s.admm.op.blocks, blocks) {
		m, err := newADMM(newOperators(s.x, s.p.Cells, blocks, s.rec.zero), s.gram, s.p)
		if err != nil {
			return candidate{}, err
		}
		if s.admm != nil {
			m.startFrom(s.admm)
		}
		s.admm = m
	}
	m := s.admm
	s.method = "ADMM, " + m.sys.describe()
	const stride = 200 // iterations between reports
	for s.iterations < s.o.MaxIter {
		done := m.run(ctx, eps, min(stride, s.o.MaxIter-s.iterations))
		s.iterations += done
		s.report("ADMM", RelGap(s.best.objective, s.dual))
		if done < stride {
			break
		}
	}
	c := candidate{blocks: blocks, u: m.v, active: make([]bool, len(blocks)), c: m.constant}
	if s.p.LossOrSquared() != Squared {
		c.nu = make([]float64, len(m.a))
		floats.ScaleTo(c.nu, -m.rho, m.a)
	}
	for j := range blocks {
		c.active[j] = floats.Norm(rowOf(m.v, j), 2) > 0
	}
	return c, nil
}

func (s *search) runAugLag(ctx context.Context, blocks []block, tol float64) candidate {
	s.prepareAugLag(blocks)
	m := s.aug
	const stride = 5 // steps between reports
	done := stride
	for done == stride && s.iterations < s.o.MaxIter {
		done = m.solve(ctx, tol, min(stride, s.o.MaxIter-s.iterations))
		s.iterations += done
		s.report("augmented Lagrangian", RelGap(s.best.objective, s.dual))
	}
	s.augStalled = RelGap(m.primal, m.dual) > tol && ctx.Err() == nil && s.iterations < s.o.MaxIter
	s.method = m.sys.describe()
	c := candidate{blocks: blocks, u: m.next, active: make([]bool, len(blocks)), c: m.constant, nu: slices.Clone(m.nu)}
	for _, j := range m.active {
		c.active[j] = true
	}
	return c
}

// prepareAugLag makes s.aug ready for the given blocks, where the last run ended
// or at s.ahead.
func (s *search) prepareAugLag(blocks []block) {
	if s.aug == nil || !slices.Equal(s.aug.op.blocks, blocks) {
		m := newAugLag(newOperators(s.x, s.p.Cells, blocks, s.rec.zero), s.gram, s.p)
		switch {
		case s.aug == nil:
			s.ahead = &augLagPoint{nu: s.cert.Nu, sigma: m.sigma}
		case s.ahead == nil:
			s.ahead = s.aug.point()
		}
		if s.aug != nil {
			m.sys.xx = s.aug.sys.xx
		}
		s.aug = m
	}
	if s.ahead != nil {
		s.aug.start(s.p, s.ahead)
		s.ahead = nil
	}
}

// computeCentres makes sure that every block's cell has its centre.
func (s *search) computeCentres(blocks []block) {
	var cells []int
	seen := make(map[int]bool)
	for _, b := range blocks {
		if s.centres[b.cell] == nil && !seen[b.cell] {
			seen[b.cell] = true
			cells = append(cells, b.cell)
		}
	}
	if s.p.Activation == Gated {
		for _, c := range cells {
			s.centres[c] = make([]float64, s.pricer.d)
		}
		return
	}
	out := make([][]float64, len(cells))
	parallel(len(cells), func(k int) { out[k] = centre(s.x, s.p.Cells[cells[k]], s.rec.zero) })
	for k, c := range cells {
		s.centres[c] = out[k]
	}
}

// recover makes a network of a candidate: of all its blocks, or of those that
// are clearly active if that costs nothing.
func (s *search) recover(c candidate) (point, error) {
	var active, all []int
	for k, j := range s.work {
		s.idle[j] = !c.active[k]
		if c.active[k] {
			active = append(active, k)
		}
		if floats.Norm(rowOf(c.u, k), 2) > 0 {
			all = append(all, k)
		}
	}
	pt, err := s.assemble(c, all)
	if err != nil || len(active) == len(all) {
		return s.fit(pt), err
	}
	few, err := s.assemble(c, active)
	if err == nil && few.objective <= pt.objective*(1+0.1*s.o.Tol) {
		pt = few
	}
	return s.fit(pt), err
}

// assemble makes the network of some blocks of a candidate, with the best
// constant.
func (s *search) assemble(c candidate, blocks []int) (point, error) {
	pt := point{net: Network{Activation: s.p.Activation, Constant: c.c}}
	pt.net.Neurons = make([]Neuron, len(blocks))
	errs := make([]error, len(blocks))
	parallel(len(blocks), func(k int) {
		b := c.blocks[blocks[k]]
		pt.net.Neurons[k], errs[k] = s.rec.neuron(b, rowOf(c.u, blocks[k]), s.centres[b.cell])
	})
	if err := errors.Join(errs...); err != nil {
		return pt, err
	}
	s.rec.evaluate(&pt)
	s.recentre(&pt)
	return pt, nil
}

// recentre moves the constant of an evaluated point to where it is best.
func (s *search) recentre(pt *point) {
	switch {
	case !s.p.Intercept:
		return
	case s.p.LossOrSquared() == Squared:
		pt.net.Constant += floats.Sum(pt.nu) / float64(len(pt.nu))
	default:
		moved := *pt
		moved.net.Constant += s.p.LossOrSquared().Constant(pt.pred, s.p.Y)
		if s.rec.evaluate(&moved); moved.objective <= pt.objective { // at an end of a box it may be lost
			*pt = moved
		}
		return
	}
	s.rec.evaluate(pt)
}

func (s *search) report(phase string, gap float64) {
	if s.o.Progress != nil {
		s.o.Progress(Progress{Phase: phase, Iteration: s.iterations, Primal: s.best.objective, Dual: s.dual, RelGap: gap, Active: len(s.best.net.Neurons)})
	}
}

func (s *search) result() *Result {
	return &Result{
		Status: s.status, Method: s.method, Iterations: s.iterations,
		Primal: s.best.objective, Dual: s.dual, RelGap: RelGap(s.best.objective, s.dual),
		OwnObjective: s.best.own, Network: s.best.net, Certificate: s.cert,
	}
}

// screen applies the rule, if it is in use, to the dual point cert just made
// from nu.
func (s *search) screen(nu []float64, cert *Certificate, bound float64) {
	if s.screening == nil || s.p.LossOrSquared() != Squared {
		return
	}
	if size := floats.Norm(nu, 2); size > 0 {
		s.screening.update(s.pricer, floats.Norm(cert.Nu, 2)/size, s.best.objective-bound, s.lambda)
	}
}

// screenedOut reports whether block j is known to be zero at every optimum.
func (s *search) screenedOut(j int) bool { return s.screening != nil && s.screening.out[j] }

// prune puts a minimal network in the place of the best one, if there is one
// whose objective, with all rounding errors, is as good to a hundredth of the
// tolerance.
func (s *search) prune() error {
	net, err := newPruning(s.rec, s.best.net).run()
	if err != nil || len(net.Neurons) == len(s.best.net.Neurons) {
		return err
	}
	pt := point{net: net}
	s.rec.evaluate(&pt)
	if pt.objective <= s.best.objective*(1+0.01*s.o.Tol) && (s.status != Optimal || RelGap(pt.objective, s.dual) <= s.o.Tol) {
		s.best = pt
	}
	return nil
}
