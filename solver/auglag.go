package solver

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
)

// augLag is the augmented Lagrangian method on the dual of a gated program with
// squares over the B blocks of a working set (Li, Sun and Toh, "A highly
// efficient semismooth Newton augmented Lagrangian method for solving Lasso
// problems", SIAM J. Optim. 28, 2018, for groups instead of single variables):
//
//	min  |nu|^2/2 - nu'y   s.t.  |F_j'nu| <= lambda,  1'nu = 0 with a constant      lambda = n beta
//
// The multipliers are the blocks. With a_j = u_j + sigma F_j'nu and the proximal
// operator of sigma lambda |.|,
//
//	psi(nu) = |nu|^2/2 - nu'y + (1/2 sigma) sum_j |prox(a_j)|^2
//
// is minimised by Newton's method to an accuracy that follows the change of the
// multipliers, then u_j <- prox(a_j). Only the active blocks, those with
// |a_j| > sigma lambda, enter the Newton matrix
//
//	I + sigma C F P F' C,   P_j = (1 - tau_j) I + tau_j a_j a_j'/|a_j|^2,   tau_j = sigma lambda/|a_j|
//
// (C is the centring with a constant, otherwise I). It is formed n x n or, with
// fewer active unknowns than samples, replaced by an inverse of that order.
//
// Near an optimum a step squares the error, so a good start, such as the
// neighbour on a path, needs a few steps only.
type augLag struct {
	op            *operators
	sys           *augLagSystem
	p             *Problem
	lambda, sigma float64
	inexact       float64 // ratio of gradient to infeasibility at which they are updated
	steps         int     // Newton steps since the multipliers changed

	u, w, dw     blas64.General // B x d: multipliers, F'nu, F'dnu
	next         blas64.General // B x d: prox(u + sigma w), the point of the program
	tau          []float64      // B: sigma lambda/|a_j|, at least 1 for idle blocks
	active       []int          // blocks with tau < 1
	nu, dnu      []float64      // n
	grad         []float64      // n: C (nu - (y - F next))
	gradNorm     float64
	constant     float64
	primal, dual float64 // objective at next and a bound over the blocks, times n

	best  float64 // smallest gap so far
	since int     // steps since then

	rows   blas64.General // B x n: X next_j for the active blocks in the first rows
	packed blas64.General // B x d
	line   []lineBlock    // B

	linear, quadratic float64 // of psi along the line, without the blocks
}

const (
	// inexactness is the ratio of gradient to dual infeasibility at which the
	// multipliers are updated.
	inexactness = 3
	// sigmaGrowth multiplies sigma when quickSteps or fewer Newton steps were
	// enough since the last update.
	sigmaGrowth = 5
	quickSteps  = 3
	// slowSteps since the last update are a sign of a sigma that is too large:
	// it is divided by sigmaGrowth.
	slowSteps = 10
	// sigmaOfNeighbour multiplies sigma at the start of the next point of a path:
	// the proximal operator enlarges the errors of its nu by sigma.
	sigmaOfNeighbour = 0.1
	// augLagPatience is the number of steps without a smaller gap after which a
	// run ends.
	augLagPatience = 40
)

func newAugLag(op *operators, gram *gramCache, p *Problem) *augLag {
	b, n, d := len(op.blocks), op.n, op.d
	m := &augLag{op: op, p: p, lambda: p.Beta * float64(n), inexact: inexactness, sigma: 10 / meanSquare(op.x), sys: newAugLagSystem(op, gram, p.Intercept)}
	for _, g := range []*blas64.General{&m.u, &m.w, &m.dw, &m.next, &m.packed} {
		*g = newGeneral(b, d)
	}
	m.rows = newGeneral(b, n)
	for _, v := range []*[]float64{&m.nu, &m.dnu, &m.grad} {
		*v = make([]float64, n)
	}
	m.tau, m.active, m.line = make([]float64, b), make([]int, 0, b), make([]lineBlock, b)
	return m
}

// augLagPoint is where a run ended or the next begins.
type augLagPoint struct {
	index map[block]int // row of u of every active block
	u     blas64.General
	nu    []float64
	sigma float64
}

// point is a copy of the point reached.
func (m *augLag) point() *augLagPoint {
	pt := &augLagPoint{index: make(map[block]int, len(m.active)), u: newGeneral(len(m.active), m.op.d), nu: slices.Clone(m.nu), sigma: m.sigma}
	for k, j := range m.active {
		pt.index[m.op.blocks[j]] = k
		copy(rowOf(pt.u, k), rowOf(m.next, j))
	}
	return pt
}

// beyond is the point as far from pt as t times the way from before to pt, on
// the straight line through both, with the active blocks of pt.
func (pt *augLagPoint) beyond(before *augLagPoint, t float64) *augLagPoint {
	e := &augLagPoint{index: pt.index, u: cloneGeneral(pt.u), nu: slices.Clone(pt.nu), sigma: pt.sigma}
	floats.Scale(1+t, e.nu)
	floats.AddScaled(e.nu, -t, before.nu)
	for b, k := range pt.index {
		if l, ok := before.index[b]; ok {
			floats.Scale(1+t, rowOf(e.u, k))
			floats.AddScaled(rowOf(e.u, k), -t, rowOf(before.u, l))
		}
	}
	return e
}

// start begins at pt, for the problem p, which may differ in beta from the last.
func (m *augLag) start(p *Problem, pt *augLagPoint) {
	m.p, m.lambda, m.sigma = p, p.Beta*float64(m.op.n), pt.sigma
	m.best, m.since, m.steps = math.Inf(1), 0, 0
	copy(m.nu, pt.nu)
	m.centre(m.nu)
	for j, b := range m.op.blocks {
		if k, ok := pt.index[b]; ok {
			copy(rowOf(m.u, j), rowOf(pt.u, k))
		} else {
			clear(rowOf(m.u, j))
		}
	}
	m.blockProducts(m.w, m.nu)
	m.evaluate()
}

// centre subtracts the mean from v where there is a constant.
func (m *augLag) centre(v []float64) {
	if m.p.Intercept {
		floats.AddConst(-floats.Sum(v)/float64(len(v)), v)
	}
}

// blockProducts sets w = F'nu.
func (m *augLag) blockProducts(w blas64.General, nu []float64) {
	m.op.signedRows(m.rows, nu, blas64.General{})
	m.op.x.mulTrans(w, m.rows)
}

// solve steps until the relative gap over the blocks is at most tol, the budget
// is spent or no more progress is made, and returns the number of steps.
func (m *augLag) solve(ctx context.Context, tol float64, budget int) int {
	for it := range budget {
		gap := RelGap(m.primal, m.dual)
		if gap < m.best {
			m.best, m.since = gap, 0
		}
		if gap <= tol || ctx.Err() != nil || m.since > augLagPatience || !m.step() {
			return it
		}
		m.since++
	}
	return budget
}

// step updates the multipliers if it is time, and makes a Newton step; false if
// that comes to nothing.
func (m *augLag) step() bool {
	for updates := 0; m.gradNorm <= m.inexact*m.infeasibility(); updates++ {
		if updates == 50 {
			return false
		}
		m.updateMultipliers()
	}
	if m.steps == slowSteps {
		m.sigma, m.steps = m.sigma/sigmaGrowth, 0
		m.evaluate()
	}
	return m.newton()
}

// newton makes a Newton step.
func (m *augLag) newton() bool {
	if !m.sys.factor(m) {
		return false
	}
	floats.ScaleTo(m.dnu, -1, m.grad)
	m.sys.solve(m, m.dnu)
	m.centre(m.dnu)
	m.blockProducts(m.dw, m.dnu)
	alpha := m.search()
	if !(alpha > 0) {
		return false
	}
	floats.AddScaled(m.nu, alpha, m.dnu)
	floats.AddScaled(m.w.Data, alpha, m.dw.Data)
	m.steps++
	m.evaluate()
	return true
}

// infeasibility is |next - u|/sqrt(sigma), in the unit of nu.
func (m *augLag) infeasibility() float64 {
	return floats.Distance(m.next.Data, m.u.Data, 2) / math.Sqrt(m.sigma)
}

// updateMultipliers is u <- prox(a).
func (m *augLag) updateMultipliers() {
	copy(m.u.Data, m.next.Data)
	if m.steps <= quickSteps {
		m.sigma *= sigmaGrowth
	}
	m.steps = 0
	m.evaluate()
}

// evaluate computes from u and w all that depends on them.
func (m *augLag) evaluate() {
	m.active = m.active[:0]
	norms, largest := 0.0, 0.0
	for j := range m.op.blocks {
		next, w := rowOf(m.next, j), rowOf(m.w, j)
		largest = max(largest, floats.Norm(w, 2))
		floats.AddScaledTo(next, rowOf(m.u, j), m.sigma, w)
		size := floats.Norm(next, 2)
		m.tau[j] = m.sigma * m.lambda / size
		if !(m.tau[j] < 1) {
			clear(next)
			continue
		}
		floats.Scale(1-m.tau[j], next)
		norms += size * (1 - m.tau[j])
		m.active = append(m.active, j)
	}
	m.residual()
	m.primal = floats.Dot(m.grad, m.grad)/2 + m.lambda*norms
	m.dual = float64(m.op.n) * bestSquares(m.nu, m.p.Y, largestScale(m.lambda, largest)).value
	floats.SubTo(m.grad, m.nu, m.grad)
	m.gradNorm = floats.Norm(m.grad, 2)
}

// residual sets grad to y - F next - constant.
func (m *augLag) residual() {
	copy(m.grad, m.p.Y)
	for k, j := range m.active {
		copy(rowOf(m.packed, k), rowOf(m.next, j))
	}
	if len(m.active) > 0 {
		m.op.x.mul(firstRows(m.rows, len(m.active)), firstRows(m.packed, len(m.active)))
	}
	for k, j := range m.active {
		z, mask, s := rowOf(m.rows, k), rowOf(m.op.mask, j), m.op.blocks[j].sign
		for i, a := range mask {
			z[i] *= a
			m.grad[i] -= s * z[i]
		}
	}
	m.constant = 0
	if m.p.Intercept {
		m.constant = floats.Sum(m.grad) / float64(len(m.grad))
		floats.AddConst(-m.constant, m.grad)
	}
}

// lineBlock is what a block contributes along the line nu + alpha dnu: |a|^2 =
// aa + 2 alpha ab + alpha^2 bb with b = sigma F_j'dnu.
type lineBlock struct{ aa, ab, bb float64 }

// search is the step length: 1 if psi still falls there, or else a point where
// its slope is at most half of what it was.
func (m *augLag) search() float64 {
	start := floats.Dot(m.grad, m.dnu)
	if !(start < 0) {
		return 0
	}
	m.prepareLine()
	lo, hi, alpha := 0.0, 1.0, 1.0
	for range 40 {
		s := m.slope(alpha)
		switch {
		case s <= 0 && alpha == 1 || math.Abs(s) <= -start/2:
			return alpha
		case s > 0:
			hi = alpha
		default:
			lo = alpha
		}
		alpha = (lo + hi) / 2
	}
	return lo
}

// prepareLine computes what slope needs.
func (m *augLag) prepareLine() {
	s, s2 := m.sigma, m.sigma*m.sigma
	for j := range m.line {
		u, w, dw := rowOf(m.u, j), rowOf(m.w, j), rowOf(m.dw, j)
		m.line[j] = lineBlock{
			aa: floats.Dot(u, u) + 2*s*floats.Dot(u, w) + s2*floats.Dot(w, w),
			ab: s*floats.Dot(u, dw) + s2*floats.Dot(w, dw),
			bb: s2 * floats.Dot(dw, dw),
		}
	}
	m.linear = floats.Dot(m.nu, m.dnu) - floats.Dot(m.p.Y, m.dnu)
	m.quadratic = floats.Dot(m.dnu, m.dnu)
}

// slope is the derivative of psi along the line, at alpha.
func (m *augLag) slope(alpha float64) float64 {
	sum := m.linear + alpha*m.quadratic
	for _, l := range m.line {
		size := math.Sqrt(max(l.aa+2*alpha*l.ab+alpha*alpha*l.bb, 0))
		if over := 1 - m.sigma*m.lambda/size; over > 0 {
			sum += over * (l.ab + alpha*l.bb) / m.sigma
		}
	}
	return sum
}
