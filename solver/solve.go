package solver

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sort"

	"gonum.org/v1/gonum/floats"
)

// Solve minimises the program over its listed cells to a certified relative gap
// of o.Tol. An error means that the problem or the options are unusable; how
// the mathematics ended is in Result.Status. When ctx ends, the best feasible
// point and bound so far are returned with status Interrupted.
func Solve(ctx context.Context, p *Problem, o Options) (*Result, error) {
	if err := errors.Join(p.Validate(), o.Validate()); err != nil {
		return nil, err
	}
	x, err := newDesign(p.X)
	if err != nil {
		return nil, err
	}
	if p.loss() != Squared {
		return nil, fmt.Errorf("solver: no method for loss %s", p.loss().Name())
	}
	if p.Beta == 0 {
		return nil, errors.New("solver: beta is 0, want a positive number")
	}
	outer := ctx
	if o.TimeLimit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.TimeLimit)
		defer cancel()
	}
	s := newSearch(p, o, x)
	if err := s.run(ctx); err != nil && ctx.Err() == nil {
		return nil, err
	}
	if s.status != Optimal && outer.Err() != nil {
		s.status = Interrupted
	}
	return s.result(), nil
}

// search is the working-set method: solve over few blocks, price all, add the
// violated ones, drop the idle ones, until the certified gap closes. At most a
// few dozen blocks are active at an optimum, whatever the number listed.
type search struct {
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
	best point
	dual float64
	cert Certificate
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
	s.best = s.zeroPoint()
	s.rec.evaluate(&s.best)
	pt := s.best
	inner := 0.03
	for round := 0; ; round++ {
		if err := s.price(ctx, pt.nu); err != nil {
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
		s.dropIdle()
		added := s.addViolated()
		next := math.Min(inner, math.Max(0.05*gap, 0.25*s.o.Tol))
		if added == 0 && next >= inner {
			if inner < 1e-3*s.o.Tol {
				return nil // float64 allows no more
			}
			next = inner / 10
		}
		inner = next
		ip, err := s.solveWorkingSet(ctx, inner)
		if err != nil {
			return err
		}
		pt, err = s.recover(ip)
		if err != nil {
			return err
		}
		if pt.objective < s.best.objective {
			s.best = pt
		}
	}
}

// zeroPoint is u = 0 with the best constant.
func (s *search) zeroPoint() point {
	pt := point{net: Network{Activation: s.p.Activation}}
	if s.p.Intercept {
		pt.net.Constant = floats.Sum(s.p.Y) / float64(len(s.p.Y))
	}
	return pt
}

// price prices all blocks at nu and keeps the dual bound if it is the best.
func (s *search) price(ctx context.Context, nu []float64) error {
	if s.p.Intercept {
		floats.AddConst(-floats.Sum(nu)/float64(len(nu)), nu)
	}
	if err := s.pricer.price(ctx, nu, s.lambda*(1-1e-12)); err != nil {
		return err
	}
	cert, bound := certify(s.p, s.pricer, nu)
	if bound > s.dual {
		s.dual, s.cert = bound, cert
	}
	return nil
}

// addViolated adds the most violated blocks to the working set, no more than it
// already has (at least 24), and returns how many.
func (s *search) addViolated() int {
	in := make(map[int]bool, len(s.work))
	for _, j := range s.work {
		in[j] = true
	}
	var violated []int
	for j, v := range s.pricer.value {
		if v > s.lambda*(1+1e-12) && !in[j] {
			violated = append(violated, j)
		}
	}
	sort.SliceStable(violated, func(a, b int) bool {
		return s.pricer.value[violated[a]] > s.pricer.value[violated[b]]
	})
	violated = violated[:min(len(violated), max(24, len(s.work)))]
	s.work = append(s.work, violated...)
	sort.Ints(s.work)
	return len(violated)
}

// dropIdle removes the blocks that were zero at the last solution and are not
// violated there.
func (s *search) dropIdle() {
	kept := s.work[:0]
	for _, j := range s.work {
		if !s.idle[j] || s.pricer.value[j] > s.lambda*(1-1e-3) {
			kept = append(kept, j)
		}
	}
	s.work = kept
}

func (s *search) solveWorkingSet(ctx context.Context, tol float64) (*interior, error) {
	blocks := make([]block, len(s.work))
	centres := newGeneral(len(s.work), s.pricer.d)
	for k, j := range s.work {
		blocks[k] = s.pricer.blocks[j]
	}
	s.computeCentres(blocks)
	for k, b := range blocks {
		copy(rowOf(centres, k), s.centres[b.cell])
	}
	op := newOperators(s.x, s.p.Cells, blocks, s.rec.zero)
	ip := newInterior(op, s.gram, s.p, centres, s.warm)
	s.method = fmt.Sprintf("interior point, %d x %d block system", ip.system.N, ip.system.N)
	for !(RelGap(ip.primal, ip.dual) <= tol) && s.iterations < s.o.MaxIter {
		const stride = 5
		done := ip.solve(ctx, tol, min(stride, s.o.MaxIter-s.iterations))
		s.iterations += done
		s.report("interior point", RelGap(s.best.objective, s.dual))
		if done < stride {
			break
		}
	}
	if ip.saved != nil {
		s.warm = ip.saved
	}
	return ip, nil
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

// recover makes a network of the interior-point solution: of all its blocks, or
// of those that are clearly active, whichever has the smaller objective.
func (s *search) recover(ip *interior) (point, error) {
	mu := ip.complementarity()
	var active, all []int
	for k, j := range s.work {
		all = append(all, k)
		s.idle[j] = true
		if ip.t[k]*ip.lambda > 100*mu {
			active = append(active, k)
			s.idle[j] = false
		}
	}
	pt, err := s.assemble(ip, all)
	if err != nil || len(active) == len(all) {
		return pt, err
	}
	few, err := s.assemble(ip, active)
	if err == nil && few.objective <= pt.objective*(1+0.1*s.o.Tol) {
		return few, nil
	}
	return pt, err
}

// assemble makes the network of the given blocks of ip, with the best constant.
func (s *search) assemble(ip *interior, blocks []int) (point, error) {
	pt := point{net: Network{Activation: s.p.Activation, Constant: ip.c}}
	pt.net.Neurons = make([]Neuron, len(blocks))
	errs := make([]error, len(blocks))
	parallel(len(blocks), func(k int) {
		b := ip.op.blocks[blocks[k]]
		pt.net.Neurons[k], errs[k] = s.rec.neuron(b, rowOf(ip.u, blocks[k]), s.centres[b.cell])
	})
	if err := errors.Join(errs...); err != nil {
		return pt, err
	}
	s.rec.evaluate(&pt)
	if s.p.Intercept {
		pt.net.Constant += floats.Sum(pt.nu) / float64(len(pt.nu))
		s.rec.evaluate(&pt)
	}
	return pt, nil
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
