package interior

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

const (
	// warmGap, at most: a snapshot to start from later is taken when the gap is
	// first below warmGap, or warmTol times the tolerance.
	warmGap = 0.3
	warmTol = 200
)

// Interior is a primal-dual interior-point method for the program over the B
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
type Interior struct {
	Op        *operator.Operators
	o         Options
	gram      *operator.GramCache
	y         []float64
	Lambda    float64
	intercept bool
	relu      bool
	loss      loss.Loss
	data      *loss.ReducedHessian

	// SocWeight makes the complementarity of a second-order cone that many times
	// that of a row, so that t - |u| does not drown in rounding when n is large.
	SocWeight float64

	T    []float64      // B
	u, z blas64.General // B x d
	s, m blas64.General // B x n
	c    float64
	r    []float64      // n
	grad blas64.General // B x d: F'r - G'm

	Saved *Snapshot
	Best  *reached
	mark  float64 // the gap that counts as progress, and the steps since there was some
	aim   float64 // the complementarity that does where the gap says nothing yet
	since int

	Primal, Dual float64 // objective and a lower bound of the optimum over the blocks, times n

	cone       []soc
	Newton     NewtonSystem
	weight     blas64.General // B x n: m/s
	rows, tmp  blas64.General // B x n
	du, dz, q1 blas64.General // B x d
	ds, dm     blas64.General // B x n
	dt, q0     []float64
	minusR     []float64
	norm       []float64
	target     float64        // of the corrector
	length     float64        // of the step
	kept       blas64.General // B x n: tmp before the last recentre, whose arguments follow
	trial      float64
	least      float64
	most       float64
}

// NewInterior starts from warm if not nil, otherwise at o.StartGap
// from the centres (B x d), a point strictly inside the cone
// and the unit ball of each block.
func NewInterior(op *operator.Operators, gram *operator.GramCache, p *program.Problem, centres blas64.General, warm *Snapshot, o Options) *Interior {
	b, n, d := len(op.Blocks), op.N, op.D
	ip := &Interior{Op: op, o: o, gram: gram, y: p.Y, Lambda: p.Beta * float64(n), intercept: p.Intercept, relu: !p.Activation.Gated, loss: p.LossOrSquared()}
	ip.data = loss.NewReducedHessian(ip.loss.Term(p.Y, p.Intercept), op, p.Intercept)
	for _, g := range []*blas64.General{&ip.u, &ip.z, &ip.grad, &ip.du, &ip.dz, &ip.q1} {
		*g = operator.NewGeneral(b, d)
	}
	ip.rows, ip.tmp, ip.SocWeight = operator.NewGeneral(b, n), operator.NewGeneral(b, n), 1
	if ip.relu {
		ip.SocWeight = float64(n)
		for _, g := range []*blas64.General{&ip.s, &ip.m, &ip.ds, &ip.dm, &ip.weight} {
			*g = operator.NewGeneral(b, n)
		}
	}
	for _, v := range []*[]float64{&ip.T, &ip.dt, &ip.q0, &ip.norm} {
		*v = make([]float64, b)
	}
	ip.r, ip.minusR = make([]float64, n), make([]float64, n)
	ip.cone = make([]soc, b)
	for j := range ip.cone {
		ip.cone[j] = newSOC(d)
	}
	ip.Newton = newNewtonSystem(ip)
	ip.Best, ip.mark, ip.aim = newReached(ip), math.Inf(1), math.Inf(1)
	if warm == nil {
		ip.start(centres, o.StartGap)
	} else {
		ip.startFrom(warm, centres)
	}
	return ip
}

// Snapshot is an iterate by block, kept to start a later solve over other
// blocks from. It is taken some way before the end of a solve: the last
// iterates are too close to the boundary of the cones to start from.
type Snapshot struct {
	Index map[operator.Block]int
	mu    float64
	t     []float64
	u, z  blas64.General
	m     blas64.General
	data  loss.DataTerm
}

func (ip *Interior) snapshot() *Snapshot {
	sn := &Snapshot{Index: make(map[operator.Block]int), mu: ip.complementarity(), t: slices.Clone(ip.T), u: operator.CloneGeneral(ip.u), z: operator.CloneGeneral(ip.z), m: operator.CloneGeneral(ip.m), data: ip.data.Term.Clone()}
	for j, b := range ip.Op.Blocks {
		sn.Index[b] = j
	}
	return sn
}

// squares reports whether the weights of the data term are always 1.
func (ip *Interior) squares() bool {
	_, ok := ip.data.Term.(*loss.SquaresTerm)
	return ok
}

// startFrom is start with the blocks of sn where they were, the new ones with
// the complementarity of sn.
func (ip *Interior) startFrom(sn *Snapshot, centres blas64.General) {
	for j, b := range ip.Op.Blocks {
		k, ok := sn.Index[b]
		if !ok {
			ip.startBlock(j, operator.RowOf(centres, j), sn.mu)
			continue
		}
		ip.T[j] = sn.t[k]
		copy(operator.RowOf(ip.u, j), operator.RowOf(sn.u, k))
		copy(operator.RowOf(ip.z, j), operator.RowOf(sn.z, k))
		if ip.relu {
			copy(operator.RowOf(ip.m, j), operator.RowOf(sn.m, k))
		}
	}
	ip.data.Term = sn.data.Clone()
	ip.evaluate()
}

// start is a point with every block on the ray of its centre and equal
// complementarity mu in all cones: t_j lambda + u_j'z_j = m_i s_i = mu. At the
// analytic centre that is a point of the central path of the cones.
func (ip *Interior) start(centres blas64.General, gap float64) {
	mu := gap * ip.sizeOfLoss() / ip.degree()
	if mu == 0 {
		mu = ip.Lambda
	}
	for j := range ip.T {
		ip.startBlock(j, operator.RowOf(centres, j), mu)
	}
	ip.startData(mu)
	ip.evaluate()
}

// sizeOfLoss is 2 n L(0), |y|^2 for squares.
func (ip *Interior) sizeOfLoss() float64 {
	return float64(2*ip.Op.N) * ip.loss.Value(make([]float64, ip.Op.N), ip.y)
}

// startData puts the data term at complementarity mu, with slopes small enough
// for the blocks.
func (ip *Interior) startData(mu float64) {
	copy(ip.r, ip.y)
	ip.Op.SignedRows(ip.rows, ip.r, blas64.General{})
	ip.Op.X.MulTrans(ip.grad, ip.rows)
	operator.Norms(ip.norm, ip.grad)
	ip.data.Term.Start(min(0.5, 0.5*ip.Lambda/floats.Max(ip.norm)), mu)
}

// startBlock puts block j on the ray of its centre.
func (ip *Interior) startBlock(j int, centre []float64, mu float64) {
	ip.T[j] = ip.SocWeight * mu / (ip.Lambda * (1 - floats.Dot(centre, centre)))
	floats.ScaleTo(operator.RowOf(ip.u, j), ip.T[j], centre)
	floats.ScaleTo(operator.RowOf(ip.z, j), -ip.Lambda, centre)
	if !ip.relu {
		return
	}
	u, s := ip.u, ip.s
	one := blas64.General{Rows: 1, Cols: s.Cols, Stride: s.Stride, Data: operator.RowOf(s, j)}
	ip.Op.X.Mul(one, blas64.General{Rows: 1, Cols: u.Cols, Stride: u.Stride, Data: operator.RowOf(u, j)})
	mask := operator.RowOf(ip.Op.Mask, j)
	for i, a := range mask {
		one.Data[i] *= ip.Op.Sign(a)
	}
	for _, i := range ip.Op.Zero {
		one.Data[i] = 1
	}
	m := operator.RowOf(ip.m, j)
	for i, v := range one.Data {
		m[i] = mu / v
	}
}

// evaluate recomputes s, r and F'r - G'm from u and m, and from them the primal
// value and a dual bound: nu = -r with the multipliers m violates its
// inequalities at most by the factor max_j |F_j'r - G_j'm_j| / lambda.
func (ip *Interior) evaluate() {
	ip.Op.X.Mul(ip.rows, ip.u)
	ip.Op.Predict(ip.r, ip.rows)
	own := ip.residual()
	if ip.relu {
		ip.Op.Slack(ip.rows)
		operator.ParallelTask(len(ip.T), (*slackRows)(ip))
		ip.Op.SignedRows(ip.rows, ip.r, ip.tmp)
	} else {
		ip.Op.SignedRows(ip.rows, ip.r, blas64.General{})
	}
	ip.Op.X.MulTrans(ip.grad, ip.rows)
	operator.Norms(ip.norm, ip.u)
	ip.Primal = own + ip.Lambda*floats.Sum(ip.norm)
	operator.Norms(ip.norm, ip.grad)
	floats.ScaleTo(ip.minusR, -1, ip.r)
	ip.Dual = float64(ip.Op.N) * loss.BestMultiple(ip.loss, ip.minusR, ip.y, loss.LargestScale(ip.Lambda, floats.Max(ip.norm))).Value
	ip.Best.note(ip)
}

// residual turns the prediction F u in r into the slopes of n L, with the
// constant in it, and returns n L.
func (ip *Interior) residual() float64 {
	ip.data.Term.Update(ip.r)
	ip.c = ip.data.Term.Constant()
	floats.AddConst(ip.c, ip.r)
	size := float64(ip.Op.N) * loss.Merit(ip.loss, ip.r, ip.y)
	copy(ip.r, ip.data.Term.Slope())
	return size
}

// Solve iterates until the relative gap over the blocks is at most tol, the
// budget of iterations is spent or no more progress is possible in float64. It
// returns the number of iterations made.
func (ip *Interior) Solve(ctx context.Context, tol float64, budget int) int {
	for it := range budget {
		gap := program.RelGap(ip.Primal, ip.Dual)
		if ip.Saved == nil && gap <= min(warmGap, warmTol*tol) {
			ip.Saved = ip.snapshot()
		}
		if gap <= tol || ctx.Err() != nil {
			return it
		}
		if mu := ip.complementarity(); gap < 0.9*ip.mark || gap > tellingGap && mu < 0.9*ip.aim {
			ip.mark, ip.aim, ip.since = min(gap, ip.mark), min(mu, ip.aim), 0
		} else if ip.since++; ip.since > ip.o.Patience {
			return it
		}
		if !ip.Step() {
			return it
		}
	}
	return budget
}

// tellingGap is the gap down to which it may stand near 1 while the iterate, infeasible for the
// dual, comes nearer: until then a fall of the complementarity is progress, too. Measured on a working set of 90
// blocks of 9 columns and 2225 rows at 0.01 beta_max: the gap is .99 after 21 steps, .016 after 31
// and 4e-6 after 41.
const tellingGap = 0.1

// stepPasses of a step over matrices of blocks and rows, B x n, beside those of its
// operators.
const stepPasses = 12

// Step makes one predictor-corrector step; false if the linear system cannot be
// factored or the step comes to nothing.
func (ip *Interior) Step() bool {
	ip.Op.X.Book(stepPasses * operator.PassWork * float64(len(ip.rows.Data)))
	for j := range ip.cone {
		ip.cone[j].update(ip.T[j], operator.RowOf(ip.u, j), ip.Lambda, operator.RowOf(ip.z, j))
	}
	if !ip.Factor() {
		return false
	}
	mu := ip.complementarity()
	ip.predictor()
	if ip.replacePoor(ip.direction()) {
		return ip.Step()
	}
	sigma := math.Pow(1-ip.stepLength(), 3)
	ip.corrector(sigma * mu)
	ip.direction()
	alpha := ip.o.StepShare * recentred(ip, sigma*mu)
	if size := floats.Norm(ip.du.Data, math.Inf(1)); !(alpha > 1e-9) || math.IsNaN(size) || math.IsInf(size, 0) {
		return false
	}
	ip.advance(alpha)
	return true
}

// complementarity is mu = (sum_j t_j lambda + u_j'z_j + sum m s) / degree, the
// mean over the constraints when a second-order cone counts socWeight times.
func (ip *Interior) complementarity() float64 {
	sum := 0.0
	for j, t := range ip.T {
		sum += t*ip.Lambda + floats.Dot(operator.RowOf(ip.u, j), operator.RowOf(ip.z, j))
	}
	more, _ := ip.data.Term.Complementarity()
	return (sum + floats.Dot(ip.m.Data, ip.s.Data) + more) / ip.degree()
}

func (ip *Interior) degree() float64 {
	_, pairs := ip.data.Term.Complementarity()
	return float64(len(ip.T))*ip.SocWeight + float64(len(ip.m.Data)+pairs)
}

// Factor prepares the Newton system at the current iterate.
func (ip *Interior) Factor() bool {
	if ip.relu {
		operator.ParallelTask(len(ip.T), (*weightRows)(ip))
	}
	ip.data.Term.Weigh()
	return ip.Newton.Factor()
}

// predictor sets the right-hand sides of the affine step: complementarity to 0.
// tmp gets -S times the target of m + dm, which direction reads.
func (ip *Interior) predictor() {
	for j := range ip.q0 {
		ip.q0[j] = -ip.Lambda
		floats.ScaleTo(operator.RowOf(ip.q1, j), -1, operator.RowOf(ip.z, j))
	}
	clear(ip.tmp.Data)
	ip.data.Aim(0, false)
}

// corrector sets the right-hand sides of the combined step: complementarity to
// target, less the second-order terms of the predictor step.
func (ip *Interior) corrector(target float64) {
	ip.target = target
	operator.ParallelTask(len(ip.T), (*correctorRows)(ip))
	ip.data.Aim(target, true)
}

// direction solves for du and all that follows from it. With tmp = e, the
// complementarity target over s,
//
//	rhs_j = -F_j'r + G_j'e_j + z_j + (q1 - h01 q0/h00)_j
//	dm    = e - m - (m/s) ds,   ds = G du
//
// It returns what du leaves of rhs, relatively.
func (ip *Interior) direction() (left float64) {
	b := len(ip.T)
	ip.Op.SignedRows(ip.rows, ip.data.Goal, ip.tmp)
	ip.Op.X.MulTrans(ip.du, ip.rows)
	for j := range b {
		duj := operator.RowOf(ip.du, j)
		floats.Add(duj, operator.RowOf(ip.z, j))
		floats.Add(duj, operator.RowOf(ip.q1, j))
		ip.cone[j].fold(duj, ip.q0[j])
	}
	left = ip.Newton.Solve(ip.du.Data)
	for j := range b {
		ip.dt[j] = ip.cone[j].back(operator.RowOf(ip.dz, j), ip.q0[j], operator.RowOf(ip.q1, j), operator.RowOf(ip.du, j))
	}
	ip.Op.X.Mul(ip.rows, ip.du)
	ip.data.Direction(ip.rows)
	if !ip.relu {
		return left
	}
	copy(ip.ds.Data, ip.rows.Data)
	ip.Op.Slack(ip.ds)
	operator.ParallelTask(b, (*multiplierSteps)(ip))
	return left
}

// stepLength is the largest step <= 1 that keeps all cones.
func (ip *Interior) stepLength() float64 {
	operator.ParallelTask(len(ip.T), (*stepRows)(ip))
	alpha := min(1, ip.data.Term.StepLength())
	for _, a := range ip.norm {
		alpha = min(alpha, a)
	}
	return alpha
}

// advance takes the step and evaluates the new point.
func (ip *Interior) advance(alpha float64) {
	ip.length = alpha
	operator.ParallelTask(len(ip.T), (*advanceRows)(ip))
	ip.data.Term.Advance(alpha)
	ip.evaluate()
}

// Scaled is the snapshot with its dual variables multiplied by f < 1, which
// keeps them inside the cones of a beta smaller by f.
func (sn *Snapshot) Scaled(f float64) *Snapshot {
	c := *sn
	c.z, c.m = operator.CloneGeneral(sn.z), operator.CloneGeneral(sn.m)
	floats.Scale(f, c.z.Data)
	floats.Scale(f, c.m.Data)
	c.mu *= f
	return &c
}
