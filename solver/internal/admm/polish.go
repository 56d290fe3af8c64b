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
// Res. 1, 1976) for the same splitting, with scaled duals a, b as there:
//
//	u <- argmin  env(F u + a) + kappa sum_j env_j(u_j + b_j)      (phi)
//	a <- F u + a - z    b <- u + b - v
//
// with the Moreau envelopes env of n L/rho and env_j of g_j/(rho kappa), whose
// gradients are w - prox(w). The minimum is found by the semismooth Newton
// method (Qi and Sun, Math. Program. 58, 1993): with J and J_j the derivatives of the
// proximal operators the matrix is
//
//	F'(I - J)F + blkdiag(kappa (I - J_j))       dk x dk.
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
	unit               float64 // of rho
	meanSquare         float64

	u, v, b, grad, du blas64.General // k x d
	w                 blas64.General // k x d: u + b
	rows              blas64.General // k x n
	z, a              []float64      // n
	fu, dfu           []float64      // n: F u and F du
	at, off           []float64      // n: F u + a and its distance from z
	constant          float64
	loss              *lossProx
	block             *blockProx
	err               error // of a projection

	steps, since int     // Newton steps, all and since the multipliers changed
	gradNorm     float64 // |grad phi|
	infeasible   float64 // |(F u - z, sqrt(kappa) (u - v))| over |(F u, sqrt(kappa) u)|
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
	// slowSteps were not enough. Measured on the reference problems with l1, linf and
	// hinge: a growth of 10, 4 quick and 12 slow steps take half as many steps again.
	penaltyGrowth = 3
	quickSteps    = 6
	fastDecrease  = 0.05
	slowSteps     = 20
	// polishSteps is the largest number of Newton steps of one polish: most take less
	// than 100.
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
	q := &polish{op: op, p: m.p, lambda: m.lambda, kappa: m.kappa, rho: m.Rho, unit: m.unit, meanSquare: m.meanSquare, loss: newLossProx(m.p, m.loss.l), before: math.Inf(1)}
	q.loss.c = m.Constant
	q.block = newBlockProx(m.p, m.block.spare, op.Blocks, true)
	for _, g := range []*blas64.General{&q.u, &q.v, &q.b, &q.w, &q.grad, &q.du} {
		*g = operator.NewGeneral(k, d)
	}
	q.rows = operator.NewGeneral(k, n)
	for _, v := range []*[]float64{&q.z, &q.a, &q.fu, &q.dfu, &q.at, &q.off} {
		*v = make([]float64, n)
	}
	q.system = newPolishSystem(q, gram)
	return q
}

// run makes Newton steps and updates multipliers until the relative gap of v over
// the blocks is at most tol; false if that does not come, or not within the budget.
func (q *polish) run(ctx context.Context, tol float64, budget program.Budget) bool {
	q.block.ctx = ctx
	q.products()
	q.evaluate()
	for q.steps < polishSteps && ctx.Err() == nil && q.err == nil && budget.Left() > 0 {
		if q.gradNorm <= max(q.lambda/q.rho*max(inexactness*q.infeasible, gradientShare*tol), q.rounding()) {
			q.updateMultipliers()
			if q.gap() <= tol {
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
	return q.err == nil && q.gap() <= tol
}

// rounding is about the size of a gradient that is nothing but rounding.
func (q *polish) rounding() float64 {
	return 0x1p-52 * q.meanSquare * floats.Norm(q.u.Data, 2)
}

// products sets F u.
func (q *polish) products() { q.apply(q.fu, q.u) }

// apply sets f = F u.
func (q *polish) apply(f []float64, u blas64.General) {
	q.op.Forward(f, u, q.rows)
}

// evaluate takes the proximal operators at u, and the gradient
// F'(Fu + a - z) + kappa (u + b - v).
func (q *polish) evaluate() {
	floats.AddTo(q.at, q.fu, q.a)
	q.constant = q.loss.at(q.z, q.at, q.rho)
	floats.SubTo(q.off, q.at, q.z)
	floats.AddTo(q.w.Data, q.u.Data, q.b.Data)
	q.proxBlocks()
	q.op.Backward(q.grad, q.off, q.rows)
	floats.AddScaled(q.grad.Data, q.kappa, q.w.Data)
	floats.AddScaled(q.grad.Data, -q.kappa, q.v.Data)
	q.gradNorm = floats.Norm(q.grad.Data, 2)
	root := math.Sqrt(q.kappa)
	apart := math.Hypot(floats.Distance(q.fu, q.z, 2), root*floats.Distance(q.u.Data, q.v.Data, 2))
	size := math.Hypot(floats.Norm(q.fu, 2), root*floats.Norm(q.u.Data, 2))
	q.infeasible = apart / max(size, math.SmallestNonzeroFloat64)
}

// proxBlocks sets v from w.
func (q *polish) proxBlocks() {
	if err := q.block.at(q.v, q.w, q.lambda/(q.rho*q.kappa)); err != nil && q.err == nil {
		q.err = err
	}
}

// updateMultipliers is the second line of the method, and chooses rho.
func (q *polish) updateMultipliers() {
	copy(q.a, q.off)
	floats.Add(q.b.Data, q.u.Data)
	floats.Sub(q.b.Data, q.v.Data)
	if q.since <= quickSteps && q.infeasible > fastDecrease*q.before {
		q.changePenalty(penaltyGrowth)
	}
	q.before, q.since = q.infeasible, 0
	q.products()
	q.evaluate()
}

// changePenalty multiplies rho by f; the scaled duals follow.
func (q *polish) changePenalty(f float64) {
	if rho := q.rho * f; rho > q.unit*largestPenalty || rho < q.unit/largestPenalty {
		return
	}
	q.rho *= f
	floats.Scale(1/f, q.a)
	floats.Scale(1/f, q.b.Data)
}

// gap is that of the objective at v, which is in the cones, to the bound that the
// multipliers prove.
func (q *polish) gap() float64 {
	q.apply(q.dfu, q.v)
	return program.RelGap(q.objective(q.dfu), q.bound())
}

// settled is the distance from the constraints below which a prediction outside the
// domain of the loss is so by rounding.
const settled = 1e-6

// outside reports whether v is a solution but for rounding that keeps its prediction
// out of the domain of the loss.
func (q *polish) outside() bool {
	if q.infeasible > settled {
		return false
	}
	q.apply(q.dfu, q.v)
	floats.AddConst(q.constant, q.dfu)
	return math.IsInf(q.p.LossOrSquared().Value(q.dfu, q.p.Y), 1)
}

// objective is n times that at v, with F v = f, continued beyond the domain of the
// loss. It overwrites f.
func (q *polish) objective(f []float64) float64 {
	sum := 0.0
	for j := range q.op.Blocks {
		sum += q.lambda * floats.Norm(operator.RowOf(q.v, j), 2)
	}
	floats.AddConst(q.constant, f)
	return sum + float64(q.op.N)*loss.Merit(q.p.LossOrSquared(), f, q.p.Y)
}

// bound is n times the dual function at nu = -rho a, scaled by how much its
// largest |P_j(F_j'nu)| may exceed lambda: rho kappa b_j is a slope of g_j, so that its
// projection is no longer than lambda, and projections shorten distances.
func (q *polish) bound() float64 {
	l := q.p.LossOrSquared()
	q.op.Backward(q.du, q.a, q.rows)
	floats.AddScaled(q.du.Data, q.kappa, q.b.Data)
	apart := 0.0
	for j := range q.op.Blocks {
		apart = max(apart, floats.Norm(operator.RowOf(q.du, j), 2))
	}
	nu := q.dfu
	floats.ScaleTo(nu, -q.rho*q.lambda/(q.lambda+q.rho*apart), q.a)
	l.Project(nu, q.p.Y, q.p.Intercept)
	return float64(q.op.N) * l.Dual(nu, q.p.Y)
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
	q.apply(q.dfu, q.du)
	alpha := q.search(start, min(1, reach*q.length()/floats.Norm(q.du.Data, 2)))
	if !(alpha > 0) {
		return false
	}
	floats.AddScaled(q.u.Data, alpha, q.du.Data)
	floats.AddScaled(q.fu, alpha, q.dfu)
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
	floats.AddScaledTo(q.w.Data, q.u.Data, alpha, q.du.Data)
	floats.Add(q.w.Data, q.b.Data)
	q.proxBlocks()
	for i, d := range q.du.Data {
		sum += q.kappa * (q.w.Data[i] - q.v.Data[i]) * d
	}
	return sum
}
