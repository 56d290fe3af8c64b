package cube

import (
	"context"
	"errors"
	"fmt"
	"math"
	"multigrade/proofs/internal/exact"
	"multigrade/proofs/internal/verdict"
	"slices"
)

// ClaimUnits names the claim that counts go with a network.
const ClaimUnits = "units"

// CheckTrained checks a run directory of a trained scheme (trained.json): what it claims about the residuals
// e_k = f - f_1 - ... - f_k on the whole cube, f_k = relu(g_k - eps_k) - relu(-g_k - eps_k) for a network g_k with
// one hidden layer, on x, or (versions 2 and 3) on x and the units of the layer before. Only that file and network.json are read; the target f is taken from there. A claim is valid only if it is proved:
//
//	dead-zone  |e_(k-1) - g_k| <= eps_k everywhere, by bisection
//	pointwise  |e_k| <= |e_(k-1)| everywhere, and
//	sup        |e_k| <= 2 eps_k, as before the grade at most: both follow (see below)
//	strict     a point with |g_k| > eps_k; then |e_k| < |e_(k-1)| where f_k is not 0, which is open, so every L^p norm falls
//	norms      the checker's own enclosures lie within the claimed ones
//	network    if network.json is there: its networks compute the grades, exactly
//
// Let g > eps; then 0 < f_k = g - eps <= e, so 0 <= e - f_k < e, and e - f_k = (e - g) + eps <= 2 eps. The case
// g < -eps is the mirror image. Otherwise f_k = 0, and |e| <= |g| + eps <= 2 eps.
//
// Behind a firm dead zone (version 4, composed) f_k is 0 where |g_k| <= eps_k, g_k where |g_k| >= 2 eps_k and 2(|g_k| - eps_k) in the direction of g_k between; strict wants |g_k| > 2 eps_k. Let g >= 0.
// Where g >= 2 eps, f_k = g and 2e - g >= g - 2 eps, so 0 <= f_k <= 2e, with < if g > 2 eps, and |e - g| <= eps. Where eps <= g <= 2 eps, 0 <= f_k = 2(g - eps) <= 2e,
// and e - f_k = (e - g) + (2 eps - g) is at most 2 eps in size. 0 <= f_k <= 2e is |e - f_k| <= |e|.
//
// The error is for ctx ending and unreadable files only.
func CheckTrained(ctx context.Context, dir string) (verdict.Report, error) {
	c := &trainedChecker{}
	m, err := readTrainedModel(dir)
	if _, malformed := err.(fieldError); malformed {
		c.report.Add(verdict.ClaimFormat, dir, verdict.Malformed, err.Error())
		return c.report, nil
	}
	if err != nil {
		return c.report, err
	}
	c.trained, c.model = m, &cubeModel{Target: m.Target, Initial: m.Initial}
	if c.f, err = m.Target.surface(); err != nil {
		c.report.Add(verdict.ClaimFormat, dir, verdict.Malformed, err.Error())
		return c.report, nil
	}
	c.target, c.surface, c.exact = c.f, c.f, c.f.piecewise()
	if err := c.run(ctx); err != nil {
		return c.report, err
	}
	c.notChecked(m.Status, m.Stopped, "samples", "boxes")
	return c.report, c.judgeNetworks(dir, len(m.Grades), func(k int, n *deepNetwork) (string, error) {
		g := &m.Grades[k]
		built := map[bool]string{true: "composed+deadzone", false: "serial+deadzone"}[m.composed()]
		if n != nil && n.Construction != built {
			return "", fmt.Errorf("construction: %q, expected %q", n.Construction, built)
		}
		if m.composed() {
			return fmt.Sprintf("%d layers of at most %d channels, those of each grade, the dead zone at the end", g.Depth, g.Width), n.servesComposed(m.Grades[:k+1], m.Target.Dim)
		}
		return fmt.Sprintf("%d layers of %d channels, unit by unit, the dead zone at the end", g.Depth, g.Width), n.serves(g, m.Target.Dim)
	})
}

// A trainedChecker follows the grades; its cubeChecker measures the residual, whose surface it is given.
type trainedChecker struct {
	cubeChecker
	trained *trainedModel
	f       surface
	before  []cubeCorrection
}

func (c *trainedChecker) run(ctx context.Context) error {
	c.limit, c.l1, c.l2 = exact.Inf, exact.Bracket{Lo: 0, Hi: exact.Inf}, exact.Bracket{Lo: 0, Hi: exact.Inf}
	if err := c.initial(ctx); err != nil {
		return c.undefined(0, err)
	}
	c.judgeTarget()
	c.exact = nil
	for k := range c.trained.Grades {
		if err := c.grade(ctx, k); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (c *trainedChecker) grade(ctx context.Context, k int) error {
	g := &c.trained.Grades[k]
	c.judgeUnits(k)
	for i := range g.Hidden {
		c.before = append(c.before, cubeCorrection{network: &cubeNetwork{Units: g.Hidden[i]}, hidden: true})
	}
	proof, boxes, err := within(ctx, c.rest(&g.cubeNetwork), c.model.Target.Dim, g.Eps)
	if err != nil {
		return err
	}
	c.judge(verdict.ClaimDeadZone, k, proof, fmt.Sprintf("|e_%d - g_%d| <= %v: %d boxes", k, k+1, g.Eps, boxes))
	ok := proof.outcome == proved
	c.judgeConsequences(k, ok)
	c.before = append(c.before, cubeCorrection{network: &g.cubeNetwork, eps: g.Eps, firm: g.Firm})
	return c.measure(ctx, k, ok)
}

// rest is the residual so far, less a network if there is one.
func (c *trainedChecker) rest(network *cubeNetwork) surface {
	if c.trained.composed() {
		return composedSurface{c.f, c.before, network, c.model.Target.Dim}
	}
	return residualSurface{c.f, c.before, network, c.model.Target.Dim}
}

// network encloses the network of grade k at a point.
func (c *trainedChecker) network(k int, x []float64) exact.Bracket {
	if !c.trained.composed() {
		return c.trained.Grades[k].at(x)
	}
	var last *layer
	follow := func(n *cubeNetwork) {
		l := newLayer(n, -1, false)
		l.at(x, last)
		last = l
	}
	for j := range c.trained.Grades[:k+1] {
		g := &c.trained.Grades[j]
		for i := range g.Hidden {
			follow(&cubeNetwork{Units: g.Hidden[i]})
		}
		follow(&g.cubeNetwork)
	}
	return last.g
}

// judgeUnits: the network written out has the hidden units one after the other, or the grades' if they are composed, then the dead zone.
func (c *trainedChecker) judgeUnits(k int) {
	g, scope := &c.trained.Grades[k], fmt.Sprintf("grade %d", k+1)
	n, d := len(g.Units), c.model.Target.Dim
	width, depth := d+3, n+2
	if c.trained.composed() {
		width, depth = d+2*len(zoneBounds(g.Eps, g.Firm)), k+2
		for _, h := range c.trained.Grades[:k+1] {
			width, depth = max(width, d+len(h.Units)), depth+len(h.Hidden)
			for _, layer := range h.Hidden {
				width = max(width, d+len(layer))
			}
		}
	}
	var err error
	if g.Neurons != n || g.Width != width || g.Depth != depth || !g.Nontrivial {
		err = fmt.Errorf("%d units, so width %d, depth %d; claimed %d, %d, %d, nontrivial %t", n, width, depth, g.Neurons, g.Width, g.Depth, g.Nontrivial)
	}
	c.report.Judge(ClaimUnits, scope, fmt.Sprintf("%d units, width %d, depth %d", n, width, depth), err)
}

// judgeConsequences judges what the lemma gives.
func (c *trainedChecker) judgeConsequences(k int, ok bool) {
	g, scope := &c.trained.Grades[k], c.cube(k+1)
	if !ok {
		missing := errors.New("not shown without the dead zone")
		c.report.Judge(ClaimPointwise, scope, "", missing)
		c.report.Judge(ClaimSup, scope, "", missing)
		c.report.Judge(ClaimStrict, scope, "", missing)
		c.limit, c.l1.Hi, c.l2.Hi = exact.Inf, exact.Inf, exact.Inf
		return
	}
	c.report.Judge(ClaimPointwise, scope, fmt.Sprintf("|e_%d| <= |e_%d|, by the dead zone", k+1, k), nil)
	c.limit = min(c.limit, 2*g.Eps)
	var err error
	if claimed := min(g.SupBound, g.Linf[1]); claimed < c.limit {
		err = fmt.Errorf("|e_%d| <= %v claimed, %v proved", k+1, claimed, c.limit)
	}
	c.report.Judge(ClaimSup, scope, fmt.Sprintf("|e_%d| <= %v", k+1, min(g.SupBound, g.Linf[1])), err)
	c.report.Judge(ClaimStrict, scope, fmt.Sprintf("|e_%d| < |e_%d| near %s", k+1, k, pointString(g.Witness)), c.falls(k))
}

// falls: the witness is a point of the cube where the network is beyond the dead zone.
func (c *trainedChecker) falls(k int) error {
	g := &c.trained.Grades[k]
	if slices.ContainsFunc(g.Witness, func(v float64) bool { return !(v >= 0 && v <= 1) }) {
		return fmt.Errorf("the witness %s is not in the cube", pointString(g.Witness))
	}
	beyond := g.Eps
	if g.Firm {
		beyond = 2 * g.Eps
	}
	if v := c.network(k, g.Witness); !(v.Magnitude().Lo > beyond) {
		return fmt.Errorf("at the witness %s the network is in [%v, %v], the dead zone is up to %v", pointString(g.Witness), v.Lo, v.Hi, beyond)
	}
	return nil
}

// measure compares the claimed norms with the residual's.
func (c *trainedChecker) measure(ctx context.Context, k int, ok bool) error {
	g := &c.trained.Grades[k]
	c.surface = c.rest(nil)
	c.start(g.N)
	if err := c.sample(); err != nil {
		return c.undefined(k+1, err)
	}
	t, err := c.sweep(nil, math.MaxFloat64, 0).run(ctx)
	if err != nil {
		return err
	}
	if !ok || g.Linf[1] < c.limit {
		t.bounded = finding{outcome: open}
	}
	c.judgeNorms(c.cube(k+1), g.cubeNorms, t, false)
	return nil
}
