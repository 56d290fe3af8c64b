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

// nearest computes
//
//	min |c| + G,  c = base + sum_s sum_k lambda_sk g_sk + sum_j mu_j h_j,  G = sum lambda gamma,
//
// over mu >= 0 and convex weights lambda_s, by Wolfe's method (Finding the nearest
// point in a polytope, 1976) in R^(r+1), on points (c, G/kappa) with kappa^2 ->
// G/|c|, for then the two sides of |c| + G <= sqrt(1 + kappa^2) |(c, G/kappa)|
// agree. A point of the polytope takes one majorant of every summand, so the best
// point in a direction is found summand by summand. It is a workspace.
type nearest struct {
	r     int
	knots []float64 // K x r
	nk    int

	sum  []summand
	half []halfspace
	base []float64 // coefficients of the knots, K

	kappa  float64
	level  float64 // last entry of points in the least-squares problem: of their size
	ready  int     // members that are factored
	corral []vertex
	free   []vertex // spare ones
	y      []float64
	q      []float64 // orthonormal columns of length r+2
	tri    []float64 // upper triangle, column k at tri[k*(r+2)]
	p      []float64 // r+1: the point reached
	v      []float64 // K: knots . p
	coef   []float64 // K
	w      []float64

	operations int // of scalars, since they were last asked for
}

// vertex is a point (half < 0) or a direction of the polyhedron in the corral.
type vertex struct {
	choice []int32   // a majorant for each summand
	at     []float64 // r+1: c and G, not divided by kappa
	half   int
	weight float64
}

func newNearest(knots []float64, r int) *nearest {
	nk := len(knots) / max(r, 1)
	m := r + 2
	return &nearest{
		r: r, knots: knots, nk: nk, base: make([]float64, nk), kappa: 1,
		q: make([]float64, m*m), tri: make([]float64, m*m), y: make([]float64, m),
		p: make([]float64, r+1), v: make([]float64, nk), coef: make([]float64, nk), w: make([]float64, m),
	}
}

func (s *nearest) knot(k int) []float64 { return s.knots[k*s.r : (k+1)*s.r] }

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
func (s *nearest) project(w []float64) {
	s.operations += 2 * len(s.knots)
	for k := range s.v {
		s.v[k] = dot(s.knot(k), w)
	}
}

// choose writes the least majorants at v into choice, gamma counting omega times.
func (s *nearest) choose(choice []int32, omega float64) {
	for i := range s.sum {
		t := &s.sum[i]
		a, b := s.v[t.a], s.v[t.b]
		best, at := math.Inf(1), 0
		s.operations += 8 * len(t.major)
		for k := range t.major {
			m := &t.major[k]
			if x := m.alpha*a + m.beta*b + omega*m.gamma; x < best {
				best, at = x, k
			}
		}
		choice[i] = int32(at)
	}
}

// locate sets at to the point that choice stands for.
func (s *nearest) locate(x *vertex) {
	copy(s.coef, s.base)
	s.operations += 8*len(s.sum) + 2*len(s.knots)
	g := 0.0
	for i, k := range x.choice {
		t := &s.sum[i]
		m := &t.major[k]
		s.coef[t.a] += m.alpha
		s.coef[t.b] += m.beta
		g += m.gamma
	}
	clear(x.at)
	for k, c := range s.coef {
		if c != 0 {
			axpy(x.at[:s.r], c, s.knot(k))
		}
	}
	x.at[s.r] = g
}

func (s *nearest) spare() vertex {
	if n := len(s.free); n > 0 {
		x := s.free[n-1]
		s.free = s.free[:n-1]
		x.choice = grown(x.choice, len(s.sum))
		return x
	}
	return vertex{choice: make([]int32, len(s.sum)), at: make([]float64, s.r+1)}
}

func grown(x []int32, n int) []int32 {
	if cap(x) < n {
		return make([]int32, n)
	}
	return x[:n]
}

// begin starts from the best point in the direction w.
func (s *nearest) begin(w []float64, kappa float64) {
	s.free = append(s.free, s.corral...)
	s.corral = s.corral[:0]
	s.kappa = kappa
	x := s.spare()
	s.project(w)
	s.choose(x.choice, 1)
	s.locate(&x)
	x.half, x.weight = -1, 1
	s.corral = append(s.corral, x)
	s.ready, s.level = 0, math.Sqrt(dot(x.at, x.at))+1e-300
}

// column writes what stands for corral member k in the least-squares problem:
// its point, and a last entry that is the same for all points and 0 for
// directions.
func (s *nearest) column(out []float64, x *vertex) {
	copy(out, x.at[:s.r])
	out[s.r] = x.at[s.r] / s.kappa
	out[s.r+1] = 0
	if x.half < 0 {
		out[s.r+1] = s.level
	}
}

// factor orthonormalises the columns of the corral that are not yet. It returns
// false when one depends on those before it.
func (s *nearest) factor() bool {
	m := s.r + 2
	for k := s.ready; k < len(s.corral); k++ {
		col, t := s.q[k*m:(k+1)*m], s.tri[k*m:(k+1)*m]
		s.column(col, &s.corral[k])
		size := math.Sqrt(dot(col, col))
		clear(t)
		for range 2 {
			for i := range k {
				qi := s.q[i*m : (i+1)*m]
				g := dot(qi, col)
				t[i] += g
				axpy(col, -g, qi)
			}
		}
		left := math.Sqrt(dot(col, col))
		if !(left > 1e-11*size) {
			return false
		}
		t[k] = left
		for i := range col {
			col[i] /= left
		}
		s.ready = k + 1
	}
	return true
}

// affine sets y to the weights of the point of least norm in the affine hull of
// the corral's points plus the span of its directions.
func (s *nearest) affine() bool {
	m, n := s.r+2, len(s.corral)
	y := s.y[:n]
	for k := range n { // R' u = e
		e := 0.0
		if s.corral[k].half < 0 {
			e = 1
		}
		t := s.tri[k*m : (k+1)*m]
		for i := range k {
			e -= t[i] * y[i]
		}
		y[k] = e / t[k]
	}
	for k := n - 1; k >= 0; k-- { // R y = u
		y[k] /= s.tri[k*m+k]
		for i := range k {
			y[i] -= s.tri[k*m+i] * y[k]
		}
	}
	sum := 0.0
	for k := range n {
		if s.corral[k].half < 0 {
			sum += y[k]
		}
	}
	if !(sum > 0) {
		return false
	}
	for k := range n {
		y[k] /= sum
	}
	return true
}

// settle moves the weights to the least norm over the corral, dropping members
// whose weight falls to zero.
func (s *nearest) settle() bool {
	for {
		if !s.factor() {
			return false
		}
		if !s.affine() {
			return false
		}
		step, out := 1.0, -1
		for k := range s.corral {
			if y := s.y[k]; y <= 0 {
				f := 0.0
				if x := s.corral[k].weight; x > 0 {
					f = x / (x - y)
				}
				if f < step || out < 0 {
					step, out = f, k
				}
			}
		}
		for k := range s.corral {
			x := &s.corral[k].weight
			*x = max(0, *x+step*(s.y[k]-*x))
		}
		if out < 0 {
			return true
		}
		s.free = append(s.free, s.corral[out])
		s.corral = append(s.corral[:out], s.corral[out+1:]...)
		s.ready = min(s.ready, out)
		if len(s.corral) == 0 {
			return false
		}
	}
}

// point sets p to the point that the weights stand for and returns |c|^2 and G.
func (s *nearest) point() (cc, g float64) {
	sum := 0.0
	for k := range s.corral {
		if s.corral[k].half < 0 {
			sum += s.corral[k].weight
		}
	}
	clear(s.p)
	for k := range s.corral {
		x := &s.corral[k]
		if x.half < 0 {
			x.weight /= sum
		}
		axpy(s.p, x.weight, x.at)
	}
	return dot(s.p[:s.r], s.p[:s.r]), s.p[s.r]
}

// maxSteps limits the members taken in, in all.
const maxSteps = 600

// solve descends until |c| + G <= goal, or until the relative distance to the
// least value is about tol, and returns it. p is (c, G).
func (s *nearest) solve(goal, tol float64) (bound float64) {
	steps := 0
	for turn := 0; ; turn++ {
		steps += s.descend(goal, tol, maxSteps-steps)
		cc, g := s.point()
		norm := math.Sqrt(cc)
		bound = norm + g
		if bound <= goal || norm == 0 || steps >= maxSteps {
			break
		}
		// at an omega near 1 the constants count as they should
		omega := g / (s.kappa * s.kappa * norm)
		if turn == 7 || g <= 1e-13*norm || math.Abs(omega-1) < math.Sqrt(tol) {
			break
		}
		s.kappa = math.Sqrt(g / norm)
		s.ready = 0
		if !s.settle() {
			break
		}
	}
	return bound
}

// descend is Wolfe's method for a fixed kappa. It returns how many members it
// took in.
func (s *nearest) descend(goal, tol float64, most int) int {
	last := math.Inf(1)
	for step := 0; ; step++ {
		cc, g := s.point()
		if math.Sqrt(cc)+g <= goal || step >= most {
			return step
		}
		if size := cc + g/s.kappa*(g/s.kappa); size < last {
			last = size
		} else if last = math.Inf(1); !s.lower(math.Sqrt(size)) {
			return step
		}
		s.operations += 2*len(s.half)*s.r + 8*len(s.corral)*(s.r+len(s.corral))
		gk := g / s.kappa
		pp := cc + gk*gk
		s.project(s.p[:s.r])
		x := s.spare()
		s.choose(x.choice, g/(s.kappa*s.kappa))
		s.locate(&x)
		x.half, x.weight = -1, 0
		gap := pp - dot(s.p[:s.r], x.at[:s.r]) - gk*x.at[s.r]/s.kappa
		dir, worst := -1, -1e-2*tol*math.Sqrt(pp)
		for j := range s.half {
			if t := dot(s.half[j].h, s.p[:s.r]); t < worst {
				dir, worst = j, t
			}
		}
		if gap <= tol*pp && dir < 0 {
			s.free = append(s.free, x)
			return step
		}
		if dir >= 0 {
			far := 0.0
			for k, v := range x.at[:s.r] {
				d := v - s.p[k]
				far += d * d
			}
			d := (x.at[s.r] - g) / s.kappa
			far += d * d
			if gap <= tol*pp || worst*worst*far > gap*gap {
				copy(x.at, s.half[dir].h)
				x.at[s.r] = 0
				x.half = dir
			}
		}
		if len(s.corral) > s.r+1 {
			s.free = append(s.free, x)
			return step
		}
		s.corral = append(s.corral, x)
		if !s.settle() {
			s.drop()
			return step
		}
	}
}

// lower brings the level down to the distance reached where it is far above, for then
// rounding hides which new members bring the point nearer. It is false where that is not
// why they do not.
func (s *nearest) lower(distance float64) bool {
	const far = 16
	if !(s.level > far*distance) || distance == 0 {
		return false
	}
	s.level, s.ready = distance, 0
	return s.settle()
}

// drop takes out the last member, which does not help.
func (s *nearest) drop() {
	last := len(s.corral) - 1
	if last > 0 && s.corral[last].weight == 0 {
		s.free = append(s.free, s.corral[last])
		s.corral = s.corral[:last]
		s.ready = min(s.ready, last)
	}
}
