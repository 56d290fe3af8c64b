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
//	min n L(z) + lambda sum_j |v_j| + I(s >= 0)   s.t.  F u = z,  u = v,  G u = s
//
// with lambda = n beta. The penalty is rho for the first and last constraint and
// rho kappa for u = v, kappa a tenth of the mean eigenvalue of X'X, so that the
// u-step has a matrix that depends neither on rho nor on the loss. With scaled
// duals a, b, c and over-relaxation (Fu^ = omega Fu + (1-omega) z, and so on) an iteration is
//
//	u <- (F'F + blkdiag(kappa I + X'X))^{-1} (F'(z - a) + kappa (v - b) + G'(s - c))
//	z <- prox_{nL/rho}(Fu^ + a)    v_j <- shrink(u_j^ + b_j, lambda/(rho kappa))    s <- (Gu^ + c)+
//	a <- a + Fu^ - z               b   <- b + u^ - v                               c <- c + Gu^ - s
//
// At the limit nu = -rho a, and mu = -rho c are the multipliers of the cones.
// A free constant belongs to the loss: L is replaced by min_c L(z + c).
type ADMM struct {
	Op            *operator.Operators
	Sys           LinearSystem
	p             *program.Problem
	o             Options
	lambda, kappa float64
	meanSquare    float64 // mean eigenvalue of X'X
	Rho           float64

	u, V, b      blas64.General // B x d
	s, c         blas64.General // B x n, nil for gated blocks
	z, A         []float64      // n
	loss         *lossProx
	polishRho    float64 // at the end of the last polish, 0 before one
	Constant     float64
	done         int // iterations so far
	nextAdapt    int
	old          blas64.General // B x d: the last v
	rhs          blas64.General // B x d
	rows         blas64.General // B x n
	fu, oldZ     []float64
	off          []float64 // B: |G_j u_j - s_j|^2
	slackSize    []float64 // B: |G_j u_j|^2
	primal, dual float64   // residuals relative to the size of what they compare

	// Acceleration of the map of the points w = (z + a, v + b, s + c) at which
	// the proximal operators are taken, from which z, a, v, b, s, c follow.
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
	// largestPenalty is the largest rho, and its inverse the smallest: rho times
	// the distance from a proximal point must keep some digits.
	largestPenalty = 1e6
)

// NewADMM is ADMM at u = 0.
func NewADMM(op *operator.Operators, gram *operator.GramCache, p *program.Problem, o Options) (*ADMM, error) {
	b, n, d := len(op.Blocks), op.N, op.D
	relu := !p.Activation.Gated
	m := &ADMM{Op: op, p: p, lambda: p.Beta * float64(n), Rho: o.Penalty, o: o, meanSquare: operator.MeanSquare(op.X), loss: newLossProx(p)}
	m.kappa = kappaShare * m.meanSquare
	var err error
	if m.Sys, err = newLinearSystem(op, gram, m.kappa, relu, o); err != nil {
		return nil, err
	}
	for _, g := range []*blas64.General{&m.u, &m.V, &m.b, &m.old, &m.rhs} {
		*g = operator.NewGeneral(b, d)
	}
	m.rows = operator.NewGeneral(b, n)
	m.off, m.slackSize = make([]float64, b), make([]float64, b)
	if relu {
		m.s, m.c = operator.NewGeneral(b, n), operator.NewGeneral(b, n)
	}
	for _, v := range []*[]float64{&m.z, &m.A, &m.fu, &m.oldZ} {
		*v = make([]float64, n)
	}
	if dim := n + b*d + len(m.s.Data); o.Memory > 0 && 2*o.Memory*dim <= largestHistory {
		m.aa = NewAnderson(dim, o.Memory)
		m.w, m.g, m.fallback = make([]float64, dim), make([]float64, dim), make([]float64, dim)
	}
	return m, nil
}

func (m *ADMM) squares() bool { return m.p.LossOrSquared() == loss.Squared }

// StartFrom copies the state of an earlier run, by block.
func (m *ADMM) StartFrom(from *ADMM) {
	index := make(map[operator.Block]int, len(from.Op.Blocks))
	for k, b := range from.Op.Blocks {
		index[b] = k
	}
	for j, b := range m.Op.Blocks {
		k, ok := index[b]
		if !ok {
			continue
		}
		copy(operator.RowOf(m.u, j), operator.RowOf(from.u, k))
		copy(operator.RowOf(m.V, j), operator.RowOf(from.V, k))
		copy(operator.RowOf(m.b, j), operator.RowOf(from.b, k))
		if m.s.Data != nil {
			copy(operator.RowOf(m.s, j), operator.RowOf(from.s, k))
			copy(operator.RowOf(m.c, j), operator.RowOf(from.c, k))
		}
	}
	copy(m.z, from.z)
	copy(m.A, from.A)
	m.Rho = from.Rho
	m.polishRho = from.polishRho
}

// Run iterates until both residuals are at most eps or the budget is spent, and
// returns the number of iterations made.
func (m *ADMM) Run(ctx context.Context, eps float64, budget int) int {
	for it := range budget {
		if it > 0 && it%adaptEvery == 0 {
			if max(m.primal, m.dual) <= eps || ctx.Err() != nil {
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

// pack writes w = (z + a, sqrt(kappa) (v + b), s + c), in which coordinates the
// iteration does not expand distances.
func (m *ADMM) pack(w []float64) {
	n, k := len(m.z), len(m.V.Data)
	floats.AddTo(w[:n], m.z, m.A)
	floats.AddTo(w[n:n+k], m.V.Data, m.b.Data)
	floats.Scale(math.Sqrt(m.kappa), w[n:n+k])
	if m.s.Data != nil {
		floats.AddTo(w[n+k:], m.s.Data, m.c.Data)
	}
}

// unpack takes the proximal operators at w.
func (m *ADMM) unpack(w []float64) {
	n, k := len(m.z), len(m.V.Data)
	copy(m.fu, w[:n])
	m.Constant = m.loss.at(m.z, m.fu, m.Rho)
	floats.SubTo(m.A, m.fu, m.z)
	floats.ScaleTo(m.b.Data, 1/math.Sqrt(m.kappa), w[n:n+k])
	for j := range m.Op.Blocks {
		v, b := operator.RowOf(m.V, j), operator.RowOf(m.b, j)
		shrink(v, b, m.lambda/(m.Rho*m.kappa))
		floats.Sub(b, v)
	}
	for i, wi := range w[n+k:] {
		m.s.Data[i] = math.Max(wi, 0)
		m.c.Data[i] = wi - m.s.Data[i]
	}
}

// Step makes one iteration.
func (m *ADMM) Step() {
	copy(m.old.Data, m.V.Data)
	copy(m.oldZ, m.z)
	m.solveU()
	m.proxLoss()
	m.proxNorms()
	m.proxCones()
	m.residuals()
}

// solveU is the u-step.
func (m *ADMM) solveU() {
	floats.SubTo(m.fu, m.z, m.A)
	t := blas64.General{}
	if m.s.Data != nil {
		floats.SubTo(m.rows.Data, m.s.Data, m.c.Data)
		t = m.rows
	}
	m.Op.SignedRows(m.rows, m.fu, t)
	m.Op.X.MulTrans(m.u, m.rows)
	floats.SubTo(m.rhs.Data, m.V.Data, m.b.Data)
	floats.AddScaled(m.u.Data, m.kappa, m.rhs.Data)
	m.Sys.Solve(m.u, inexactStep*min(m.primal, m.dual))
	m.Op.X.Mul(m.rows, m.u)
	m.Op.Predict(m.fu, m.rows)
}

// proxLoss relaxes Fu and updates z and a.
func (m *ADMM) proxLoss() {
	m.primal = 0
	size := 0.0
	for i, f := range m.fu {
		r := f - m.z[i]
		m.primal += r * r
		size += f * f
		m.fu[i] = m.z[i] + m.o.Relaxation*r + m.A[i]
	}
	m.primal = math.Sqrt(m.primal / math.Max(size, 1e-300))
	m.Constant = m.loss.at(m.z, m.fu, m.Rho)
	floats.SubTo(m.A, m.fu, m.z)
}

// proxNorms relaxes u and updates v and b.
func (m *ADMM) proxNorms() {
	for j := range m.Op.Blocks {
		u, v, b := operator.RowOf(m.u, j), operator.RowOf(m.V, j), operator.RowOf(m.b, j)
		for k := range u {
			b[k] += m.o.Relaxation*u[k] + (1-m.o.Relaxation)*v[k]
		}
		shrink(v, b, m.lambda/(m.Rho*m.kappa))
		floats.Sub(b, v)
	}
}

// shrink sets v = b (1 - threshold/|b|)+.
func shrink(v, b []float64, threshold float64) {
	norm := floats.Norm(b, 2)
	if norm <= threshold {
		clear(v)
		return
	}
	floats.ScaleTo(v, 1-threshold/norm, b)
}

// proxCones relaxes Gu and updates s and c.
func (m *ADMM) proxCones() {
	if m.s.Data == nil {
		return
	}
	m.Op.Slack(m.rows)
	operator.ParallelTask(len(m.Op.Blocks), (*coneRows)(m))
}

type coneRows ADMM

func (m *coneRows) Part(j int) {
	g, s, c := operator.RowOf(m.rows, j), operator.RowOf(m.s, j), operator.RowOf(m.c, j)
	omega, off, size := m.o.Relaxation, 0.0, 0.0
	for i, v := range g {
		off += (v - s[i]) * (v - s[i])
		size += v * v
		w := omega*v + (1-omega)*s[i] + c[i]
		s[i] = math.Max(w, 0)
		c[i] = w - s[i]
	}
	m.off[j], m.slackSize[j] = off, size
}

// residuals measures how far u is from v and Gu from s, added to the part of
// proxLoss, and how far z and v moved.
func (m *ADMM) residuals() {
	size := math.Max(floats.Norm(m.u.Data, 2), 1e-300)
	m.primal = math.Max(m.primal, floats.Distance(m.u.Data, m.V.Data, 2)/size)
	m.primal = math.Max(m.primal, math.Sqrt(floats.Sum(m.off)/math.Max(floats.Sum(m.slackSize), 1e-300)))
	m.dual = math.Max(floats.Distance(m.V.Data, m.old.Data, 2)/size,
		floats.Distance(m.z, m.oldZ, 2)/math.Max(floats.Norm(m.z, 2), 1e-300))
}

// adapt balances the residuals by the penalty; the scaled duals follow.
func (m *ADMM) adapt() {
	f := 1.0
	switch {
	case m.primal > m.o.Balance*m.dual && m.Rho <= largestPenalty/2:
		f = 2
	case m.dual > m.o.Balance*m.primal && m.Rho >= 2/largestPenalty:
		f = 0.5
	default:
		return
	}
	m.Rho *= f
	m.forgetHistory()
	floats.Scale(1/f, m.A)
	floats.Scale(1/f, m.b.Data)
	floats.Scale(1/f, m.c.Data)
}

// forgetHistory is for a map that is no longer the same, or an iterate that came
// from elsewhere.
func (m *ADMM) forgetHistory() {
	if m.aa != nil {
		m.aa.reset()
		m.onTrial = false
	}
}
