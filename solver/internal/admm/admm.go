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

// ADMM is the alternating direction method of multipliers for the program over
// the B blocks of a working set, split as
//
//	min n L(z) + sum_j g_j(v_j)   s.t.  F u = z,  u = v,    g_j(v) = lambda |v| + I(S_j X v >= 0)
//
// with lambda = n beta and without the cones for gated blocks. The penalty is rho for
// the first constraint and rho kappa for u = v, kappa a tenth of the mean eigenvalue of
// X'X, so that the u-step has a matrix that depends neither on rho nor on the loss. With
// scaled duals a, b and over-relaxation (Fu^ = omega Fu + (1-omega) z, and so on) an
// iteration is
//
//	u <- (F'F + kappa I)^{-1} (F'(z - a) + kappa (v - b))
//	z <- prox_{nL/rho}(Fu^ + a)    v_j <- prox_{g_j/(rho kappa)}(u_j^ + b_j)
//	a <- a + Fu^ - z               b   <- b + u^ - v
//
// v is in the cones throughout, and at the limit nu = -rho a. (With copies s = G u of
// the cone rows of all blocks instead, which need no projections on cones, iterations
// are many times as many, and the multipliers of u = 0 spread over all n rows.)
// A free constant belongs to the loss: L is replaced by min_c L(z + c).
type ADMM struct {
	Op            *operator.Operators
	Sys           LinearSystem
	p             *program.Problem
	o             Options
	lambda, kappa float64
	meanSquare    float64 // mean eigenvalue of X'X
	Rho           float64
	unit          float64 // of Rho

	u, V, b      blas64.General // B x d
	z, A         []float64      // n
	loss         *lossProx
	block        *blockProx
	err          error   // of a projection
	polishRho    float64 // at the end of the last polish, 0 before one
	Constant     float64
	done         int // iterations so far
	nextAdapt    int
	old          blas64.General // B x d: the last v
	rhs          blas64.General // B x d
	rows         blas64.General // B x n
	fu, oldZ     []float64
	primal, dual float64 // residuals: how far F u and u are from z and v, and how far these moved, relative to F u and u and to the multipliers a and b

	// Acceleration of the map of the points w = (z + a, v + b) at which
	// the proximal operators are taken, from which z, a, v, b follow.
	aa       *anderson // nil where its memory would be too large
	w, g     []float64
	fallback []float64 // g before an extrapolation that is on trial
	onTrial  bool
	limit    float64 // what |g - w| may be for it to stay
}

const (
	// adaptEvery iterations the residuals are looked at and the penalty is
	// balanced, at intervals that grow by half, so that it settles.
	adaptEvery = 20
	// accelerateEvery iterations the last of such steps are extrapolated. The
	// extrapolation is undone if the next step is longer than the one before it.
	accelerateEvery = 10
	// inexactStep is the error of a u-step relative to the smaller residual of the
	// last one, so that the errors fall as fast as the iterates settle.
	inexactStep = 0.01
	// kappaShare makes kappa from the mean eigenvalue of X'X.
	kappaShare = 0.1
	// largestHistory is the number of float64 the history may take.
	largestHistory = 1 << 26
	// largestPenalty is the largest rho, and its inverse the smallest, in units of
	// penaltyUnit: rho times the distance from a proximal point must keep some digits.
	largestPenalty = 1e6
)

// NewADMM is ADMM at u = 0; the projectors are those of the problem, nil for new ones.
func NewADMM(op *operator.Operators, gram *operator.GramCache, p *program.Problem, spare *projectors, o Options) (*ADMM, error) {
	b, n, d := len(op.Blocks), op.N, op.D
	m := &ADMM{Op: op, p: p, lambda: p.Beta * float64(n), unit: penaltyUnit(p), o: o, meanSquare: operator.MeanSquare(op.X), loss: newLossProx(p, p.LossOrSquared())}
	m.kappa, m.Rho = kappaShare*m.meanSquare, o.Penalty*m.unit
	var err error
	if m.Sys, err = newLinearSystem(op, gram, m.kappa, o); err != nil {
		return nil, err
	}
	if spare == nil {
		spare = newProjectors(p)
	}
	m.block = newBlockProx(p, spare, op.Blocks, false)
	for _, g := range []*blas64.General{&m.u, &m.V, &m.b, &m.old, &m.rhs} {
		*g = operator.NewGeneral(b, d)
	}
	m.rows = operator.NewGeneral(b, n)
	for _, v := range []*[]float64{&m.z, &m.A, &m.fu, &m.oldZ} {
		*v = make([]float64, n)
	}
	if dim := n + b*d; o.Memory > 0 && 2*o.Memory*dim <= largestHistory {
		m.aa = NewAnderson(dim, o.Memory)
		m.w, m.g, m.fallback = make([]float64, dim), make([]float64, dim), make([]float64, dim)
	}
	return m, nil
}

func (m *ADMM) squares() bool { return m.p.LossOrSquared() == loss.Squared }

// StartFrom copies the state of an earlier run, by block. New blocks get the b with
// which u = 0 solves the u-step, at a fixed point.
func (m *ADMM) StartFrom(from *ADMM) {
	index := make(map[operator.Block]int, len(from.Op.Blocks))
	for k, b := range from.Op.Blocks {
		index[b] = k
	}
	m.Op.Backward(m.b, from.A, m.rows)
	floats.Scale(-1/m.kappa, m.b.Data)
	for j, b := range m.Op.Blocks {
		k, ok := index[b]
		if !ok {
			continue
		}
		copy(operator.RowOf(m.u, j), operator.RowOf(from.u, k))
		copy(operator.RowOf(m.V, j), operator.RowOf(from.V, k))
		copy(operator.RowOf(m.b, j), operator.RowOf(from.b, k))
		m.block.warm(j, from.block, k)
	}
	copy(m.z, from.z)
	copy(m.A, from.A)
	m.Rho = from.Rho
	m.loss.l = from.loss.l
	m.polishRho = from.polishRho
}

// StartAt begins at a point and its slopes, as if they were the solution.
func (m *ADMM) StartAt(from *program.Start) {
	copy(m.u.Data, from.U.Data)
	copy(m.V.Data, from.U.Data)
	m.Op.Forward(m.z, m.u, m.rows)
	floats.ScaleTo(m.A, -1/m.Rho, from.Nu)
	m.Op.Backward(m.b, m.A, m.rows)
	floats.Scale(-1/m.kappa, m.b.Data)
}

// Run iterates until both residuals are at most eps, the budget is spent, ctx ends or a
// projection fails, and returns the number of iterations made. An iteration that ctx ends in
// leaves v and z as they were before it.
func (m *ADMM) Run(ctx context.Context, eps float64, budget int) int {
	m.block.ctx = ctx
	for it := range budget {
		if m.err != nil || ctx.Err() != nil {
			return it
		}
		if it > 0 && it%adaptEvery == 0 {
			if max(m.primal, m.dual) <= eps {
				return it
			}
			if m.done >= m.nextAdapt {
				m.adapt()
				m.nextAdapt = m.done + max(adaptEvery, m.done/2)
			}
		}
		m.done++
		if m.aa == nil {
			m.Step()
		} else {
			m.acceleratedStep()
		}
	}
	return budget
}

// acceleratedStep is step with an extrapolation now and then.
func (m *ADMM) acceleratedStep() {
	extrapolate := m.done%accelerateEvery == 0
	if !extrapolate && !m.onTrial {
		m.Step()
		return
	}
	m.pack(m.w)
	m.Step()
	m.pack(m.g)
	length := floats.Distance(m.g, m.w, 2)
	if m.onTrial {
		m.onTrial = false
		if !(length <= m.limit) {
			m.unpack(m.fallback)
			m.aa.reset()
			return
		}
	}
	if extrapolate {
		copy(m.fallback, m.g)
		if m.aa.Extrapolate(m.w, m.g) {
			m.unpack(m.g)
			m.onTrial, m.limit = true, length
		}
	}
}

// pack writes w = (z + a, sqrt(kappa) (v + b)), in which coordinates the iteration
// does not expand distances.
func (m *ADMM) pack(w []float64) {
	n := len(m.z)
	floats.AddTo(w[:n], m.z, m.A)
	floats.AddTo(w[n:], m.V.Data, m.b.Data)
	floats.Scale(math.Sqrt(m.kappa), w[n:])
}

// unpack takes the proximal operators at w.
func (m *ADMM) unpack(w []float64) {
	n := len(m.z)
	copy(m.fu, w[:n])
	m.proxLoss()
	floats.ScaleTo(m.b.Data, 1/math.Sqrt(m.kappa), w[n:])
	m.proxBlocks()
}

// stepPasses of an iteration over matrices of blocks and rows, B x n, beside those of its
// operators.
const stepPasses = 5

// Step makes one iteration.
func (m *ADMM) Step() {
	m.Op.X.Book(stepPasses * operator.PassWork * float64(len(m.rows.Data)))
	copy(m.old.Data, m.V.Data)
	copy(m.oldZ, m.z)
	m.solveU()
	m.relax()
	m.proxLoss()
	m.proxBlocks()
	m.dual = max(floats.Distance(m.V.Data, m.old.Data, 2)/max(floats.Norm(m.b.Data, 2), 1e-300),
		floats.Distance(m.z, m.oldZ, 2)/max(floats.Norm(m.A, 2), 1e-300))
}

// solveU is the u-step.
func (m *ADMM) solveU() {
	floats.SubTo(m.fu, m.z, m.A)
	m.Op.Backward(m.u, m.fu, m.rows)
	floats.SubTo(m.rhs.Data, m.V.Data, m.b.Data)
	floats.AddScaled(m.u.Data, m.kappa, m.rhs.Data)
	m.Sys.Solve(m.u, inexactStep*min(m.primal, m.dual))
	m.Op.Forward(m.fu, m.u, m.rows)
}

// relax sets fu = Fu^ + a and b = u^ + b, and measures how far Fu is from z and u
// from v.
func (m *ADMM) relax() {
	m.primal = max(floats.Distance(m.fu, m.z, 2)/max(floats.Norm(m.fu, 2), 1e-300),
		floats.Distance(m.u.Data, m.V.Data, 2)/max(floats.Norm(m.u.Data, 2), 1e-300))
	omega := m.o.Relaxation
	for i, f := range m.fu {
		m.fu[i] = omega*f + (1-omega)*m.z[i] + m.A[i]
	}
	for i, u := range m.u.Data {
		m.b.Data[i] += omega*u + (1-omega)*m.V.Data[i]
	}
}

// proxLoss sets z and a from fu.
func (m *ADMM) proxLoss() {
	m.Constant = m.loss.at(m.z, m.fu, m.Rho)
	floats.SubTo(m.A, m.fu, m.z)
}

// proxBlocks sets v and takes it off b.
func (m *ADMM) proxBlocks() {
	err := m.block.at(m.V, m.b, m.lambda/(m.Rho*m.kappa))
	switch {
	case err != nil && m.block.ctx.Err() != nil:
		copy(m.V.Data, m.old.Data)
		copy(m.z, m.oldZ)
	case err != nil && m.err == nil:
		m.err = err
	}
	floats.Sub(m.b.Data, m.V.Data)
}

// adapt balances the residuals by the penalty; the scaled duals follow.
func (m *ADMM) adapt() {
	f := 1.0
	switch {
	case m.primal > m.o.Balance*m.dual && m.Rho <= m.unit*largestPenalty/2:
		f = 2
	case m.dual > m.o.Balance*m.primal && m.Rho >= m.unit*2/largestPenalty:
		f = 0.5
	default:
		return
	}
	m.Rho *= f
	m.forgetHistory()
	floats.Scale(1/f, m.A)
	floats.Scale(1/f, m.b.Data)
}

// forgetHistory is for a map that is no longer the same, or an iterate that came
// from elsewhere.
func (m *ADMM) forgetHistory() {
	if m.aa != nil {
		m.aa.reset()
		m.onTrial = false
	}
}
