package admm

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// polish takes the iterates of ADMM to the last digits over the k blocks that
// they name active. It is the method of multipliers (Rockafellar, Math. Oper.
// Res. 1, 1976) for the same splitting, with scaled duals a, b, c as there:
//
//	u <- argmin  env(F u + a) + kappa sum_j env_j(u_j + b_j) + |min(G u + c, 0)|^2/2      (phi)
//	a <- F u + a - z    b <- u + b - v    c <- min(G u + c, 0)
//
// with the Moreau envelopes env of n L/rho and env_j of lambda|.|/(rho kappa), whose
// gradients are v - prox(v). The minimum is found by the semismooth Newton
// method (Qi and Sun, Math. Program. 58, 1993): with J and J_j the derivatives of the
// proximal operators the matrix is
//
//	F'(I - J)F + blkdiag(kappa (I - J_j) + X' diag(G_j u_j + c_j < 0) X)       dk x dk.
//
// Near the optimum the proximal operators name the blocks that are zero, the cone
// rows that are active and the samples at a kink of the loss, the same at every step,
// and the steps are those of Newton's method on that manifold; names that are wrong
// change from step to step. The multipliers converge linearly with a factor of the
// order of 1/rho, and rho grows as long as that is not fast.
type polish struct {
	op                 *operator.Operators
	p                  *program.Problem
	lambda, kappa, rho float64
	meanSquare         float64

	u, v, b, grad, du blas64.General // k x d
	g, dg             blas64.General // k x n: G u and G du
	c, below          blas64.General // k x n: c and min(G u + c, 0)
	rows              blas64.General // k x n
	z, a              []float64      // n
	fu, dfu           []float64      // n: F u and F du
	at, off           []float64      // n: F u + a and its distance from z
	constant          float64
	loss              *lossProx

	steps, since int     // Newton steps, all and since the multipliers changed
	gradNorm     float64 // |grad phi|
	infeasible   float64 // |(F u - z, sqrt(kappa) (u - v), G u - s)| over |(F u, sqrt(kappa) u, G u)|
	before       float64 // infeasible when the multipliers changed last

	system *polishSystem
}

const (
	// inexactness: the multipliers are updated when rho |grad phi| is at most that
	// times infeasible, relative to lambda.
	inexactness = 0.3
	// gradientShare of the tolerance is as small as that need be.
	gradientShare = 0.1
	// penaltyGrowth multiplies rho when quickSteps or fewer Newton steps made
	// infeasible no less than fastDecrease times what it was, and divides it when
	// slowSteps were not enough.
	penaltyGrowth = 10
	quickSteps    = 4
	fastDecrease  = 0.05
	slowSteps     = 12
	// polishSteps is the largest number of Newton steps of one polish: LInf with
	// cones takes up to 300, other losses less than 150.
	polishSteps = 400
	// reach limits the length of a Newton step, as a multiple of that of u: where
	// phi is flat, which losses with kinks make it, the matrix is singular. The
	// matrix is damped for that, by less and less as the gradient falls, so that the
	// convergence stays fast (Li, Fukushima, Qi and Yamashita, Comput. Optim. Appl. 28, 2004).
	reach = 100
	// halvings of a step there are at most.
	halvings = 40
)

func newPolish(op *operator.Operators, gram *operator.GramCache, m *ADMM) *polish {
	k, n, d := len(op.Blocks), op.N, op.D
	q := &polish{op: op, p: m.p, lambda: m.lambda, kappa: m.kappa, rho: m.Rho, meanSquare: m.meanSquare, loss: newLossProx(m.p), before: math.Inf(1)}
	q.loss.c = m.Constant
	for _, g := range []*blas64.General{&q.u, &q.v, &q.b, &q.grad, &q.du} {
		*g = operator.NewGeneral(k, d)
	}
	q.rows = operator.NewGeneral(k, n)
	if m.s.Data != nil {
		for _, g := range []*blas64.General{&q.g, &q.dg, &q.c, &q.below} {
			*g = operator.NewGeneral(k, n)
		}
	}
	for _, v := range []*[]float64{&q.z, &q.a, &q.fu, &q.dfu, &q.at, &q.off} {
		*v = make([]float64, n)
	}
	q.system = newPolishSystem(q, gram)
	return q
}

// run makes Newton steps and updates multipliers until the relative gap over the
// blocks and their distance from the constraints are at most tol; false if that
// does not come.
func (q *polish) run(ctx context.Context, tol float64) bool {
	q.products()
	q.evaluate()
	for q.steps < polishSteps && ctx.Err() == nil {
		if q.gradNorm <= max(q.lambda/q.rho*max(inexactness*q.infeasible, gradientShare*tol), q.rounding()) {
			q.updateMultipliers()
			if q.converged(tol) {
				return true
			}
		}
		if q.since >= slowSteps {
			q.changePenalty(1. / penaltyGrowth)
			q.since = 0
			q.evaluate()
		}
		if !q.newton() {
			break
		}
	}
	return q.converged(tol)
}

// rounding is about the size of a gradient that is nothing but rounding.
func (q *polish) rounding() float64 {
	return 0x1p-52 * q.meanSquare * floats.Norm(q.u.Data, 2)
}

func (q *polish) converged(tol float64) bool { return q.infeasible <= tol && q.gap() <= tol }

// products sets F u and G u.
func (q *polish) products() { q.apply(q.fu, q.g, q.u) }

// apply sets f = F u and, with cones, g = G u without what stands for zero rows.
func (q *polish) apply(f []float64, g, u blas64.General) {
	q.op.X.Mul(q.rows, u)
	q.op.Predict(f, q.rows)
	if g.Data == nil {
		return
	}
	q.op.Slack(q.rows)
	copy(g.Data, q.rows.Data)
	for _, i := range q.op.Zero {
		for j := range q.op.Blocks {
			g.Data[j*g.Stride+i] = 0
		}
	}
}

// evaluate takes the proximal operators at u, and the gradient
// F'(Fu + a - z) + kappa (u + b - v) + G' min(G u + c, 0).
func (q *polish) evaluate() {
	floats.AddTo(q.at, q.fu, q.a)
	q.constant = q.loss.at(q.z, q.at, q.rho)
	floats.SubTo(q.off, q.at, q.z)
	apart, size := floats.Distance(q.fu, q.z, 2), floats.Norm(q.fu, 2)
	sum, whole := apart*apart, size*size
	for i, g := range q.g.Data {
		q.below.Data[i] = min(g+q.c.Data[i], 0)
		e := q.below.Data[i] - q.c.Data[i] // G u - s
		sum += e * e
		whole += g * g
	}
	q.op.SignedRows(q.rows, q.off, q.below)
	q.op.X.MulTrans(q.grad, q.rows)
	for j := range q.op.Blocks {
		u, v, b, g := operator.RowOf(q.u, j), operator.RowOf(q.v, j), operator.RowOf(q.b, j), operator.RowOf(q.grad, j)
		at := operator.RowOf(q.du, j)
		floats.AddTo(at, u, b)
		shrink(v, at, q.threshold())
		for i, w := range at {
			g[i] += q.kappa * (w - v[i])
			e := u[i] - v[i]
			sum += q.kappa * e * e
			whole += q.kappa * u[i] * u[i]
		}
	}
	q.gradNorm = floats.Norm(q.grad.Data, 2)
	q.infeasible = math.Sqrt(sum / math.Max(whole, math.SmallestNonzeroFloat64))
}

// threshold is the length that the proximal operator of a norm takes off.
func (q *polish) threshold() float64 { return q.lambda / (q.rho * q.kappa) }

// updateMultipliers is the second line of the method, and chooses rho.
func (q *polish) updateMultipliers() {
	copy(q.a, q.off)
	floats.Add(q.b.Data, q.u.Data)
	floats.Sub(q.b.Data, q.v.Data)
	copy(q.c.Data, q.below.Data)
	if q.since <= quickSteps && q.infeasible > fastDecrease*q.before {
		q.changePenalty(penaltyGrowth)
	}
	q.before, q.since = q.infeasible, 0
	q.products()
	q.evaluate()
}

// changePenalty multiplies rho by f; the scaled duals follow.
func (q *polish) changePenalty(f float64) {
	if rho := q.rho * f; rho > largestPenalty || rho < 1/largestPenalty {
		return
	}
	q.rho *= f
	floats.Scale(1/f, q.a)
	floats.Scale(1/f, q.b.Data)
	floats.Scale(1/f, q.c.Data)
}

// gap is the relative distance of the objective at u, which is all but feasible,
// from the bound that the multipliers prove: nu = -rho a, scaled by how much
// |F_j'nu + G_j'mu| exceeds lambda with mu = -rho c. It says when to look at the
// certified gap.
func (q *polish) gap() float64 {
	l, n := q.p.LossOrSquared(), float64(q.op.N)
	primal := 0.0
	for j := range q.op.Blocks {
		primal += q.lambda * floats.Norm(operator.RowOf(q.u, j), 2)
	}
	work := q.dfu
	copy(work, q.fu)
	floats.AddConst(q.constant, work)
	primal += n * loss.Merit(l, work, q.p.Y)

	q.op.SignedRows(q.rows, q.a, q.c)
	q.op.X.MulTrans(q.du, q.rows)
	largest := 0.0
	for j := range q.op.Blocks {
		largest = max(largest, q.rho*floats.Norm(operator.RowOf(q.du, j), 2))
	}
	floats.ScaleTo(work, -q.rho*min(1, q.lambda/largest), q.a)
	l.Project(work, q.p.Y, q.p.Intercept)
	return math.Abs(program.RelGap(primal, n*l.Dual(work, q.p.Y)))
}

// newton makes a step; false if that comes to nothing.
func (q *polish) newton() bool {
	if !q.system.factor() {
		return false
	}
	floats.ScaleTo(q.du.Data, -1, q.grad.Data)
	q.system.solve(q.du.Data)
	start := floats.Dot(q.du.Data, q.grad.Data)
	if !(start < 0) {
		return false
	}
	q.apply(q.dfu, q.dg, q.du)
	alpha := q.search(start, min(1, reach*q.length()/floats.Norm(q.du.Data, 2)))
	if !(alpha > 0) {
		return false
	}
	floats.AddScaled(q.u.Data, alpha, q.du.Data)
	floats.AddScaled(q.fu, alpha, q.dfu)
	if q.g.Data != nil {
		floats.AddScaled(q.g.Data, alpha, q.dg.Data)
	}
	q.steps++
	q.since++
	q.evaluate()
	return true
}

// length is that of u, or of a u that would fit y where u is smaller.
func (q *polish) length() float64 {
	return math.Max(floats.Norm(q.u.Data, 2), floats.Norm(q.p.Y, 2)/math.Sqrt(q.meanSquare))
}

// search is the length of the step: most if phi still falls there, or else a point
// where its slope is at most half of start, what it was.
func (q *polish) search(start, most float64) float64 {
	lo, hi, alpha := 0.0, most, most
	for range halvings {
		s := q.slope(alpha)
		switch {
		case s <= 0 && alpha == most || math.Abs(s) <= -start/2:
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

// slope is the derivative of phi along du, at alpha. It leaves other values in z
// and v.
func (q *polish) slope(alpha float64) float64 {
	floats.AddScaledTo(q.at, q.fu, alpha, q.dfu)
	floats.Add(q.at, q.a)
	q.loss.at(q.z, q.at, q.rho)
	sum := 0.0
	for i, d := range q.dfu {
		sum += (q.at[i] - q.z[i]) * d
	}
	for i, d := range q.dg.Data {
		sum += min(q.g.Data[i]+alpha*d+q.c.Data[i], 0) * d
	}
	for j := range q.op.Blocks {
		du, v := operator.RowOf(q.du, j), operator.RowOf(q.v, j)
		floats.AddScaledTo(v, operator.RowOf(q.u, j), alpha, du)
		floats.Add(v, operator.RowOf(q.b, j))
		sum += q.kappa * q.shrunk(v) * floats.Dot(v, du)
	}
	return sum
}

// shrunk is the share of v that the proximal operator of a norm takes off.
func (q *polish) shrunk(v []float64) float64 {
	return min(1, q.threshold()/floats.Norm(v, 2))
}
