package auglag

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// AugLag is the augmented Lagrangian method on the dual of a gated program with
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
type AugLag struct {
	Op            *operator.Operators
	Sys           *augLagSystem
	P             *program.Problem
	O             Options
	Lambda, Sigma float64
	steps         int // Newton steps since the multipliers changed

	U, w, dw     blas64.General // B x d: multipliers, F'nu, F'dnu
	Next         blas64.General // B x d: prox(u + sigma w), the point of the program
	Tau          []float64      // B: sigma lambda/|a_j|, at least 1 for idle blocks
	Active       []int          // blocks with tau < 1
	Nu, dnu      []float64      // n
	Grad         []float64      // n: C (nu - (y - F next))
	GradNorm     float64
	Constant     float64
	Primal, Dual float64 // objective at next and a bound over the blocks, times n

	best  float64 // smallest gap so far
	since int     // steps since then

	rows   blas64.General // B x n: X next_j for the active blocks in the first rows
	packed blas64.General // B x d
	line   []lineBlock    // B

	linear, quadratic float64 // of psi along the line, without the blocks
}

// SigmaOfNeighbour multiplies sigma at the start of the next point of a path:
// the proximal operator enlarges the errors of its nu by sigma.
const SigmaOfNeighbour = 0.1

func NewAugLag(op *operator.Operators, gram *operator.GramCache, p *program.Problem, o Options) *AugLag {
	b, n, d := len(op.Blocks), op.N, op.D
	m := &AugLag{Op: op, P: p, Lambda: p.Beta * float64(n), O: o, Sigma: o.Sigma / operator.MeanSquare(op.X), Sys: newAugLagSystem(op, gram, p.Intercept)}
	for _, g := range []*blas64.General{&m.U, &m.w, &m.dw, &m.Next, &m.packed} {
		*g = operator.NewGeneral(b, d)
	}
	m.rows = operator.NewGeneral(b, n)
	for _, v := range []*[]float64{&m.Nu, &m.dnu, &m.Grad} {
		*v = make([]float64, n)
	}
	m.Tau, m.Active, m.line = make([]float64, b), make([]int, 0, b), make([]lineBlock, b)
	return m
}

// Point is where a run ended or the next begins.
type Point struct {
	index map[operator.Block]int // row of u of every active block
	u     blas64.General
	Nu    []float64
	Sigma float64
}

// Point is a copy of the point reached.
func (m *AugLag) Point() *Point {
	pt := &Point{index: make(map[operator.Block]int, len(m.Active)), u: operator.NewGeneral(len(m.Active), m.Op.D), Nu: slices.Clone(m.Nu), Sigma: m.Sigma}
	for k, j := range m.Active {
		pt.index[m.Op.Blocks[j]] = k
		copy(operator.RowOf(pt.u, k), operator.RowOf(m.Next, j))
	}
	return pt
}

// Beyond is the point as far from pt as t times the way from before to pt, on
// the straight line through both, with the active blocks of pt.
func (pt *Point) Beyond(before *Point, t float64) *Point {
	e := &Point{index: pt.index, u: operator.CloneGeneral(pt.u), Nu: slices.Clone(pt.Nu), Sigma: pt.Sigma}
	floats.Scale(1+t, e.Nu)
	floats.AddScaled(e.Nu, -t, before.Nu)
	for b, k := range pt.index {
		if l, ok := before.index[b]; ok {
			floats.Scale(1+t, operator.RowOf(e.u, k))
			floats.AddScaled(operator.RowOf(e.u, k), -t, operator.RowOf(before.u, l))
		}
	}
	return e
}

// Start begins at pt, for the problem p, which may differ in beta from the last.
func (m *AugLag) Start(p *program.Problem, pt *Point) {
	m.P, m.Lambda, m.Sigma = p, p.Beta*float64(m.Op.N), pt.Sigma
	m.best, m.since, m.steps = math.Inf(1), 0, 0
	copy(m.Nu, pt.Nu)
	m.Centre(m.Nu)
	for j, b := range m.Op.Blocks {
		if k, ok := pt.index[b]; ok {
			copy(operator.RowOf(m.U, j), operator.RowOf(pt.u, k))
		} else {
			clear(operator.RowOf(m.U, j))
		}
	}
	m.BlockProducts(m.w, m.Nu)
	m.evaluate()
}

// Centre subtracts the mean from v where there is a constant.
func (m *AugLag) Centre(v []float64) {
	if m.P.Intercept {
		floats.AddConst(-floats.Sum(v)/float64(len(v)), v)
	}
}

// BlockProducts sets w = F'nu.
func (m *AugLag) BlockProducts(w blas64.General, nu []float64) {
	m.Op.SignedRows(m.rows, nu, blas64.General{})
	m.Op.X.MulTrans(w, m.rows)
}

// Solve steps until the relative gap over the blocks is at most tol, the budget
// is spent or no more progress is made, and returns the number of steps.
func (m *AugLag) Solve(ctx context.Context, tol float64, budget int) int {
	for it := range budget {
		gap := program.RelGap(m.Primal, m.Dual)
		if gap < m.best {
			m.best, m.since = gap, 0
		}
		if gap <= tol || ctx.Err() != nil || m.since > m.O.Patience || !m.Step() {
			return it
		}
		m.since++
	}
	return budget
}

// Step updates the multipliers if it is time, and makes a Newton step; false if
// that comes to nothing.
func (m *AugLag) Step() bool {
	for updates := 0; m.GradNorm <= m.O.Inexactness*m.infeasibility(); updates++ {
		if updates == 50 {
			return false
		}
		m.updateMultipliers()
	}
	if m.steps == m.O.SlowSteps {
		m.Sigma, m.steps = m.Sigma/m.O.Growth, 0
		m.evaluate()
	}
	return m.Newton()
}

// Newton makes a Newton step.
func (m *AugLag) Newton() bool {
	if !m.Sys.Factor(m) {
		return false
	}
	floats.ScaleTo(m.dnu, -1, m.Grad)
	m.Sys.Solve(m, m.dnu)
	m.Centre(m.dnu)
	m.BlockProducts(m.dw, m.dnu)
	alpha := m.search()
	if !(alpha > 0) {
		return false
	}
	floats.AddScaled(m.Nu, alpha, m.dnu)
	floats.AddScaled(m.w.Data, alpha, m.dw.Data)
	m.steps++
	m.evaluate()
	return true
}

// infeasibility is |next - u|/sqrt(sigma), in the unit of nu.
func (m *AugLag) infeasibility() float64 {
	return floats.Distance(m.Next.Data, m.U.Data, 2) / math.Sqrt(m.Sigma)
}

// updateMultipliers is u <- prox(a).
func (m *AugLag) updateMultipliers() {
	copy(m.U.Data, m.Next.Data)
	if m.steps <= m.O.QuickSteps {
		m.Sigma *= m.O.Growth
	}
	m.steps = 0
	m.evaluate()
}

// evaluate computes from u and w all that depends on them.
func (m *AugLag) evaluate() {
	m.Active = m.Active[:0]
	norms, largest := 0.0, 0.0
	for j := range m.Op.Blocks {
		next, w := operator.RowOf(m.Next, j), operator.RowOf(m.w, j)
		largest = max(largest, floats.Norm(w, 2))
		floats.AddScaledTo(next, operator.RowOf(m.U, j), m.Sigma, w)
		size := floats.Norm(next, 2)
		m.Tau[j] = m.Sigma * m.Lambda / size
		if !(m.Tau[j] < 1) {
			clear(next)
			continue
		}
		floats.Scale(1-m.Tau[j], next)
		norms += size * (1 - m.Tau[j])
		m.Active = append(m.Active, j)
	}
	m.residual()
	m.Primal = floats.Dot(m.Grad, m.Grad)/2 + m.Lambda*norms
	m.Dual = float64(m.Op.N) * loss.BestSquares(m.Nu, m.P.Y, loss.LargestScale(m.Lambda, largest)).Value
	floats.SubTo(m.Grad, m.Nu, m.Grad)
	m.GradNorm = floats.Norm(m.Grad, 2)
}

// residual sets grad to y - F next - constant.
func (m *AugLag) residual() {
	copy(m.Grad, m.P.Y)
	for k, j := range m.Active {
		copy(operator.RowOf(m.packed, k), operator.RowOf(m.Next, j))
	}
	m.Op.X.Book(operator.PassWork * float64(len(m.Active)) * float64(m.Op.N))
	if len(m.Active) > 0 {
		m.Op.X.Mul(operator.FirstRows(m.rows, len(m.Active)), operator.FirstRows(m.packed, len(m.Active)))
	}
	for k, j := range m.Active {
		z, mask, s := operator.RowOf(m.rows, k), operator.RowOf(m.Op.Mask, j), m.Op.Blocks[j].Sign
		for i, a := range mask {
			z[i] *= a
			m.Grad[i] -= s * z[i]
		}
	}
	m.Constant = 0
	if m.P.Intercept {
		m.Constant = floats.Sum(m.Grad) / float64(len(m.Grad))
		floats.AddConst(-m.Constant, m.Grad)
	}
}

// lineBlock is what a block contributes along the line nu + alpha dnu: |a|^2 =
// aa + 2 alpha ab + alpha^2 bb with b = sigma F_j'dnu.
type lineBlock struct{ aa, ab, bb float64 }

// search is the step length: 1 if psi still falls there, or else a point where
// its slope is at most half of what it was.
func (m *AugLag) search() float64 {
	start := floats.Dot(m.Grad, m.dnu)
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
func (m *AugLag) prepareLine() {
	s, s2 := m.Sigma, m.Sigma*m.Sigma
	for j := range m.line {
		u, w, dw := operator.RowOf(m.U, j), operator.RowOf(m.w, j), operator.RowOf(m.dw, j)
		m.line[j] = lineBlock{
			aa: floats.Dot(u, u) + 2*s*floats.Dot(u, w) + s2*floats.Dot(w, w),
			ab: s*floats.Dot(u, dw) + s2*floats.Dot(w, dw),
			bb: s2 * floats.Dot(dw, dw),
		}
	}
	m.linear = floats.Dot(m.Nu, m.dnu) - floats.Dot(m.P.Y, m.dnu)
	m.quadratic = floats.Dot(m.dnu, m.dnu)
}

// slope is the derivative of psi along the line, at alpha.
func (m *AugLag) slope(alpha float64) float64 {
	sum := m.linear + alpha*m.quadratic
	for _, l := range m.line {
		size := math.Sqrt(max(l.aa+2*alpha*l.ab+alpha*alpha*l.bb, 0))
		if over := 1 - m.Sigma*m.Lambda/size; over > 0 {
			sum += over * (l.ab + alpha*l.bb) / m.Sigma
		}
	}
	return sum
}
