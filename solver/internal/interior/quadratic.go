package interior

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/internal/dense"
	"multigrade/solver/internal/operator"
)

// Quadratic is the program over B blocks of d variables
//
//	min  1/2 (u - u0)'Q(u - u0) - b'(u - u0) + lambda sum_j |u_j|   s.t.  G_j u_j >= 0
//
// with few rows in every G_j; or with the largest deviation of some rows in the place of the
// quadratic. Every block is in the coordinates of its Frame. That the gradient
// is taken from u0 on keeps its digits where Q is ill-conditioned and u is not far from there.
type Quadratic struct {
	D      int
	Q      blas64.Symmetric // dB x dB, both triangles
	B      []float64        // dB
	Origin []float64        // dB: u0
	Lambda float64
	Frames []*Frame // B
	// Peaks, if not nil, are in the place of Q and B, and the search does not begin at Origin.
	Peaks *Peaks
	// Account books the factorisations; nil: nobody counts.
	Account *operator.Account
}

// Frame is the coordinates of a block in its cone {u : G u >= 0}: u = R'v with the rows of R
// orthonormal, the first of them along a point g strictly inside, the others along the axes
// of the Dikin ellipsoid about g, Width times as long as |g|, at most 1. A cone of the
// arrangement of millions of rows is a millionth wide: only in its own scale does its barrier
// have curvatures that float64 can tell apart.
type Frame struct {
	R     *mat.Dense     // d x d
	Width []float64      // d, the first 1
	G     blas64.General // m x d: in coordinates v/Width, rows scaled to 1 in the first
}

// NewFrame is the frame for the rows of a cone (m x d) and a point strictly inside.
func NewFrame(inside []float64, rows blas64.General) *Frame {
	d := len(inside)
	f := &Frame{R: mat.NewDense(d, d, nil), Width: make([]float64, d), G: operator.NewGeneral(rows.Rows, d)}
	f.orthogonal(inside)
	size := floats.Norm(inside, 2)
	scaled := mat.NewDense(max(rows.Rows, 1), d, nil) // G R' over G g/|g|
	for i := range rows.Rows {
		row := scaled.RawRowView(i)
		mat.NewVecDense(d, row).MulVec(f.R, mat.NewVecDense(d, operator.RowOf(rows, i)))
		floats.Scale(size/floats.Dot(operator.RowOf(rows, i), inside), row)
		row[0] = 1
	}
	f.Width[0] = 1
	if d > 1 {
		f.alongEllipsoid(scaled)
	}
	for i := range rows.Rows {
		floats.MulTo(operator.RowOf(f.G, i), scaled.RawRowView(i), f.Width)
	}
	return f
}

// orthogonal sets R to the reflection that takes the first axis to the direction of g.
func (f *Frame) orthogonal(g []float64) {
	d := len(g)
	v := make([]float64, d)
	floats.ScaleTo(v, 1/floats.Norm(g, 2), g)
	sign := math.Copysign(1, v[0])
	v[0] += sign
	square := floats.Dot(v, v)
	for i := range d {
		for j := range d {
			e := 0.0
			if i == j {
				e = 1
			}
			f.R.Set(i, j, -sign*(e-2*v[i]*v[j]/square))
		}
	}
	for i := 1; i < d; i++ {
		floats.Scale(-sign, f.R.RawRowView(i)) // any sign will do
	}
}

// alongEllipsoid turns all but the first row of R, and of the scaled rows, to the axes of the
// ellipsoid sum over rows of (row.v)^2 <= 1 in the plane across g.
func (f *Frame) alongEllipsoid(scaled *mat.Dense) {
	m, d := scaled.Dims()
	across := scaled.Slice(0, m, 1, d)
	var square mat.SymDense
	square.SymOuterK(1, across.T())
	var eigen mat.EigenSym
	if !eigen.Factorize(&square, true) {
		for k := 1; k < d; k++ {
			f.Width[k] = 1
		}
		return
	}
	var axes, turned, own mat.Dense
	eigen.VectorsTo(&axes)
	for k, v := range eigen.Values(nil) {
		f.Width[k+1] = min(1, 1/math.Sqrt(max(v, math.SmallestNonzeroFloat64)))
	}
	turned.Mul(axes.T(), f.R.Slice(1, d, 0, d))
	f.R.Slice(1, d, 0, d).(*mat.Dense).Copy(&turned)
	own.Mul(across, &axes)
	across.(*mat.Dense).Copy(&own)
}

// To sets v = R u.
func (f *Frame) To(v, u []float64) {
	mat.NewVecDense(len(v), v).MulVec(f.R, mat.NewVecDense(len(u), u))
}

// From sets u = R'v.
func (f *Frame) From(u, v []float64) {
	mat.NewVecDense(len(u), u).MulVec(f.R.T(), mat.NewVecDense(len(v), v))
}

// quadratic is the state of the method for a Quadratic: v the coordinates, h = v/Width, and
// otherwise the names of Interior.
type quadratic struct {
	*Quadratic
	n            int // blocks
	t            []float64
	h, v, z      blas64.General // B x d
	s, m, ds, dm [][]float64
	e, kept      [][]float64
	grad         []float64 // Q (v - v0) - b
	away         []float64 // v - v0
	cone         []soc
	weight       float64 // SocWeight
	system       *operator.Regularised
	peaks        *peaks // nil without
	dh, dv, dz   blas64.General
	dt, q0       []float64
	q1           blas64.General
}

// quadraticPatience is after how many steps without progress the method ends.
const quadraticPatience = 25

// leastTarget is the complementarity aimed at, at least, as a share of the one asked for.
const leastTarget = 0.2

// stationaryTo is the largest entry of the gradient's remainder that is let pass, as a share of
// lambda.
const stationaryTo = 1e-8

// QuadraticPoint is what a Quadratic is solved by: of Peaks with the constant and the slopes of the
// rows' deviations.
type QuadraticPoint struct {
	V      blas64.General // B x d
	C      float64
	Slopes []float64 // k
	Solved bool      // to the accuracy asked for
}

// Solve returns the point at which complementarity, the gap if the gradient were exact, is at
// most tol, or the best there is in float64 or within the given number of steps.
func (q *Quadratic) Solve(ctx context.Context, tol float64, steps int) QuadraticPoint {
	s := newQuadratic(q)
	best, since := math.Inf(1), 0
	out := QuadraticPoint{V: operator.CloneGeneral(s.v)}
	for range steps {
		merit := max(s.gap()/tol, s.stationarity()/stationaryTo)
		if merit < best {
			if merit < 0.9*best {
				since = 0
			}
			best = merit
			copy(out.V.Data, s.v.Data)
			if p := s.peaks; p != nil {
				out.C, out.Slopes = p.data.Term.Constant(), append(out.Slopes[:0], p.data.Term.Slope()...)
			}
		}
		if since++; best <= 1 || since > quadraticPatience || ctx.Err() != nil || !s.step(tol) {
			break
		}
	}
	out.Solved = best <= 1
	return out
}

func newQuadratic(q *Quadratic) *quadratic {
	b, d := len(q.Frames), q.D
	s := &quadratic{Quadratic: q, n: b, weight: 1}
	for _, g := range []*blas64.General{&s.h, &s.v, &s.z, &s.dh, &s.dv, &s.dz, &s.q1} {
		*g = operator.NewGeneral(b, d)
	}
	for _, v := range []*[]float64{&s.t, &s.dt, &s.q0} {
		*v = make([]float64, b)
	}
	for _, v := range []*[]float64{&s.grad, &s.away} {
		*v = make([]float64, b*d)
	}
	s.system = operator.NewRegularised(b*d, q.Account)
	rows := 0
	for _, f := range q.Frames {
		s.cone = append(s.cone, newSOC(d))
		rows += f.G.Rows
		for _, v := range []*[][]float64{&s.s, &s.m, &s.ds, &s.dm, &s.e, &s.kept} {
			*v = append(*v, make([]float64, f.G.Rows))
		}
	}
	if b > 0 {
		s.weight = max(1, float64(rows)/float64(b))
	}
	if q.Peaks != nil {
		s.peaks = newPeaks(q.Peaks, q.Account)
		s.startAtCentres()
		return s
	}
	s.start()
	return s
}

// startAtCentres puts every block on the ray of its gate, at a complementarity of all pairs that
// together are startGap times the loss of a prediction of 0.
func (s *quadratic) startAtCentres() {
	mu := startGap * s.peaks.size() / s.degree()
	if mu == 0 {
		mu = s.Lambda
	}
	for j, f := range s.Frames {
		s.t[j] = s.weight * mu / (s.Lambda * (1 - startInside*startInside))
		h := operator.RowOf(s.h, j)
		h[0] = startInside * s.t[j]
		operator.RowOf(s.z, j)[0] = -startInside * s.Lambda
		s.slack(s.s[j], f, h)
		for i, slack := range s.s[j] {
			s.m[j][i] = mu / slack
		}
	}
	s.peaks.data.Term.Start(0.5, mu)
	s.evaluate()
}

const (
	// startGap is Interior's StartGap of Peaks.
	startGap = 0.1
	// startShare is how far from the origin towards the middle of its cone a block starts, as a
	// share of its size, or of the typical one if it has none.
	startShare = 0.05
	// startInside is the part of lambda that the duals of the norms have at first.
	startInside = 0.7
)

// start puts every block inside its cone, not far from the origin of the model.
func (s *quadratic) start() {
	typical := s.typicalSize()
	mu := startShare * typical * s.Lambda / s.weight
	for j, f := range s.Frames {
		v, z, h := operator.RowOf(s.v, j), operator.RowOf(s.z, j), operator.RowOf(s.h, j)
		copy(v, s.Origin[j*s.D:(j+1)*s.D])
		floats.Scale(1-startShare, v)
		v[0] += startShare * max(floats.Norm(v, 2), typical)
		size := floats.Norm(v, 2)
		s.t[j] = size * (1 + startShare)
		floats.ScaleTo(z, -startInside*s.Lambda/size, v)
		floats.DivTo(h, v, f.Width)
		s.slack(s.s[j], f, h)
		for i, slack := range s.s[j] {
			slack = max(slack, startShare*startShare*typical)
			s.m[j][i] = mu / slack
		}
	}
	s.evaluate()
}

// typicalSize is the mean norm of the blocks of the origin that are not 0, else one at which the
// quadratic term along all blocks balances the linear one.
func (s *quadratic) typicalSize() float64 {
	sum, count := 0.0, 0.0
	for j := range s.n {
		if size := floats.Norm(s.Origin[j*s.D:(j+1)*s.D], 2); size > 0 {
			sum, count = sum+size, count+1
		}
	}
	if count > 0 {
		return sum / count
	}
	most, trace := floats.Norm(s.B, math.Inf(1)), 0.0
	for i := range s.system.A.N {
		trace = max(trace, s.Q.Data[i*s.Q.Stride+i])
	}
	if trace > 0 && most > 0 {
		return most / trace / float64(s.n)
	}
	return 1
}

func (s *quadratic) slack(dst []float64, f *Frame, h []float64) {
	for i := range dst {
		dst[i] = floats.Dot(operator.RowOf(f.G, i), h)
	}
}

// evaluate sets v, the slacks and the gradient.
func (s *quadratic) evaluate() {
	for j, f := range s.Frames {
		floats.MulTo(operator.RowOf(s.v, j), operator.RowOf(s.h, j), f.Width)
		s.slack(s.s[j], f, operator.RowOf(s.h, j))
	}
	if s.peaks != nil {
		clear(s.grad)
		s.peaks.update(s.grad, s.v)
		return
	}
	copy(s.grad, s.B)
	floats.SubTo(s.away, s.v.Data, s.Origin)
	dense.Symv(1, s.Q, operator.Vector(s.away), -1, operator.Vector(s.grad))
}

// gap is the duality gap, if the gradient were exact.
func (s *quadratic) gap() float64 {
	if s.peaks == nil {
		return s.complementarity()
	}
	norms := 0.0
	for j := range s.n {
		norms += floats.Norm(operator.RowOf(s.v, j), 2)
	}
	return math.Abs(s.peaks.gap(s.Lambda * norms))
}

func (s *quadratic) complementarity() float64 {
	sum := 0.0
	if s.peaks != nil {
		sum, _ = s.peaks.data.Term.Complementarity()
	}
	for j, t := range s.t {
		sum += t*s.Lambda + floats.Dot(operator.RowOf(s.v, j), operator.RowOf(s.z, j)) + floats.Dot(s.s[j], s.m[j])
	}
	return sum
}

// stationarity is the largest entry of Width (Qv - b - z) - G'm, over lambda.
func (s *quadratic) stationarity() float64 {
	most := 0.0
	r := make([]float64, s.D)
	for j, f := range s.Frames {
		floats.SubTo(r, s.grad[j*s.D:(j+1)*s.D], operator.RowOf(s.z, j))
		floats.Mul(r, f.Width)
		for i, m := range s.m[j] {
			floats.AddScaled(r, -m, operator.RowOf(f.G, i))
		}
		most = max(most, floats.Norm(r, math.Inf(1)))
	}
	return most / s.Lambda
}

// step is one step of Mehrotra's predictor and corrector; false if it comes to nothing.
func (s *quadratic) step(tol float64) bool {
	for j := range s.cone {
		s.cone[j].update(s.t[j], operator.RowOf(s.v, j), s.Lambda, operator.RowOf(s.z, j))
	}
	if !s.factor() {
		return false
	}
	degree := s.degree()
	mu := s.complementarity() / degree
	for j := range s.cone {
		s.q0[j] = -s.Lambda
		floats.ScaleTo(operator.RowOf(s.q1, j), -1, operator.RowOf(s.z, j))
		clear(s.e[j])
	}
	if s.peaks != nil {
		s.peaks.data.Aim(0, false)
	}
	s.direction()
	// Complementarity that runs ahead of the gradient would make the cones' blocks singular.
	target := max(math.Pow(1-s.stepLength(), 3)*mu, min(mu, leastTarget*tol/degree))
	for j := range s.cone {
		s.q0[j] = s.cone[j].corrected(operator.RowOf(s.q1, j), s.weight*target, s.dt[j], operator.RowOf(s.dv, j), operator.RowOf(s.dz, j))
		for i, v := range s.s[j] {
			s.e[j][i] = (target - s.ds[j][i]*s.dm[j][i]) / v
		}
	}
	if s.peaks != nil {
		s.peaks.data.Aim(target, true)
	}
	s.direction()
	alpha := 0.99 * recentred(s, target)
	if size := floats.Norm(s.dh.Data, math.Inf(1)); !(alpha > 1e-9) || math.IsNaN(size) || math.IsInf(size, 0) {
		return false
	}
	floats.AddScaled(s.t, alpha, s.dt)
	floats.AddScaled(s.h.Data, alpha, s.dh.Data)
	floats.AddScaled(s.z.Data, alpha, s.dz.Data)
	for j := range s.m {
		floats.AddScaled(s.m[j], alpha, s.dm[j])
	}
	if s.peaks != nil {
		s.peaks.data.Term.Advance(alpha)
	}
	s.evaluate()
	return true
}

// degree is how many pairs there are, those of norms as many times as they weigh.
func (s *quadratic) degree() float64 {
	degree := s.weight * float64(s.n)
	for j := range s.s {
		degree += float64(len(s.s[j]))
	}
	if s.peaks != nil {
		_, pairs := s.peaks.data.Term.Complementarity()
		degree += float64(pairs)
	}
	return degree
}

func (s *quadratic) recentres() bool { return s.peaks != nil }

func (s *quadratic) recentre(trial, least, most float64) {
	s.peaks.data.Recentre(trial, least, most)
	for j, e := range s.e {
		copy(s.kept[j], e)
		moveTargets(e, s.s[j], s.ds[j], s.m[j], s.dm[j], trial, least, most)
	}
	s.direction()
}

func (s *quadratic) restore() {
	s.peaks.data.Revert()
	for j, e := range s.e {
		copy(e, s.kept[j])
	}
	s.direction()
}

// factor forms and factors, in the coordinates h,
//
//	W (Q + blkdiag(H_j)) W + blkdiag(G_j'diag(m_j/s_j) G_j),   W the widths.
func (s *quadratic) factor() bool {
	if s.peaks != nil {
		s.peaks.data.Term.Weigh()
		s.peaks.data.AddTo(s.system.A, s.peaks.rows)
	}
	operator.ParallelTask(s.n, (*formRows)(s))
	return s.system.Factor(quadraticLeast)
}

// formRows forms the rows of block j.
type formRows quadratic

func (t *formRows) Part(j int) {
	s := (*quadratic)(t)
	system, size, d, f := s.system.A, s.system.A.N, s.D, s.Frames[j]
	if s.peaks == nil {
		for i := j * d; i < (j+1)*d; i++ {
			copy(system.Data[i*size:(i+1)*size], s.Q.Data[i*s.Q.Stride:])
		}
	}
	s.cone[j].addSchur(system.Data[j*d*size+j*d:], size)
	for a := range d {
		row := system.Data[(j*d+a)*size : (j*d+a+1)*size]
		floats.Scale(f.Width[a], row)
		for k, g := range s.Frames {
			floats.Mul(row[k*d:(k+1)*d], g.Width)
		}
		for i, m := range s.m[j] {
			g := operator.RowOf(f.G, i)
			floats.AddScaled(row[j*d:(j+1)*d], m/s.s[j][i]*g[a], g)
		}
	}
}

// quadraticLeast is leastAdded of a Quadratic, whose blocks are in their own scales.
const quadraticLeast = 1e-15

// direction solves for dh and all that follows from it, as Interior's.
func (s *quadratic) direction() {
	d := s.D
	clear(s.dh.Data)
	if s.peaks != nil {
		s.peaks.addGoal(s.dh.Data)
	}
	for j, f := range s.Frames {
		rhs := operator.RowOf(s.dh, j)
		floats.Add(rhs, operator.RowOf(s.z, j))
		floats.Sub(rhs, s.grad[j*d:(j+1)*d])
		floats.Add(rhs, operator.RowOf(s.q1, j))
		s.cone[j].fold(rhs, s.q0[j])
		floats.Mul(rhs, f.Width)
		for i, e := range s.e[j] {
			floats.AddScaled(rhs, e, operator.RowOf(f.G, i))
		}
	}
	s.system.Solve(s.dh.Data)
	for j, f := range s.Frames {
		floats.MulTo(operator.RowOf(s.dv, j), operator.RowOf(s.dh, j), f.Width)
		s.dt[j] = s.cone[j].back(operator.RowOf(s.dz, j), s.q0[j], operator.RowOf(s.q1, j), operator.RowOf(s.dv, j))
		s.slack(s.ds[j], f, operator.RowOf(s.dh, j))
		for i, v := range s.ds[j] {
			s.dm[j][i] = s.e[j][i] - s.m[j][i] - s.m[j][i]/s.s[j][i]*v
		}
	}
	if s.peaks != nil {
		s.peaks.direct(s.dv)
	}
}

func (s *quadratic) stepLength() float64 {
	alpha := 1.0
	if s.peaks != nil {
		alpha = s.peaks.data.Term.StepLength()
	}
	for j, t := range s.t {
		alpha = min(alpha, operator.SocStep(t, operator.RowOf(s.v, j), s.dt[j], operator.RowOf(s.dv, j)))
		alpha = min(alpha, operator.SocStep(s.Lambda, operator.RowOf(s.z, j), 0, operator.RowOf(s.dz, j)))
		alpha = min(alpha, operator.OrthantStep(s.s[j], s.ds[j]))
		alpha = min(alpha, operator.OrthantStep(s.m[j], s.dm[j]))
	}
	return alpha
}
