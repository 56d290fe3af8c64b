package solver

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
)

// admm is the alternating direction method of multipliers for the program over
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
type admm struct {
	op            *operators
	sys           linearSystem
	p             *Problem
	lambda, kappa float64
	rho           float64

	u, v, b      blas64.General // B x d
	s, c         blas64.General // B x n, nil for gated blocks
	z, a         []float64      // n
	constant     float64
	done         int // iterations so far
	nextAdapt    int
	old          blas64.General // B x d: the last v
	rhs          blas64.General // B x d
	rows         blas64.General // B x n
	fu, oldZ     []float64
	primal, dual float64 // residuals relative to the size of what they compare

	// Acceleration of the map of the points w = (z + a, v + b, s + c) at which
	// the proximal operators are taken, from which z, a, v, b, s, c follow.
	aa       *anderson // nil where its memory would be too large
	w, g     []float64
	fallback []float64 // g before an extrapolation that is on trial
	onTrial  bool
	limit    float64 // what |g - w| may be for it to stay
}

const (
	overRelaxation = 1.7
	// adaptEvery iterations the residuals are looked at. The penalty is doubled
	// or halved when one is more than balance times the other, at intervals that
	// grow by half, so that it settles.
	adaptEvery = 20
	balance    = 3
	// accelerateEvery iterations the last accelerationMemory of such steps are
	// extrapolated. The extrapolation is undone if the next step is longer than
	// the one before it.
	accelerateEvery    = 10
	accelerationMemory = 10
	// largestHistory is the number of float64 the history may take.
	largestHistory = 1 << 26
)

func newADMM(op *operators, gram *gramCache, p *Problem) (*admm, error) {
	b, n, d := len(op.blocks), op.n, op.d
	relu := p.Activation == ReLU
	m := &admm{op: op, p: p, lambda: p.Beta * float64(n), rho: 1, kappa: 0.1 * meanSquare(op.x)}
	var err error
	if m.sys, err = newLinearSystem(op, gram, m.kappa, relu); err != nil {
		return nil, err
	}
	for _, g := range []*blas64.General{&m.u, &m.v, &m.b, &m.old, &m.rhs} {
		*g = newGeneral(b, d)
	}
	m.rows = newGeneral(b, n)
	if relu {
		m.s, m.c = newGeneral(b, n), newGeneral(b, n)
	}
	for _, v := range []*[]float64{&m.z, &m.a, &m.fu, &m.oldZ} {
		*v = make([]float64, n)
	}
	if dim := n + b*d + len(m.s.Data); 2*accelerationMemory*dim <= largestHistory {
		m.aa = newAnderson(dim, accelerationMemory)
		m.w, m.g, m.fallback = make([]float64, dim), make([]float64, dim), make([]float64, dim)
	}
	return m, nil
}

// startFrom copies the state of an earlier run, by block.
func (m *admm) startFrom(from *admm) {
	index := make(map[block]int, len(from.op.blocks))
	for k, b := range from.op.blocks {
		index[b] = k
	}
	for j, b := range m.op.blocks {
		k, ok := index[b]
		if !ok {
			continue
		}
		copy(rowOf(m.u, j), rowOf(from.u, k))
		copy(rowOf(m.v, j), rowOf(from.v, k))
		copy(rowOf(m.b, j), rowOf(from.b, k))
		if m.s.Data != nil {
			copy(rowOf(m.s, j), rowOf(from.s, k))
			copy(rowOf(m.c, j), rowOf(from.c, k))
		}
	}
	copy(m.z, from.z)
	copy(m.a, from.a)
	m.rho = from.rho
}

// run iterates until both residuals are at most eps or the budget is spent, and
// returns the number of iterations made.
func (m *admm) run(ctx context.Context, eps float64, budget int) int {
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
			m.step()
		} else {
			m.acceleratedStep()
		}
	}
	return budget
}

// acceleratedStep is step with an extrapolation now and then.
func (m *admm) acceleratedStep() {
	extrapolate := m.done%accelerateEvery == 0
	if !extrapolate && !m.onTrial {
		m.step()
		return
	}
	m.pack(m.w)
	m.step()
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
		if m.aa.extrapolate(m.w, m.g) {
			m.unpack(m.g)
			m.onTrial, m.limit = true, length
		}
	}
}

// pack writes w = (z + a, sqrt(kappa) (v + b), s + c), in which coordinates the
// iteration does not expand distances.
func (m *admm) pack(w []float64) {
	n, k := len(m.z), len(m.v.Data)
	floats.AddTo(w[:n], m.z, m.a)
	floats.AddTo(w[n:n+k], m.v.Data, m.b.Data)
	floats.Scale(math.Sqrt(m.kappa), w[n:n+k])
	if m.s.Data != nil {
		floats.AddTo(w[n+k:], m.s.Data, m.c.Data)
	}
}

// unpack takes the proximal operators at w.
func (m *admm) unpack(w []float64) {
	n, k := len(m.z), len(m.v.Data)
	copy(m.fu, w[:n])
	m.constant = proxWithConstant(m.p, m.z, m.fu, m.rho)
	floats.SubTo(m.a, m.fu, m.z)
	floats.ScaleTo(m.b.Data, 1/math.Sqrt(m.kappa), w[n:n+k])
	for j := range m.op.blocks {
		v, b := rowOf(m.v, j), rowOf(m.b, j)
		shrink(v, b, m.lambda/(m.rho*m.kappa))
		floats.Sub(b, v)
	}
	for i, wi := range w[n+k:] {
		m.s.Data[i] = math.Max(wi, 0)
		m.c.Data[i] = wi - m.s.Data[i]
	}
}

// step makes one iteration.
func (m *admm) step() {
	copy(m.old.Data, m.v.Data)
	copy(m.oldZ, m.z)
	m.solveU()
	m.proxLoss()
	m.proxNorms()
	m.proxCones()
	m.residuals()
}

// solveU is the u-step.
func (m *admm) solveU() {
	floats.SubTo(m.fu, m.z, m.a)
	t := blas64.General{}
	if m.s.Data != nil {
		floats.SubTo(m.rows.Data, m.s.Data, m.c.Data)
		t = m.rows
	}
	m.op.signedRows(m.rows, m.fu, t)
	m.op.x.mulTrans(m.u, m.rows)
	floats.SubTo(m.rhs.Data, m.v.Data, m.b.Data)
	floats.AddScaled(m.u.Data, m.kappa, m.rhs.Data)
	m.sys.solve(m.u)
	m.op.x.mul(m.rows, m.u)
	m.op.predict(m.fu, m.rows)
}

// proxLoss relaxes Fu and updates z and a.
func (m *admm) proxLoss() {
	m.primal = 0
	size := 0.0
	for i, f := range m.fu {
		r := f - m.z[i]
		m.primal += r * r
		size += f * f
		m.fu[i] = m.z[i] + overRelaxation*r + m.a[i]
	}
	m.primal = math.Sqrt(m.primal / math.Max(size, 1e-300))
	m.constant = proxWithConstant(m.p, m.z, m.fu, m.rho)
	floats.SubTo(m.a, m.fu, m.z)
}

// proxWithConstant sets z = prox of min_c n L(z + c) at v with penalty rho and
// returns c, 0 without an intercept. For squares the constant is the mean of
// y - v, whatever rho.
func proxWithConstant(p *Problem, z, v []float64, rho float64) float64 {
	if !p.Intercept {
		p.LossOrSquared().Prox(z, v, p.Y, rho)
		return 0
	}
	c := constantOfProx(p, z, v, rho)
	for i, vi := range v {
		z[i] = vi + c
	}
	p.LossOrSquared().Prox(z, z, p.Y, rho)
	floats.AddConst(-c, z)
	return c
}

// constantOfProx is the c of proxWithConstant: for squares the mean of y - v,
// otherwise the zero of the falling sum of prox(v + c) - v - c. z is scratch.
func constantOfProx(p *Problem, z, v []float64, rho float64) float64 {
	if p.LossOrSquared() == Squared {
		return (floats.Sum(p.Y) - floats.Sum(v)) / float64(len(v))
	}
	e := differences(p.Y, v)
	room := 2 * float64(len(v)) / rho
	return falling(floats.Min(e)-room, floats.Max(e)+room, func(c float64) float64 {
		for i, vi := range v {
			z[i] = vi + c
		}
		p.LossOrSquared().Prox(z, z, p.Y, rho)
		sum := 0.0
		for i, vi := range v {
			sum += z[i] - vi - c
		}
		return sum
	})
}

// proxNorms relaxes u and updates v and b.
func (m *admm) proxNorms() {
	for j := range m.op.blocks {
		u, v, b := rowOf(m.u, j), rowOf(m.v, j), rowOf(m.b, j)
		for k := range u {
			b[k] += overRelaxation*u[k] + (1-overRelaxation)*v[k]
		}
		shrink(v, b, m.lambda/(m.rho*m.kappa))
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
func (m *admm) proxCones() {
	if m.s.Data == nil {
		return
	}
	m.op.slack(m.rows)
	parallelTask(len(m.op.blocks), (*coneRows)(m))
}

type coneRows admm

func (m *coneRows) part(j int) {
	g, s, c := rowOf(m.rows, j), rowOf(m.s, j), rowOf(m.c, j)
	for i, v := range g {
		w := overRelaxation*v + (1-overRelaxation)*s[i] + c[i]
		s[i] = math.Max(w, 0)
		c[i] = w - s[i]
	}
}

// residuals measures how far u is from v, added to the part of proxLoss, and
// how far z and v moved.
func (m *admm) residuals() {
	size := math.Max(floats.Norm(m.u.Data, 2), 1e-300)
	m.primal = math.Max(m.primal, floats.Distance(m.u.Data, m.v.Data, 2)/size)
	m.dual = math.Max(floats.Distance(m.v.Data, m.old.Data, 2)/size,
		floats.Distance(m.z, m.oldZ, 2)/math.Max(floats.Norm(m.z, 2), 1e-300))
}

// adapt balances the residuals by the penalty; the scaled duals follow.
func (m *admm) adapt() {
	f := 1.0
	switch {
	case m.primal > balance*m.dual:
		f = 2
	case m.dual > balance*m.primal:
		f = 0.5
	default:
		return
	}
	m.rho *= f
	if m.aa != nil {
		m.aa.reset()
		m.onTrial = false
	}
	floats.Scale(1/f, m.a)
	floats.Scale(1/f, m.b.Data)
	floats.Scale(1/f, m.c.Data)
}
