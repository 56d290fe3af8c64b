package cube

import (
	"context"
	"errors"
	"fmt"
	"math"
	"multigrade/proofs/internal/exact"
	"multigrade/proofs/internal/verdict"
)

// Names of the claims of a run of the constructive scheme.
const (
	ClaimNorms     = "norms"     // enclosures of the norms of a residual
	ClaimThreshold = "threshold" // the values are the soft-thresholded residual
	ClaimPointwise = "pointwise" // |e_k| <= |e_(k-1)| everywhere
	ClaimStrict    = "strict"    // every L^p norm falls, 1 <= p < infinity
	ClaimSup       = "sup"       // |e_k| <= bound everywhere
	ClaimHats      = "hats"      // counts that go with the values
	ClaimAside     = "aside"     // how far f is from its interpolant, on either side
	ClaimVariation = "variation" // of the residual within a simplex
)

// Check checks a run directory of the constructive scheme (approx.json): what it claims about the
// residuals e_k = f - f_1 - ... - f_k on the whole cube, f_k being the interpolant of the stored values of
// grade k on its Kuhn triangulation. Only approx.json, nodes.bin and network.json are read; the target f is taken from
// there. A claim is valid only if it is proved:
//
//	pointwise  on every simplex where f_k is not zero, 0 <= f_k <= 2 e_(k-1) or the mirror image, by interval
//	           bounds of f, with bisection where they don't suffice; exactly, by cutting simplices at the
//	           kinks, where f is rational and piecewise linear
//	sup        likewise
//	aside      likewise, of f less its interpolant on the grade's grid
//	variation  the residual before the grade, along the chains of the simplices
//	strict     a box of positive volume on which 0 < f_k < 2 e_(k-1), or the mirror image; with pointwise, every L^p norm falls
//	network    if network.json is there: its networks compute the grades, exactly
//	lipschitz  of a constant that is taken on trust: whether values or slopes refute it
//	continuous whether f is shown not to jump; nothing above rests on it
//	threshold  at every node: S_tau of the residual (version 1), or less than it by tau at most where not 0
//	norms      the checker's own enclosures lie within the claimed ones
//
// What is refuted comes with a point. The error is for ctx ending and unreadable files only.
func Check(ctx context.Context, dir string) (verdict.Report, error) {
	c := &cubeChecker{}
	m, corrections, hashed, err := readCubeModel(dir)
	if _, malformed := err.(fieldError); malformed {
		c.report.Add(verdict.ClaimFormat, dir, verdict.Malformed, err.Error())
		return c.report, nil
	}
	if err != nil {
		return c.report, err
	}
	c.model, c.corrections = m, corrections
	if hashed {
		c.report.Add(verdict.ClaimFile, m.Values.File, verdict.Valid, "sha256 as in "+ModelFile)
	} else {
		c.report.Add(verdict.ClaimFile, m.Values.File, verdict.Invalid, "sha256 is not the one in "+ModelFile)
	}
	if c.surface, err = m.Target.surface(); err != nil {
		c.report.Add(verdict.ClaimFormat, dir, verdict.Malformed, err.Error())
		return c.report, nil
	}
	c.target, c.exact = c.surface, c.surface.piecewise()
	if err := c.run(ctx); err != nil {
		return c.report, err
	}
	if m.Version < stating {
		c.notChecked(m.Status, m.Stopped, "eps", "eps_below", "eps_above", "delta", "variation")
	} else {
		c.notChecked(m.Status, m.Stopped)
	}
	return c.report, c.judgeNetworks(dir, len(c.corrections), c.serves)
}

type cubeChecker struct {
	report      verdict.Report
	model       *cubeModel
	corrections []correction
	target      surface // f
	surface     surface // of the residual whose norms are measured; the target in a constructive scheme
	exact       piecewise
	g           lattice
	adaptive    adaptiveGrid // instead of the lattice, in an adaptive scheme
	sum         []float64    // corrections so far at the nodes of g, each within wrong
	wrong       float64
	known       []bool    // of an adaptive scheme: which of them are exact
	f           []float64 // target at the nodes, each within radius
	radius      float64
	limit       float64       // |e| <= limit is proved for the residual so far
	l1, l2      exact.Bracket // its norms, as proved
	attained    float64       // |e| reaches this
}

// cube is the scope of a claim about a grade on the whole cube.
func (c *cubeChecker) cube(k int) string {
	s := fmt.Sprintf("grade %d, cube", k)
	return s + c.condition()
}

func (c *cubeChecker) run(ctx context.Context) error {
	c.limit, c.l1, c.l2 = exact.Inf, exact.Bracket{Lo: 0, Hi: exact.Inf}, exact.Bracket{Lo: 0, Hi: exact.Inf}
	if err := c.initial(ctx); err != nil {
		return c.undefined(0, err)
	}
	c.judgeTarget()
	c.start(1)
	if c.model.Adaptive {
		c.adaptive = wholeCube(c.g.dim)
		c.sum, c.known = make([]float64, c.adaptive.size()), make([]bool, c.adaptive.size())
		for i := range c.known {
			c.known[i] = true
		}
	}
	for k := range c.corrections {
		if err := c.refine(&c.corrections[k]); err != nil {
			c.report.Add(verdict.ClaimFormat, c.model.Values.File, verdict.Malformed, fmt.Sprintf("grade %d: %v", k+1, err))
			return nil
		}
		if err := c.sample(); err != nil {
			return c.undefined(k+1, err)
		}
		if err := c.grade(ctx, k); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// undefined reports a target without a value; a context's end is passed on.
func (c *cubeChecker) undefined(k int, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	c.report.Add(ClaimPointwise, c.cube(k), verdict.Invalid, "the target is not defined: "+err.Error())
	return nil
}

// grid is what the nodes are of.
func (c *cubeChecker) grid() grid {
	if c.adaptive != nil {
		return c.adaptive
	}
	return c.g
}

// start takes the lattice with n and no corrections.
func (c *cubeChecker) start(n int) {
	c.g = lattice{c.model.Target.Dim, n}
	nodes, _ := c.g.nodes()
	c.sum, c.wrong = make([]float64, nodes), 0
}

// refine interpolates the sum of the corrections on the grid of the next.
func (c *cubeChecker) refine(q *correction) error {
	if c.adaptive != nil {
		sum, known, wrong, err := c.adaptive.finer(q.adaptive, c.sum, c.known)
		if c.sum, c.known, c.adaptive = sum, known, q.adaptive; wrong > 0 {
			c.wrong = exact.Outward(c.wrong + wrong)
		}
		return err
	}
	for c.g.n < q.n {
		fine, wrong := c.g.halve(c.sum)
		c.sum, c.g.n = fine, 2*c.g.n
		if wrong > 0 {
			c.wrong = exact.Outward(c.wrong + wrong)
		}
	}
	return nil
}

// sample encloses the target at the nodes.
func (c *cubeChecker) sample() error {
	c.f = make([]float64, len(c.sum))
	radius, errs := make([]float64, sweepBlocks), make([]error, sweepBlocks)
	n := len(c.f)
	exact.Parallel(sweepBlocks, func() func(int) {
		p, g, x := c.surface.probe(), c.grid(), make([]float64, c.g.dim)
		return func(b int) {
			for i := b * n / sweepBlocks; i < (b+1)*n/sweepBlocks; i++ {
				g.point(i, x)
				v, err := p.at(x)
				if err != nil {
					errs[b] = err
					return
				}
				c.f[i] = v.Lo + (v.Hi-v.Lo)/2
				radius[b] = max(radius[b], exact.SumAbove(v.Hi, -c.f[i]), exact.SumAbove(c.f[i], -v.Lo))
			}
		}
	})
	c.radius = 0
	for b, r := range radius {
		if errs[b] != nil {
			return errs[b]
		}
		c.radius = max(c.radius, r)
	}
	return nil
}

func (c *cubeChecker) sweep(q []float64, limit float64, k int) *sweep {
	return &sweep{g: c.grid(), surface: c.surface, exact: c.exact, f: c.f, radius: c.radius,
		sum: c.sum, wrong: c.wrong, known: c.known, q: q, limit: limit, aside: bounded{exact.Inf, exact.Inf}, earlier: c.corrections[:k]}
}

// initial checks the norms of f itself.
func (c *cubeChecker) initial(ctx context.Context) error {
	n := c.model.Initial
	c.start(n.N)
	if err := c.sample(); err != nil {
		return err
	}
	t, err := c.sweep(nil, n.Linf[1], 0).run(ctx)
	if err != nil {
		return err
	}
	if t.bounded.outcome == proved {
		c.limit = n.Linf[1]
	}
	c.judgeNorms("target, cube"+c.condition(), n.cubeNorms, t, true)
	return nil
}

func (c *cubeChecker) grade(ctx context.Context, k int) error {
	row, q := c.model.Grades[k], c.corrections[k].values
	c.judgeCounts(k)
	if c.model.Version == 1 {
		c.judgeThreshold(k)
	} else {
		c.judgeLocalThreshold(k)
	}
	claimed := min(row.SupBound, row.Linf[1])
	limit, detail := claimed, fmt.Sprintf("|e_%d| <= %v", k+1, claimed)
	if c.limit <= claimed {
		limit, detail = exact.Inf, detail+", as before the grade"
	}
	s := c.sweep(q, limit, k)
	if c.model.Version >= stating {
		s.aside = row.aside()
	}
	t, err := s.run(ctx)
	if err != nil {
		return err
	}
	if c.model.Version >= stating {
		c.judgeAside(k, t)
		c.judgeVariation(k, t)
	}
	if limit == exact.Inf {
		t.bounded = t.decreasing
	}
	if t.failed != nil {
		c.report.Add(ClaimPointwise, c.cube(k+1), verdict.Invalid, "the target is not defined: "+t.failed.Error())
	}
	if q == nil {
		c.report.Add(ClaimPointwise, c.cube(k+1), verdict.Valid, "trivial: the residual does not change")
	} else {
		c.judge(ClaimPointwise, k, t.decreasing, fmt.Sprintf("|e_%d| <= |e_%d|: %d simplices needed a search", k+1, k, t.searched))
		c.judgeStrict(k, t.decreasing.outcome == proved)
	}
	c.judge(ClaimSup, k, t.bounded, detail)
	if t.bounded.outcome == proved {
		c.limit = min(c.limit, claimed)
	} else if t.decreasing.outcome != proved {
		c.limit = exact.Inf
	}
	if t.decreasing.outcome != proved {
		c.l1.Hi, c.l2.Hi = exact.Inf, exact.Inf
	}
	c.judgeNorms(c.cube(k+1), row.cubeNorms, t, q == nil)
	c.add(q)
	return nil
}

// add takes the correction into the sum.
func (c *cubeChecker) add(q []float64) {
	wrong := 0.0
	for i, v := range q {
		s := c.sum[i] + v
		if b := s - c.sum[i]; v != b || s-b != c.sum[i] {
			wrong = max(wrong, math.Abs(s)*exact.UnitRoundoff+exact.Underflow)
			if c.known != nil {
				c.known[i] = false
			}
		}
		c.sum[i] = s
	}
	if wrong > 0 {
		c.wrong = exact.Outward(c.wrong + wrong)
	}
}

// aside is what the row claims of f less its interpolant.
func (g *cubeGrade) aside() bounded {
	return bounded{min(g.EpsBelow, g.Eps), min(g.EpsAbove, g.Eps)}
}

func (c *cubeChecker) judgeAside(k int, t tally) {
	b := c.model.Grades[k].aside()
	c.judge(ClaimAside, k, t.aside, fmt.Sprintf("%v <= f - If <= %v, If the interpolant of f", -b.below, b.above))
}

// judgeVariation: values are off by their slack, differences by two, and a sum of them by two for each.
func (c *cubeChecker) judgeVariation(k int, t tally) {
	row := c.model.Grades[k]
	off := 2*float64(c.g.dim)*(c.radius+c.wrong+8*exact.UnitRoundoff*c.topValue()) + 16*exact.UnitRoundoff*t.variation
	var err error
	if most := exact.SumAbove(t.variation, exact.Outward(off)); row.Variation < most {
		err = fmt.Errorf("up to %v proved, claimed %v", most, row.Variation)
	}
	c.report.Judge(ClaimVariation, fmt.Sprintf("grade %d, nodes", k+1), fmt.Sprintf("e_%d varies within a simplex by at most %v", k, row.Variation), err)
}

func (c *cubeChecker) judge(name string, k int, f finding, detail string) {
	switch f.outcome {
	case refuted:
		c.report.Add(name, c.cube(k+1), verdict.Invalid, "refuted at "+f.where+": "+f.what)
	case open:
		c.report.Add(name, c.cube(k+1), verdict.Invalid, "not proved on "+f.where+": "+f.what)
	default:
		c.report.Add(name, c.cube(k+1), verdict.Valid, detail)
	}
}

func (c *cubeChecker) judgeCounts(k int) {
	row, q := c.model.Grades[k], c.corrections[k].values
	hats := 0
	for _, v := range q {
		if v != 0 {
			hats++
		}
	}
	width, depth := 0, 0
	if hats > 0 {
		width, depth = c.g.dim+6, hats*(c.g.dim+1)+1
	}
	scope := fmt.Sprintf("grade %d", k+1)
	if row.Hats != hats || row.Nontrivial != (hats > 0) || row.Width != width || row.Depth != depth {
		c.report.Add(ClaimHats, scope, verdict.Invalid, fmt.Sprintf("%d nonzero values, so width %d, depth %d; claimed %d, %d, %d, nontrivial %t",
			hats, width, depth, row.Hats, row.Width, row.Depth, row.Nontrivial))
		return
	}
	c.report.Add(ClaimHats, scope, verdict.Valid, fmt.Sprintf("%d nonzero values, width %d, depth %d", hats, width, depth))
}

// residual encloses e_(k-1) at node i.
func (c *cubeChecker) residual(i int) exact.Bracket {
	e := exact.At(c.f[i]).Minus(exact.At(c.sum[i]))
	off := exact.SumAbove(c.radius, c.wrong)
	return exact.Bracket{Lo: exact.SumBelow(e.Lo, -off), Hi: exact.SumAbove(e.Hi, off)}
}

// judgeThreshold compares each value with S_tau(e) = sign(e) max(|e| - tau, 0), which is monotone in e.
func (c *cubeChecker) judgeThreshold(k int) {
	row, q := c.model.Grades[k], c.corrections[k].values
	scope := fmt.Sprintf("grade %d, nodes", k+1)
	if most := c.model.Initial.Linf[1] * maxRounding; row.Rounding > most {
		c.report.Add(ClaimThreshold, scope, verdict.Invalid, fmt.Sprintf("rounding %v: up to %v is one", row.Rounding, most))
		return
	}
	x := make([]float64, c.g.dim)
	for i := range c.f {
		v := 0.0
		if q != nil {
			v = q[i]
		}
		e := c.residual(i)
		s := exact.Bracket{Lo: shrink(e.Lo, row.Tau).Lo, Hi: shrink(e.Hi, row.Tau).Hi}
		gap := exact.At(v).Minus(s).Magnitude()
		if gap.Hi > row.Rounding {
			c.grid().point(i, x)
			c.report.Add(ClaimThreshold, scope, verdict.Invalid, fmt.Sprintf("at %s: value %v, soft-thresholded residual in [%v, %v], rounding %v",
				pointString(x), v, s.Lo, s.Hi, row.Rounding))
			return
		}
	}
	c.report.Add(ClaimThreshold, scope, verdict.Valid, fmt.Sprintf("within %.3g of S_tau(e_%d), tau = %v", row.Rounding, k, row.Tau))
}

// maxRounding is what may be called rounding, relative to the largest value of the
// target: less than what is seen. Producers need 2^-28.
const maxRounding = 0x1p-20

// judgeLocalThreshold: a value has the sign of the residual and takes off it no more than tau.
func (c *cubeChecker) judgeLocalThreshold(k int) {
	row, scope := c.model.Grades[k], fmt.Sprintf("grade %d, nodes", k+1)
	if most := c.model.Initial.Linf[1] * maxRounding; row.Rounding > most {
		c.report.Add(ClaimThreshold, scope, verdict.Invalid, fmt.Sprintf("rounding %v: up to %v is one", row.Rounding, most))
		return
	}
	x := make([]float64, c.g.dim)
	for i, v := range c.corrections[k].values {
		if v == 0 {
			continue
		}
		e := c.residual(i)
		if v < 0 {
			e = e.Neg()
		}
		off := e.Minus(exact.At(math.Abs(v)))
		if off.Lo < -row.Rounding || off.Hi > exact.SumAbove(row.Tau, row.Rounding) {
			c.grid().point(i, x)
			c.report.Add(ClaimThreshold, scope, verdict.Invalid, fmt.Sprintf("at %s: value %v, the residual less that in [%v, %v] in its direction, tau = %v, rounding %v",
				pointString(x), v, off.Lo, off.Hi, row.Tau, row.Rounding))
			return
		}
	}
	if c.corrections[k].values == nil && row.Tau != 0 {
		c.report.Add(ClaimThreshold, scope, verdict.Invalid, fmt.Sprintf("tau = %v, but all values are 0", row.Tau))
		return
	}
	c.report.Add(ClaimThreshold, scope, verdict.Valid, fmt.Sprintf("nonzero values are e_%d less at most tau = %v, towards zero, within %.3g", k, row.Tau, row.Rounding))
}

func shrink(e, tau float64) exact.Bracket {
	switch {
	case e > tau:
		return exact.At(e).Minus(exact.At(tau))
	case e < -tau:
		return exact.At(e).Plus(exact.At(tau))
	}
	return exact.At(0)
}

// enclose encloses the norms. Sums of at most m nonnegative
// terms err by m u relative; a simplex's mean by 2^-46 of the largest value.
// What was known before still holds: the upper ends if the residual has grown nowhere, all if it is unchanged.
func (c *cubeChecker) enclose(t tally, unchanged bool) {
	g := c.grid()
	simplices := float64(g.cells() * len(g.orders()))
	slack := c.radius + c.wrong + 2*exact.UnitRoundoff*(t.largest+c.topValue())
	relative := (simplices + 100) * exact.UnitRoundoff
	own := func(lo, hi float64) exact.Bracket {
		off := (slack + hi*relative + t.largest*0x1p-46) * (1 + 0x1p-46)
		return exact.Bracket{Lo: max(0, exact.SumBelow(lo, -off)), Hi: exact.SumAbove(hi, off)}
	}
	if !unchanged {
		c.l1.Lo, c.l2.Lo, c.attained = 0, 0, 0
	}
	c.l1 = own(t.least, t.most).Meet(c.l1)
	l2, rest := math.Sqrt(t.square), exact.At(t.devSquare).Root().Hi
	c.l2 = own(l2-rest, exact.SumAbove(l2, rest)).Meet(c.l2)
	// On the cube, of volume 1, no norm is larger than the next.
	c.l2.Lo = max(c.l2.Lo, c.l1.Lo)
	c.attained = max(c.attained, exact.SumBelow(t.largest, -slack), c.l2.Lo)
}

// judgeNorms compares the claimed enclosures with the checker's own.
func (c *cubeChecker) judgeNorms(scope string, claimed cubeNorms, t tally, unchanged bool) {
	c.enclose(t, unchanged)
	c.judgeNorm("L1", scope, claimed.L1, c.l1)
	c.judgeNorm("L2", scope, claimed.L2, c.l2)
	// The upper end is the bound of ClaimSup, or checked here for the target.
	upper := claimed.Linf[1]
	if t.bounded.outcome != proved {
		upper = exact.Inf
	}
	c.judgeNorm("Linf", scope, claimed.Linf, exact.Bracket{Lo: c.attained, Hi: upper})
}

func (c *cubeChecker) topValue() float64 {
	top := 0.0
	for i, f := range c.f {
		top = max(top, math.Abs(f)+math.Abs(c.sum[i]))
	}
	return top
}

func (c *cubeChecker) judgeNorm(name, scope string, claimed []float64, own exact.Bracket) {
	detail := fmt.Sprintf("%s claimed in [%v, %v], computed [%v, %v]", name, claimed[0], claimed[1], own.Lo, own.Hi)
	if claimed[0] <= own.Lo && own.Hi <= claimed[1] {
		c.report.Add(ClaimNorms, scope, verdict.Valid, detail)
		return
	}
	if own.Hi < claimed[0] || own.Lo > claimed[1] {
		detail += ": refuted"
	} else {
		detail += ": not proved"
	}
	c.report.Add(ClaimNorms, scope, verdict.Invalid, detail)
}
