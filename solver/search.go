package solver

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/admm"
	"multigrade/solver/internal/direction"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// search is the state of column generation: the program, its blocks and their prices,
// the working set, the best network and the best bound.
type search struct {
	p       *program.Problem
	o       Options
	x       operator.Design
	lambda  float64 // n beta
	listed  bool    // the program is one over listed patterns, solved at one beta
	closing bool    // the solves are the last ones
	frugal  bool    // and there was no room for those of the interior point when they began
	sharp   bool    // pricing is exact, for which dual points of ADMM are too rough
	pricer  *program.Pricer
	gram    *operator.GramCache
	rec     *program.Recoverer
	centres map[int][]float64

	reserve float64 // operations of the account that the phases to come need
	each    float64 // operations of an iteration of the inner method, as the last ones were; 0: unknown
	mark    float64 // what was booked when they began

	work       []int        // indices of blocks in pricer.blocks, ascending
	idle       map[int]bool // was zero at the last solution
	iterations int
	status     Status
	method     string

	methods  [len(methods)]program.Method // nil: not used yet
	traitsOf [len(methods)]program.Traits
	last     program.Method     // the one used last
	failed   [len(methods)]bool // those that came to nothing, which Auto goes on without

	best program.Point
	dual float64
	cert program.Certificate

	nu        []float64          // the dual point to price next, nil before that of u = 0
	screening *program.Screening // of a path, else nil
}

func newSearch(p *program.Problem, o Options, x operator.Design) *search {
	pr := program.NewPricer(p, x)
	s := &search{
		p: p, o: o, x: x, lambda: p.Beta * float64(len(p.Y)), pricer: pr, status: Limit,
		gram:    operator.NewGramCache(x, p.Activation, p.Cells),
		rec:     &program.Recoverer{P: p, X: x, RowNorm: pr.RowNorm, Zero: operator.ZeroRows(x)},
		centres: make(map[int][]float64),
		idle:    make(map[int]bool),
		cert:    program.Certificate{Nu: make([]float64, len(p.Y))}, // D(0) = 0
	}
	for m, method := range methods {
		if method.start != nil {
			s.traitsOf[m] = method.start(&s.o).Traits()
		}
	}
	return s
}

// zeroPoint is u = 0 with the best constant.
func zeroPoint(p *program.Problem) program.Point {
	pt := program.Point{Net: program.Network{Activation: p.Activation}}
	if p.Intercept {
		pt.Net.Constant, _ = p.NullModel()
	}
	return pt
}

// run is column generation over the listed patterns, from nu or from u = 0.
func (s *search) run(ctx context.Context) (err error) {
	if s.nu == nil {
		s.best = zeroPoint(s.p)
		s.rec.Evaluate(&s.best)
		s.nu = s.best.Nu
	}
	accuracy := coarsest
	if s.frugal && s.affords(s.polishedWork()) {
		accuracy = admm.CoarsePolish // iterations alone may come to no bound of use
	}
	s.status, err = s.generate(ctx, &listed{s: s, accuracy: accuracy, asIs: s.closing})
	return err
}

// price prices all blocks at nu and keeps the dual bound if it is the best.
func (s *search) price(ctx context.Context, nu []float64) error {
	return s.priceSome(ctx, nu, len(s.pricer.Blocks))
}

// priceSome is price that may leave blocks rough where so many are violated outside the working set.
func (s *search) priceSome(ctx context.Context, nu []float64, enough int) error {
	s.p.LossOrSquared().Project(nu, s.p.Y, s.p.Intercept)
	cutoff := s.lambda * (1 - 1e-12)
	if !s.affords(s.pricer.ProjectionWork()) {
		cutoff = math.Inf(1) // values without projections are larger, and prove less
	}
	if err := s.pricer.PriceSome(ctx, nu, cutoff, s.work, enough); err != nil {
		return err
	}
	cert, bound := program.Certify(s.p, s.pricer, nu)
	if bound > s.dual {
		s.dual, s.cert = bound, cert
	}
	s.screen(nu, &cert, bound)
	return nil
}

// spread keeps at most limit of the given blocks, in order, leaving out those
// whose best neuron is nearer to that of a kept block than the cosine says.
func (s *search) spread(blocks []int, limit int, cosine float64) []int {
	var kept []int
	var directions []direction.Signed // of kept
	for _, j := range blocks {
		if len(kept) == limit {
			break
		}
		if at := s.pricer.Direction(j); at.First(directions, cosine) < 0 {
			kept, directions = append(kept, j), append(directions, at)
		}
	}
	return kept
}

// solveWorkingSet solves over the working set to the relative gap tol (ADMM: to
// residuals of that size, the gap being for the pricing to find out).
func (s *search) solveWorkingSet(ctx context.Context, tol float64) (program.Solution, error) {
	blocks, violated := make([]operator.Block, len(s.work)), make([]bool, len(s.work))
	for k, j := range s.work {
		blocks[k], violated[k] = s.pricer.Blocks[j], s.pricer.Value[j] > s.lambda*(1+1e-12)
	}
	if len(blocks) == 0 {
		return program.Solution{}, nil // u = 0, with its own dual point
	}
	s.gram.Forget(blocks)
	method := s.choose(len(blocks))
	if s.last = s.inner(method); s.takesCentres(method) {
		s.computeCentres(blocks)
	}
	w := &program.WorkingSet{P: s.p, X: s.x, Blocks: blocks, Zero: s.rec.Zero, Gram: s.gram, Centres: s.centres, Nu: s.cert.Nu, Violated: violated, Start: s.bestOver(blocks)}
	s.each, s.mark = 0, math.NaN()
	if method == ADMM {
		_, s.each = admm.Work(s.x, len(blocks), s.o.ADMM)
	}
	c, err := s.last.Solve(ctx, w, tol, s)
	if err != nil {
		return c, err
	}
	s.method = s.last.Describe()
	if c.Stalled {
		s.failed[method] = true
	}
	return c, nil
}

// bestOver is the best network in the given blocks, nil where it has no neuron in them.
func (s *search) bestOver(blocks []operator.Block) *program.Start {
	place := make(map[operator.Block]int, len(blocks))
	for k, b := range blocks {
		place[b] = k
	}
	start := &program.Start{U: operator.NewGeneral(len(blocks), s.pricer.D), Nu: s.best.Nu}
	found := false
	for _, nr := range s.best.Net.Neurons {
		if k, ok := place[blockOf(&nr)]; ok {
			floats.AddScaled(operator.RowOf(start.U, k), math.Abs(nr.Alpha), nr.W)
			found = true
		}
	}
	if !found {
		return nil
	}
	return start
}

// blockOf is the block of a neuron.
func blockOf(nr *program.Neuron) operator.Block {
	return operator.Block{Cell: nr.Cell, Sign: math.Copysign(1, nr.Alpha)}
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
	if s.p.Activation.Gated {
		for _, c := range cells {
			s.centres[c] = make([]float64, s.pricer.D)
		}
		return
	}
	out := make([][]float64, len(cells))
	operator.Parallel(len(cells), func(k int) { out[k] = program.Centre(context.Background(), s.x, s.p.Cells[cells[k]], s.rec.Zero) })
	for k, c := range cells {
		s.centres[c] = out[k]
	}
}

// inside is a point in a cell: its centre, if that is known.
func (s *search) inside(cell int) []float64 {
	if c := s.centres[cell]; c != nil {
		return c
	}
	return s.p.Cells[cell].Gate
}

// recover makes a network of a candidate: of all its blocks, or of those that
// are clearly active if that costs nothing.
func (s *search) recover(c program.Solution) program.Point {
	var active, all []int
	for k, j := range s.work {
		s.idle[j] = !c.Active[k]
		if c.Active[k] {
			active = append(active, k)
		}
		if floats.Norm(operator.RowOf(c.U, k), 2) > 0 {
			all = append(all, k)
		}
	}
	pt := s.assemble(c, all)
	if len(active) < len(all) {
		if few := s.assemble(c, active); few.Objective <= pt.Objective*(1+0.1*s.o.Tol) {
			pt = few
		}
	}
	return fit(s.rec, pt)
}

// assemble makes the network of some blocks of a candidate, with the best
// constant. Blocks whose neuron cannot be moved into its cone are left out: what the
// network costs is found afterwards.
func (s *search) assemble(c program.Solution, blocks []int) program.Point {
	pt := program.Point{Net: program.Network{Activation: s.p.Activation, Constant: c.C}}
	of, u, inside := make([]operator.Block, len(blocks)), operator.NewGeneral(len(blocks), c.U.Cols), make([][]float64, len(blocks))
	for k, j := range blocks {
		of[k], inside[k] = c.Blocks[j], s.inside(c.Blocks[j].Cell)
		copy(operator.RowOf(u, k), operator.RowOf(c.U, j))
	}
	neurons, ok := s.rec.Neurons(of, u, inside)
	for k, nr := range neurons {
		if ok[k] {
			pt.Net.Neurons = append(pt.Net.Neurons, nr)
		}
	}
	s.rec.Evaluate(&pt)
	s.recentre(&pt)
	return pt
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

// pruningWork is about what prune does.
func (s *search) pruningWork() float64 {
	k, n := float64(len(s.best.Net.Neurons)), float64(s.pricer.N)
	return pruningPasses*operator.PassWork*k*k*n + k*s.centreWork()
}

// prune puts a minimal network in the place of the best one, if there is one
// whose objective, with all rounding errors, is as good to a hundredth of the
// tolerance.
func (s *search) prune() {
	if !s.affords(s.pruningWork()) {
		return
	}
	net, ok := newPruning(s.rec, s.best.Net).run()
	if !ok || len(net.Neurons) == len(s.best.Net.Neurons) {
		return
	}
	pt := program.Point{Net: net}
	s.rec.Evaluate(&pt)
	if pt.Objective <= s.best.Objective*(1+0.01*s.o.Tol) && (s.status != Optimal || program.RelGap(pt.Objective, s.dual) <= s.o.Tol) {
		s.best = pt
	}
}
