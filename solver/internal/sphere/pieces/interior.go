package pieces

import "math"

// summand is a piece in a node's relaxation: the least of its majorants, in terms
// of the knots a and b.
type summand struct {
	a, b  int
	major []majorant
}

// halfspace is h.w >= 0, h of norm 1.
type halfspace struct {
	h    []float64
	kind int     // which multiplier it is
	size float64 // norm of the vector that the multiplier is for
}

// interior computes a node's relaxation,
//
//	max base.v + sum_s t_s,  t_s <= g_sk.w + gamma_sk,  h_j.w >= 0,  |w| <= 1,
//
// v being the knots' products with w and g_sk = alpha a + beta b, and its dual,
//
//	min |c| + G,  c = base + sum_s sum_k lambda_sk g_sk + sum_j mu_j h_j,  G = sum lambda gamma,
//
// over mu >= 0 and convex weights lambda_s, by a primal-dual interior point method
// (Mehrotra, On the implementation of a primal-dual interior point method, 1992). With the t_s eliminated a step has r unknowns. It
// takes ten to twenty of them whatever the majorants are; the nearest point of the
// polytope by Wolfe's method takes hundreds where they are many and lie close,
// and did not get there in six hundred on a third of the nodes of a grade with 24
// pieces. It is a workspace.
type interior struct {
	r     int
	knots []float64 // K x r

	sum  []summand
	half []halfspace
	base []float64 // coefficients of the knots, K

	m                   int       // majorants of all summands
	lambda, e           []float64 // their weights, summand by summand, and slacks
	mu, f               []float64 // of the half-spaces
	ball                ball
	w, t                []float64 // point
	residual, residualF []float64 // of e and f
	dl, de, dmu, df     []float64 // step
	dw, dt              []float64
	mean                []float64 // per summand: means of alpha and beta with the weights lambda/e
	weight              []float64 // per summand: sum of lambda/e
	right               []float64 // per summand
	matrix, rhs, c      []float64
	first, second       []float64 // r
	v, coef             []float64 // K

	bestLambda, bestMu []float64 // of the least bound so far
	bound, size        float64   // the least bound, and the size of the terms of the sum at the start
	value              float64   // at w
	steps              int

	operations int // of scalars, since they were last asked for
}

func newInterior(knots []float64, r int) *interior {
	vec := func() []float64 { return make([]float64, r) }
	k := len(knots) / max(r, 1)
	return &interior{
		r: r, knots: knots, base: make([]float64, k), v: make([]float64, k), coef: make([]float64, k),
		w: vec(), dw: vec(), rhs: vec(), c: vec(), first: vec(), second: vec(), matrix: make([]float64, r*r),
		ball: newBall(r),
	}
}

func (s *interior) knot(k int) []float64 { return s.knots[k*s.r : (k+1)*s.r] }

func dot(x, y []float64) float64 {
	t := 0.0
	for k, v := range x {
		t += v * y[k]
	}
	return t
}

func axpy(y []float64, a float64, x []float64) {
	for k, v := range x {
		y[k] += a * v
	}
}

// project sets v to the products of the knots with w.
func (s *interior) project(w []float64) {
	s.operations += 2 * len(s.knots)
	for k := range s.v {
		s.v[k] = dot(s.knot(k), w)
	}
}

func sized(x []float64, n int) []float64 {
	if cap(x) < n {
		return make([]float64, n, 2*n)
	}
	return x[:n]
}

const (
	// interiorSteps is far more than it takes; roundings come first.
	interiorSteps = 60
	// mostStuck steps in a row may not lower the bound.
	mostStuck = 6
	// nothing is what a bound is known to, relative to the terms that cancelled in it.
	nothing = 1e-16
	// outside a half-space is what is farther from it than rounding.
	outside = 1e-12
	// toWall is the part of the way to the next wall that a step goes at most.
	toWall = 0.99
)

// solve descends until the bound is at most goal, or is shown to exceed it and by how much,
// to the relative precision rough, or is known to fine, and returns it. It starts in the
// direction w.
func (s *interior) solve(w []float64, goal, rough float64) float64 {
	s.start(w)
	for stuck := 0; stuck <= mostStuck; stuck++ {
		s.residuals()
		if s.evaluate() {
			stuck = 0
		}
		gap := s.bound - s.value
		if s.bound <= goal || gap <= fine*s.bound || gap <= nothing*s.size || gap <= rough*(s.bound-goal) && s.value > goal {
			break
		}
		if s.steps++; s.steps > interiorSteps || !s.step() {
			break
		}
	}
	return s.bound
}

// start chooses a point: half way to the sphere in the direction w, and what t, slacks and multipliers go with it, all of
// the size that the terms of the sum have.
func (s *interior) start(w []float64) {
	s.resize()
	half := 0.0
	if norm := math.Sqrt(dot(w, w)); norm > 0 {
		half = 0.5 / norm
	}
	for k, v := range w {
		s.w[k] = half * v
	}
	s.project(s.w)
	size, at := 0.0, 0
	for i := range s.sum {
		t := &s.sum[i]
		a, b := s.v[t.a], s.v[t.b]
		low, mean := math.Inf(1), 0.0
		for k := range t.major {
			v := t.major[k].at(a, b)
			s.e[at+k] = v
			low = min(low, v)
			mean += v / float64(len(t.major))
		}
		size += math.Abs(mean)
		s.t[i] = low
		at += len(t.major)
	}
	for k, v := range s.base {
		size += math.Abs(v * s.v[k])
	}
	size += startSize
	each := size / float64(4*len(s.sum)+4)
	at = 0
	for i := range s.sum {
		k := len(s.sum[i].major)
		s.t[i] -= each
		for j := at; j < at+k; j++ {
			s.e[j] -= s.t[i]
			s.lambda[j] = 1 / float64(k)
		}
		at += k
	}
	for j := range s.half {
		s.f[j] = max(dot(s.half[j].h, s.w), startSlack)
		s.mu[j] = each / (4 * s.f[j])
	}
	s.ball.start(size)
	s.size, s.steps, s.bound = size, 0, math.Inf(1)
}

// Where all terms are 0 a start has this size, in units of the target; and at half-spaces
// that the point is not in this slack.
const startSize, startSlack = 1e-3, 0.1

func (s *interior) resize() {
	s.m = 0
	for i := range s.sum {
		s.m += len(s.sum[i].major)
	}
	for _, x := range []*[]float64{&s.lambda, &s.e, &s.residual, &s.dl, &s.de, &s.bestLambda} {
		*x = sized(*x, s.m)
	}
	for _, x := range []*[]float64{&s.mu, &s.f, &s.residualF, &s.dmu, &s.df, &s.bestMu} {
		*x = sized(*x, len(s.half))
	}
	for _, x := range []*[]float64{&s.t, &s.dt, &s.weight, &s.right} {
		*x = sized(*x, len(s.sum))
	}
	s.mean = sized(s.mean, 2*len(s.sum))
}

// restore takes multipliers of an earlier solve, of the same problem, as its result.
func (s *interior) restore(lambda, mu []float64) {
	s.resize()
	copy(s.bestLambda, lambda)
	copy(s.bestMu, mu)
}

// evaluate computes the bound that lambda and mu prove, and keeps it if it is clearly
// the least.
func (s *interior) evaluate() bool {
	copy(s.coef, s.base)
	g, at := 0.0, 0
	for i := range s.sum {
		t := &s.sum[i]
		m := t.mixed(s.lambda[at : at+len(t.major)])
		s.coef[t.a] += m.alpha
		s.coef[t.b] += m.beta
		g += m.gamma
		at += len(t.major)
	}
	clear(s.c)
	s.lift(s.c)
	for j := range s.half {
		axpy(s.c, s.mu[j], s.half[j].h)
	}
	s.operations += 10*s.m + 2*len(s.half)*s.r
	b := math.Sqrt(dot(s.c, s.c)) + g
	if !(b < s.bound) {
		return false
	}
	clearly := b < s.bound*(1-1e-9)
	s.bound = b
	copy(s.bestLambda, s.lambda)
	copy(s.bestMu, s.mu)
	return clearly
}

// mixed is the majorant with the given weights, whatever their sum.
func (t *summand) mixed(weight []float64) (m majorant) {
	sum := 0.0
	for k, l := range weight {
		o := &t.major[k]
		sum += l
		m.alpha += l * o.alpha
		m.beta += l * o.beta
		m.gamma += l * o.gamma
	}
	return majorant{m.alpha / sum, m.beta / sum, m.gamma / sum}
}

// lift adds the sum of the knots with the coefficients coef.
func (s *interior) lift(to []float64) {
	s.operations += 2 * len(s.knots)
	for k, c := range s.coef {
		if c != 0 {
			axpy(to, c, s.knot(k))
		}
	}
}

// gap is the complementarity.
func (s *interior) gap() float64 {
	sum := s.ball.product(s.w)
	for j, l := range s.lambda {
		sum += l * s.e[j]
	}
	for j, m := range s.mu {
		sum += m * s.f[j]
	}
	return sum
}

// step is one of Mehrotra's; false where the matrix is singular.
func (s *interior) step() bool {
	gap := s.gap()
	s.ball.scale(s.w)
	if !s.factor() {
		return false
	}
	s.direction(0, false)
	p := s.length(1)
	after := s.ball.productAfter(s.w, s.dw, p)
	for j, l := range s.lambda {
		after += (l + p*s.dl[j]) * (s.e[j] + p*s.de[j])
	}
	for j, m := range s.mu {
		after += (m + p*s.dmu[j]) * (s.f[j] + p*s.df[j])
	}
	ratio := min(1, max(0, after/gap))
	s.direction(ratio*ratio*ratio*gap/s.count(), true)
	p = s.length(toWall)
	axpy(s.w, p, s.dw)
	axpy(s.t, p, s.dt)
	axpy(s.e, p, s.de)
	axpy(s.f, p, s.df)
	axpy(s.lambda, p, s.dl)
	axpy(s.mu, p, s.dmu)
	s.ball.move(p)
	return true
}

// count is the number of products whose sum is the gap.
func (s *interior) count() float64 { return float64(s.m + len(s.half) + 1) }

// residuals of the slacks, as sums of what they should be less what they are, and the
// value at w, which is at most the maximum where w is in the half-spaces.
func (s *interior) residuals() {
	s.project(s.w)
	s.value = dot(s.base, s.v)
	at := 0
	for i := range s.sum {
		t := &s.sum[i]
		a, b := s.v[t.a], s.v[t.b]
		low := math.Inf(1)
		for k := range t.major {
			v := t.major[k].at(a, b)
			s.residual[at] = v - s.t[i] - s.e[at]
			low = min(low, v)
			at++
		}
		s.value += low
	}
	for j := range s.half {
		v := dot(s.half[j].h, s.w)
		s.residualF[j] = v - s.f[j]
		if v < -outside {
			s.value = math.Inf(-1)
		}
	}
	s.operations += 6*s.m + 2*len(s.half)*s.r
}

// factor forms the Schur complement in w and its Cholesky factor.
func (s *interior) factor() bool {
	r := s.r
	clear(s.matrix)
	at := 0
	for i := range s.sum {
		t := &s.sum[i]
		sum, alpha, beta := 0.0, 0.0, 0.0
		for k := range t.major {
			w := s.lambda[at+k] / s.e[at+k]
			sum += w
			alpha += w * t.major[k].alpha
			beta += w * t.major[k].beta
		}
		alpha, beta = alpha/sum, beta/sum
		s.weight[i], s.mean[2*i], s.mean[2*i+1] = sum, alpha, beta
		aa, ab, bb := 0.0, 0.0, 0.0
		for k := range t.major {
			w := s.lambda[at+k] / s.e[at+k]
			x, y := t.major[k].alpha-alpha, t.major[k].beta-beta
			aa += w * x * x
			ab += w * x * y
			bb += w * y * y
		}
		at += len(t.major)
		a, b := s.knot(t.a), s.knot(t.b)
		if aa < bb {
			a, b, aa, bb = b, a, bb, aa
		}
		if !(aa > 0) {
			continue
		}
		root := math.Sqrt(aa)
		for j := range s.first {
			s.first[j] = root*a[j] + ab/root*b[j]
		}
		s.update(s.first)
		if left := bb - ab*ab/aa; left > 0 && t.a != t.b {
			root = math.Sqrt(left)
			for j := range s.second {
				s.second[j] = root * b[j]
			}
			s.update(s.second)
		}
	}
	for j := range s.half {
		root := math.Sqrt(s.mu[j] / s.f[j])
		for k, v := range s.half[j].h {
			s.first[k] = root * v
		}
		s.update(s.first)
	}
	for k, v := range s.ball.scaled {
		s.first[k] = math.Sqrt(2*s.ball.weight) * v
	}
	s.update(s.first)
	trace := 0.0
	for k := range r {
		trace += s.matrix[k*r+k]
	}
	for k := range r {
		s.matrix[k*r+k] += s.ball.weight + 1e-14*trace
	}
	s.operations += 12*s.m + (2*len(s.sum)+len(s.half)+1)*r*(r+3)/2 + r*r*r/3
	return s.cholesky()
}

// update adds x x' to the lower triangle.
func (s *interior) update(x []float64) {
	for i, v := range x {
		if v != 0 {
			axpy(s.matrix[i*s.r:i*s.r+i+1], v, x[:i+1])
		}
	}
}

func (s *interior) cholesky() bool {
	r, m := s.r, s.matrix
	for i := range r {
		for j := range i + 1 {
			v := m[i*r+j] - dot(m[i*r:i*r+j], m[j*r:j*r+j])
			switch {
			case j < i:
				m[i*r+j] = v / m[j*r+j]
			case v > 0:
				m[i*r+i] = math.Sqrt(v)
			default:
				return false
			}
		}
	}
	return true
}

// substitute overwrites x by the solution.
func (s *interior) substitute(x []float64) {
	r, m := s.r, s.matrix
	for i := range r {
		x[i] = (x[i] - dot(m[i*r:i*r+i], x[:i])) / m[i*r+i]
	}
	for i := r - 1; i >= 0; i-- {
		x[i] /= m[i*r+i]
		axpy(x[:i], -x[i], m[i*r:i*r+i])
	}
}

// direction computes the step towards products sigma, corrected by the products of the
// last step if so.
func (s *interior) direction(sigma float64, corrected bool) {
	second := 0.0
	if corrected {
		second = 1
	}
	copy(s.coef, s.base)
	clear(s.rhs)
	at := 0
	for i := range s.sum {
		t := &s.sum[i]
		left, alpha, beta := 1.0, 0.0, 0.0
		for k := range t.major {
			j := at + k
			l, e := s.lambda[j], s.e[j]
			kappa := (sigma-second*s.dl[j]*s.de[j]-l*s.residual[j])/e - l
			s.dl[j] = kappa
			left -= l + kappa
			alpha += (l + kappa) * t.major[k].alpha
			beta += (l + kappa) * t.major[k].beta
		}
		s.right[i] = left / s.weight[i]
		s.coef[t.a] += alpha + left*s.mean[2*i]
		s.coef[t.b] += beta + left*s.mean[2*i+1]
		at += len(t.major)
	}
	s.lift(s.rhs)
	for j := range s.half {
		kappa := (sigma-second*s.dmu[j]*s.df[j]-s.mu[j]*s.residualF[j])/s.f[j] - s.mu[j]
		s.dmu[j] = kappa
		axpy(s.rhs, s.mu[j]+kappa, s.half[j].h)
	}
	axpy(s.rhs, -sigma/s.ball.det, s.w)
	copy(s.dw, s.rhs)
	s.substitute(s.dw)

	s.project(s.dw)
	at = 0
	for i := range s.sum {
		t := &s.sum[i]
		a, b := s.v[t.a], s.v[t.b]
		s.dt[i] = s.right[i] + s.mean[2*i]*a + s.mean[2*i+1]*b
		for k := range t.major {
			j, m := at+k, &t.major[k]
			s.de[j] = m.alpha*a + m.beta*b - s.dt[i] + s.residual[j]
			s.dl[j] -= s.lambda[j] / s.e[j] * (s.de[j] - s.residual[j])
		}
		at += len(t.major)
	}
	for j := range s.half {
		s.df[j] = dot(s.half[j].h, s.dw) + s.residualF[j]
		s.dmu[j] -= s.mu[j] / s.f[j] * (s.df[j] - s.residualF[j])
	}
	s.ball.direction(s.w, s.dw, sigma)
	s.operations += 30*s.m + 4*len(s.half)*s.r + 2*s.r*s.r
}

// length is the step to a part of the way to the nearest wall, at most 1.
func (s *interior) length(part float64) float64 {
	wall := math.Inf(1)
	for _, x := range [...][2][]float64{{s.lambda, s.dl}, {s.e, s.de}, {s.mu, s.dmu}, {s.f, s.df}} {
		for j, d := range x[1] {
			if wall*d < -x[0][j] { // what is not nearer costs no division
				wall = -x[0][j] / d
			}
		}
	}
	wall = min(wall, s.ball.wall(s.w, s.dw))
	return min(1, part*wall)
}
