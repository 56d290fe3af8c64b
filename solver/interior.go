package solver

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
)

const (
	// startGap is the complementarity of the first cold start, all cones together,
	// relative to |y|^2.
	startGap = 0.1
	// warmGap, at most: a snapshot to start from later is taken when the gap is
	// first below warmGap, or warmTol times the tolerance.
	warmGap = 0.3
	warmTol = 200
)

// interior is a primal-dual interior-point method for the program over the B
// blocks of a working set, with the objective multiplied by n:
//
//	min  1/2 |F u + c 1 - y|^2 + lambda sum_j t_j      lambda = n beta
//	s.t. |u_j| <= t_j                                  dual (lambda, z_j), |z_j| <= lambda
//	     G_j u_j = s_j >= 0                            dual m_j >= 0     (ReLU)
//
// with the stationarity conditions  F_j'r - z_j - G_j'm_j = 0,  r = F u + c 1 - y.
// The second-order cones use Nesterov-Todd scaling, the steps are Mehrotra's
// predictor and corrector. The slacks s = G u are recomputed from u, which
// stays strictly inside its cones, so every iterate is feasible; the constant
// c is eliminated, r is always centred.
//
// In the Newton system every block has one d x d matrix, and F'F couples them:
//
//	(F'F + blkdiag(H_j + X' diag(m_j/s_j) X)) du = rhs.
type interior struct {
	op        *operators
	gram      *gramCache
	y         []float64
	lambda    float64
	intercept bool
	relu      bool
	loss      Loss
	data      *elimination

	// socWeight makes the complementarity of a second-order cone that many times
	// that of a row, so that t - |u| does not drown in rounding when n is large.
	socWeight float64

	t    []float64      // B
	u, z blas64.General // B x d
	s, m blas64.General // B x n
	c    float64
	r    []float64      // n
	grad blas64.General // B x d: F'r - G'm

	saved *snapshot
	best  *reached
	mark  float64 // the gap that counts as progress, and the steps since there was some
	since int

	primal, dual float64 // objective and a lower bound of the optimum over the blocks, times n

	cone       []soc
	newton     newtonSystem
	weight     blas64.General // B x n: m/s
	rows, tmp  blas64.General // B x n
	du, dz, q1 blas64.General // B x d
	ds, dm     blas64.General // B x n
	dt, q0     []float64
	minusR     []float64
	norm       []float64
}

// newInterior starts from warm if not nil, otherwise at the relative
// complementarity gap from the centres (B x d), a point strictly inside the cone
// and the unit ball of each block.
func newInterior(op *operators, gram *gramCache, p *Problem, centres blas64.General, warm *snapshot, gap float64) *interior {
	b, n, d := len(op.blocks), op.n, op.d
	ip := &interior{op: op, gram: gram, y: p.Y, lambda: p.Beta * float64(n), intercept: p.Intercept, relu: p.Activation == ReLU, loss: p.LossOrSquared()}
	ip.data = newElimination(ip.loss.term(p.Y, p.Intercept), op, p.Intercept)
	for _, g := range []*blas64.General{&ip.u, &ip.z, &ip.grad, &ip.du, &ip.dz, &ip.q1} {
		*g = newGeneral(b, d)
	}
	ip.rows, ip.tmp, ip.socWeight = newGeneral(b, n), newGeneral(b, n), 1
	if ip.relu {
		ip.socWeight = float64(n)
		for _, g := range []*blas64.General{&ip.s, &ip.m, &ip.ds, &ip.dm, &ip.weight} {
			*g = newGeneral(b, n)
		}
	}
	for _, v := range []*[]float64{&ip.t, &ip.dt, &ip.q0, &ip.norm} {
		*v = make([]float64, b)
	}
	ip.r, ip.minusR = make([]float64, n), make([]float64, n)
	ip.cone = make([]soc, b)
	for j := range ip.cone {
		ip.cone[j] = newSOC(d)
	}
	ip.newton = newNewtonSystem(ip)
	ip.best, ip.mark = newReached(ip), math.Inf(1)
	if warm == nil {
		ip.start(centres, gap)
	} else {
		ip.startFrom(warm, centres)
	}
	return ip
}

// snapshot is an iterate by block, kept to start a later solve over other
// blocks from. It is taken some way before the end of a solve: the last
// iterates are too close to the boundary of the cones to start from.
type snapshot struct {
	index map[block]int
	mu    float64
	t     []float64
	u, z  blas64.General
	m     blas64.General
	data  dataTerm
}

func (ip *interior) snapshot() *snapshot {
	sn := &snapshot{index: make(map[block]int), mu: ip.complementarity(), t: slices.Clone(ip.t), u: cloneGeneral(ip.u), z: cloneGeneral(ip.z), m: cloneGeneral(ip.m), data: ip.data.term.clone()}
	for j, b := range ip.op.blocks {
		sn.index[b] = j
	}
	return sn
}

// squares reports whether the weights of the data term are always 1.
func (ip *interior) squares() bool {
	_, ok := ip.data.term.(*squaresTerm)
	return ok
}

// startFrom is start with the blocks of sn where they were, the new ones with
// the complementarity of sn.
func (ip *interior) startFrom(sn *snapshot, centres blas64.General) {
	for j, b := range ip.op.blocks {
		k, ok := sn.index[b]
		if !ok {
			ip.startBlock(j, rowOf(centres, j), sn.mu)
			continue
		}
		ip.t[j] = sn.t[k]
		copy(rowOf(ip.u, j), rowOf(sn.u, k))
		copy(rowOf(ip.z, j), rowOf(sn.z, k))
		if ip.relu {
			copy(rowOf(ip.m, j), rowOf(sn.m, k))
		}
	}
	ip.data.term = sn.data.clone()
	ip.evaluate()
}

// start is a point with every block on the ray of its centre and equal
// complementarity mu in all cones: t_j lambda + u_j'z_j = m_i s_i = mu. At the
// analytic centre that is a point of the central path of the cones.
func (ip *interior) start(centres blas64.General, gap float64) {
	mu := gap * ip.sizeOfLoss() / ip.degree()
	if mu == 0 {
		mu = ip.lambda
	}
	for j := range ip.t {
		ip.startBlock(j, rowOf(centres, j), mu)
	}
	ip.startData(mu)
	ip.evaluate()
}

// sizeOfLoss is 2 n L(0), |y|^2 for squares.
func (ip *interior) sizeOfLoss() float64 {
	return float64(2*ip.op.n) * ip.loss.Value(make([]float64, ip.op.n), ip.y)
}

// startData puts the data term at complementarity mu, with slopes small enough
// for the blocks.
func (ip *interior) startData(mu float64) {
	copy(ip.r, ip.y)
	ip.op.signedRows(ip.rows, ip.r, blas64.General{})
	ip.op.x.mulTrans(ip.grad, ip.rows)
	norms(ip.norm, ip.grad)
	ip.data.term.start(min(0.5, 0.5*ip.lambda/floats.Max(ip.norm)), mu)
}

// startBlock puts block j on the ray of its centre.
func (ip *interior) startBlock(j int, centre []float64, mu float64) {
	ip.t[j] = ip.socWeight * mu / (ip.lambda * (1 - floats.Dot(centre, centre)))
	floats.ScaleTo(rowOf(ip.u, j), ip.t[j], centre)
	floats.ScaleTo(rowOf(ip.z, j), -ip.lambda, centre)
	if !ip.relu {
		return
	}
	u, s := ip.u, ip.s
	one := blas64.General{Rows: 1, Cols: s.Cols, Stride: s.Stride, Data: rowOf(s, j)}
	ip.op.x.mul(one, blas64.General{Rows: 1, Cols: u.Cols, Stride: u.Stride, Data: rowOf(u, j)})
	mask := rowOf(ip.op.mask, j)
	for i, a := range mask {
		one.Data[i] *= 2*a - 1
	}
	for _, i := range ip.op.zero {
		one.Data[i] = 1
	}
	m := rowOf(ip.m, j)
	for i, v := range one.Data {
		m[i] = mu / v
	}
}

// evaluate recomputes s, r and F'r - G'm from u and m, and from them the primal
// value and a dual bound: nu = -r with the multipliers m violates its
// inequalities at most by the factor max_j |F_j'r - G_j'm_j| / lambda.
func (ip *interior) evaluate() {
	ip.op.x.mul(ip.rows, ip.u)
	ip.op.predict(ip.r, ip.rows)
	loss := ip.residual()
	if ip.relu {
		ip.op.slack(ip.rows)
		copy(ip.s.Data, ip.rows.Data)
		floats.ScaleTo(ip.tmp.Data, -1, ip.m.Data)
		ip.op.signedRows(ip.rows, ip.r, ip.tmp)
	} else {
		ip.op.signedRows(ip.rows, ip.r, blas64.General{})
	}
	ip.op.x.mulTrans(ip.grad, ip.rows)
	norms(ip.norm, ip.u)
	ip.primal = loss + ip.lambda*floats.Sum(ip.norm)
	norms(ip.norm, ip.grad)
	floats.ScaleTo(ip.minusR, -1, ip.r)
	ip.dual = float64(ip.op.n) * bestMultiple(ip.loss, ip.minusR, ip.y, largestScale(ip.lambda, floats.Max(ip.norm))).value
	ip.best.note(ip)
}

// residual turns the prediction F u in r into the slopes of n L, with the
// constant in it, and returns n L.
func (ip *interior) residual() float64 {
	ip.data.term.update(ip.r)
	ip.c = ip.data.term.constant()
	floats.AddConst(ip.c, ip.r)
	loss := float64(ip.op.n) * merit(ip.loss, ip.r, ip.y)
	copy(ip.r, ip.data.term.slope())
	return loss
}

// solve iterates until the relative gap over the blocks is at most tol, the
// budget of iterations is spent or no more progress is possible in float64. It
// returns the number of iterations made.
func (ip *interior) solve(ctx context.Context, tol float64, budget int) int {
	const patience = 30
	for it := range budget {
		gap := RelGap(ip.primal, ip.dual)
		if ip.saved == nil && gap <= min(warmGap, warmTol*tol) {
			ip.saved = ip.snapshot()
		}
		if gap <= tol || ctx.Err() != nil {
			return it
		}
		if gap < 0.9*ip.mark {
			ip.mark, ip.since = gap, 0
		} else if ip.since++; ip.since > patience {
			return it
		}
		if !ip.step() {
			return it
		}
	}
	return budget
}

// step makes one predictor-corrector step; false if the linear system cannot be
// factored or the step comes to nothing.
func (ip *interior) step() bool {
	for j := range ip.cone {
		ip.cone[j].update(ip.t[j], rowOf(ip.u, j), ip.lambda, rowOf(ip.z, j))
	}
	if !ip.factor() {
		return false
	}
	mu := ip.complementarity()
	ip.predictor()
	if ip.replacePoor(ip.direction()) {
		return ip.step()
	}
	sigma := math.Pow(1-ip.stepLength(), 3)
	ip.corrector(sigma * mu)
	ip.direction()
	alpha := 0.995 * ip.stepLength()
	if size := floats.Norm(ip.du.Data, math.Inf(1)); !(alpha > 1e-9) || math.IsNaN(size) || math.IsInf(size, 0) {
		return false
	}
	ip.advance(alpha)
	return true
}

// complementarity is mu = (sum_j t_j lambda + u_j'z_j + sum m s) / degree, the
// mean over the constraints when a second-order cone counts socWeight times.
func (ip *interior) complementarity() float64 {
	sum := 0.0
	for j, t := range ip.t {
		sum += t*ip.lambda + floats.Dot(rowOf(ip.u, j), rowOf(ip.z, j))
	}
	more, _ := ip.data.term.complementarity()
	return (sum + floats.Dot(ip.m.Data, ip.s.Data) + more) / ip.degree()
}

func (ip *interior) degree() float64 {
	_, pairs := ip.data.term.complementarity()
	return float64(len(ip.t))*ip.socWeight + float64(len(ip.m.Data)+pairs)
}

// factor prepares the Newton system at the current iterate.
func (ip *interior) factor() bool {
	if ip.relu {
		floats.DivTo(ip.weight.Data, ip.m.Data, ip.s.Data)
	}
	ip.data.term.weigh()
	return ip.newton.factor()
}

// predictor sets the right-hand sides of the affine step: complementarity to 0.
// tmp gets -S times the target of m + dm, which direction reads.
func (ip *interior) predictor() {
	for j := range ip.q0 {
		ip.q0[j] = -ip.lambda
		floats.ScaleTo(rowOf(ip.q1, j), -1, rowOf(ip.z, j))
	}
	clear(ip.tmp.Data)
	ip.data.aim(0, false)
}

// corrector sets the right-hand sides of the combined step: complementarity to
// target, less the second-order terms of the predictor step.
func (ip *interior) corrector(target float64) {
	for j := range ip.q0 {
		ip.q0[j] = ip.cone[j].corrected(rowOf(ip.q1, j), ip.socWeight*target, ip.dt[j], rowOf(ip.du, j), rowOf(ip.dz, j))
	}
	ip.data.aim(target, true)
	for i, s := range ip.s.Data {
		ip.tmp.Data[i] = (target - ip.ds.Data[i]*ip.dm.Data[i]) / s
	}
}

// direction solves for du and all that follows from it. With tmp = e, the
// complementarity target over s,
//
//	rhs_j = -F_j'r + G_j'e_j + z_j + (q1 - h01 q0/h00)_j
//	dm    = e - m - (m/s) ds,   ds = G du
//
// It returns what du leaves of rhs, relatively.
func (ip *interior) direction() (left float64) {
	b := len(ip.t)
	ip.op.signedRows(ip.rows, ip.data.goal, ip.tmp)
	ip.op.x.mulTrans(ip.du, ip.rows)
	for j := range b {
		duj := rowOf(ip.du, j)
		floats.Add(duj, rowOf(ip.z, j))
		floats.Add(duj, rowOf(ip.q1, j))
		ip.cone[j].fold(duj, ip.q0[j])
	}
	left = ip.newton.solve(ip.du.Data)
	for j := range b {
		ip.dt[j] = ip.cone[j].back(rowOf(ip.dz, j), ip.q0[j], rowOf(ip.q1, j), rowOf(ip.du, j))
	}
	ip.op.x.mul(ip.rows, ip.du)
	ip.data.direction(ip.rows)
	if !ip.relu {
		return left
	}
	copy(ip.ds.Data, ip.rows.Data)
	ip.op.slack(ip.ds)
	parallelTask(b, (*multiplierSteps)(ip))
	return left
}

// multiplierSteps sets dm from ds.
type multiplierSteps interior

func (ip *multiplierSteps) part(j int) {
	ds := rowOf(ip.ds, j)
	for _, i := range ip.op.zero {
		ds[i] = 0
	}
	e, m, w, dm := rowOf(ip.tmp, j), rowOf(ip.m, j), rowOf(ip.weight, j), rowOf(ip.dm, j)
	for i, v := range ds {
		dm[i] = e[i] - m[i] - w[i]*v
	}
}

// stepLength is the largest step <= 1 that keeps all cones.
func (ip *interior) stepLength() float64 {
	alpha := 1.0
	for j, t := range ip.t {
		alpha = min(alpha, socStep(t, rowOf(ip.u, j), ip.dt[j], rowOf(ip.du, j)))
		alpha = min(alpha, socStep(ip.lambda, rowOf(ip.z, j), 0, rowOf(ip.dz, j)))
	}
	alpha = min(alpha, ip.data.term.stepLength())
	alpha = min(alpha, orthantStep(ip.s.Data, ip.ds.Data))
	return min(alpha, orthantStep(ip.m.Data, ip.dm.Data))
}

// advance takes the step and evaluates the new point.
func (ip *interior) advance(alpha float64) {
	floats.AddScaled(ip.t, alpha, ip.dt)
	floats.AddScaled(ip.u.Data, alpha, ip.du.Data)
	floats.AddScaled(ip.z.Data, alpha, ip.dz.Data)
	floats.AddScaled(ip.m.Data, alpha, ip.dm.Data)
	ip.data.term.advance(alpha)
	ip.evaluate()
}

// scaled is the snapshot with its dual variables multiplied by f < 1, which
// keeps them inside the cones of a beta smaller by f.
func (sn *snapshot) scaled(f float64) *snapshot {
	c := *sn
	c.z, c.m = cloneGeneral(sn.z), cloneGeneral(sn.m)
	floats.Scale(f, c.z.Data)
	floats.Scale(f, c.m.Data)
	c.mu *= f
	return &c
}
