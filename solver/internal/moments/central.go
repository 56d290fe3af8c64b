package moments

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/internal/dense"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
)

// central solves the coupled program by a primal-dual interior-point method: with slacks
// s_k > 0 and multipliers m_k of the concave constraints g_k(x) >= 0 (t, -t and s/|x| below
// e, and e and the triangles below their roots), and the matrices Z = [W w; w' tau] and Y of
// either sign, Newton's method for
//
//	grad L + beta grad tau = sum_k m_k grad g_k + Y,   g_k(x) = s_k,   m_k s_k = mu,   ZY = mu I
//
// with falling mu (Vanderbei and Shanno 1999; for the matrices the direction of Helmberg,
// Rendl, Vanderbei and Wolkowicz 1996), predictor and corrector by one factor (Mehrotra
// 1992). L is its Moreau envelope, which is smooth, and whose slopes are in the domain of
// the dual function. The unknowns x are, for either sign, Z, the upper triangle column by
// column, and the e of the rows that are not 0; then the constant.
type central struct {
	*coupled
	full                   loss.Loss
	stiff                  float64 // of the envelope
	live, slot             []int   // rows that are not 0, and the places of all rows among them
	m, order               int     // unknowns of a matrix, and in all
	x, next, grad, rhs, dx []float64
	system                 newtonSystem
	side                   []*interior
	kappa, q               []float64 // curvature of n L: stiff (diag(kappa) - q q')
	prox                   []float64
	goal                   float64 // the gap, relative to the objective, of the last search
	off                    float64 // what is left of the infeasibility after the last cut
	first                  float64 // the complementarity at the start
}

// interior is what a sign adds to its half.
type interior struct {
	*half
	m                int
	z, r, zi, y      []float64 // (d+1)^2: Z, its factor R'R in the upper triangle, its inverse, Y
	dz, dy, bentZ    []float64
	matrix, ab, into []float64 // (d+1)^2: work spaces
	x                []float64 // d: a row
	u, xu            blas64.General
	roots            []float64 // n + triangles
	trace            float64   // tau - tr W
	// of the rows, four each: for the root, t, -t, s/|x|; then of triangles; then of the trace
	g, slack, mult         []float64
	dg, ds, dm, bent, coef []float64 // along the step; bent is what the corrector allows for
	square                 []float64 // rows whose squares sum to the matrix in Z
	em                     []float64 // live x m
	hm                     []float64 // m x m
}

func newCentral(c *coupled, l loss.Loss) *central {
	p := &central{coupled: c, full: l, m: (c.d + 1) * (c.d + 2) / 2, slot: make([]int, c.n)}
	for i, h := range c.height {
		if p.slot[i] = -1; h > 0 {
			p.slot[i] = len(p.live)
			p.live = append(p.live, i)
		}
	}
	p.order = len(c.side) * (p.m + len(p.live))
	if c.intercept {
		p.order++
	}
	vec := func(n int) []float64 { return make([]float64, n) }
	p.x, p.next, p.grad, p.rhs, p.dx = vec(p.order), vec(p.order), vec(p.order), vec(p.order), vec(p.order)
	p.kappa, p.q, p.prox = vec(c.n), vec(c.n), vec(c.n)
	for j := range c.side {
		D := (c.d + 1) * (c.d + 1)
		p.side = append(p.side, &interior{half: c.side[j], m: p.m, z: vec(D), r: vec(D), zi: vec(D), y: vec(D), dz: vec(D), dy: vec(D), bentZ: vec(D), matrix: vec(D), ab: vec(D), into: vec(D), x: vec(c.d),
			u: operator.NewGeneral(c.d+1, c.d), xu: operator.NewGeneral(c.d+1, c.n), em: vec(len(p.live) * p.m), hm: vec(p.m * p.m)})
		p.side[j].even = vec(c.n)
	}
	if len(p.side) > 2 {
		p.system = newParts(p)
	} else {
		p.system = newWhole(p)
	}
	return p
}

// packed is the place of entry a <= b of a matrix.
func packed(a, b int) int { return b*(b+1)/2 + a }

// base is the first unknown of side j.
func (p *central) base(j int) int { return j * (p.m + len(p.live)) }

// unpack sets the symmetric matrix of x.
func unpack(to []float64, D int, x []float64) {
	for b := range D {
		for a := range b + 1 {
			to[a*D+b], to[b*D+a] = x[packed(a, b)], x[packed(a, b)]
		}
	}
}

// start is a point in the domain near the moments of from and its e.
func (p *central) start(from *coupled, constant float64) bool {
	if len(p.live) == 0 {
		return false
	}
	const shrink, spread, least, inside = 0.9, 0.1, 1e-3, 0.1
	most := max(from.side[0].rho, from.side[1].rho)
	for j := range p.side {
		f := from.side[(1-int(p.side[j].sign))/2]
		x := p.x[p.base(j):]
		tau := f.rho * f.rho
		extra := spread * max(tau, least*most*most) / float64(p.d)
		for b := range p.d {
			for a := range b + 1 {
				sum := 0.0
				for k := range from.k {
					sum += f.v.Data[k*p.d+a] * f.v.Data[k*p.d+b]
				}
				if a == b {
					sum += extra
				}
				x[packed(a, b)] = sum
			}
			x[packed(b, p.d)] = shrink * f.rho * f.v.Data[b]
		}
		x[packed(p.d, p.d)] = (tau + extra*float64(p.d)) * (1 + spread)
		s := p.side[j]
		if !s.moments(p, x) {
			return false
		}
		for k, i := range p.live {
			low, high := max(math.Abs(s.t[i]), s.s[i]/p.height[i]), s.rho*math.Sqrt(s.s[i])
			x[p.m+k] = max(low+inside*(high-low), min(f.even[i], high-inside*(high-low)))
		}
	}
	if p.intercept {
		p.x[p.order-1] = constant
	}
	if !p.set(p.x) {
		return false
	}
	mu := p.objective() / float64(p.constraints())
	lowest := math.Inf(1)
	for _, i := range p.live {
		lowest = min(lowest, p.height[i])
	}
	for _, s := range p.side {
		s.slack, s.mult = make([]float64, len(s.g)), make([]float64, len(s.g))
		s.invert(p)
		for k, v := range s.zi {
			s.y[k] = mu * v
		}
		for k := range s.g {
			if p.skipped(k) {
				continue
			}
			if s.slack[k] = s.g[k]; k < len(s.g)-1 { // that of the trace is positive
				s.slack[k] = max(s.g[k], spread*spread*s.rho*s.rho*lowest)
			}
			if t := k - perRow*p.n; 0 <= t && t < len(s.triangles) {
				s.slack[k] = max(s.g[k], newSlack*s.even[s.triangles[t].row])
			}
			s.mult[k] = mu / s.slack[k]
		}
	}
	p.first = p.complementarity(0)
	return true
}

// skipped says that constraint k is that of a row 0.
func (p *central) skipped(k int) bool { return k < perRow*p.n && p.slot[k/perRow] < 0 }

// constraints counts them, and the orders of the matrices.
func (p *central) constraints() int {
	count := 0
	for _, s := range p.side {
		count += p.d + 2 + perRow*len(p.live) + len(s.triangles) + len(s.path)
	}
	return count
}

// moments takes those of x, false where they are none.
func (s *interior) moments(p *central, x []float64) bool {
	d, D := p.d, p.d+1
	unpack(s.z, D, x)
	copy(s.r, s.z)
	tau := s.z[d*D+d]
	if !(tau > 0) {
		return false
	}
	if _, ok := dense.Potrf(blas64.Symmetric{N: D, Stride: D, Data: s.r, Uplo: blas.Upper}); !ok {
		return false
	}
	s.trace = tau
	for a := range d {
		s.trace -= s.z[a*D+a]
		for b := range d {
			s.u.Data[a*d+b] = 0
			if b >= a {
				s.u.Data[a*d+b] = s.r[a*D+b]
			}
		}
		s.u.Data[d*d+a] = s.z[a*D+d]
	}
	p.coupled.x.Mul(s.xu, s.u)
	s.rho = math.Sqrt(tau)
	for i := range p.n {
		square := 0.0
		for k := range d {
			v := s.xu.Data[k*p.n+i]
			s.rows[i*d+k] = v
			square += v * v
		}
		s.s[i], s.t[i] = square, s.xu.Data[d*p.n+i]
	}
	return true
}

// set takes the point x, false where it is not in the domain.
func (p *central) set(x []float64) bool {
	ok := make([]bool, len(p.side))
	p.sides(func(j int) { ok[j] = p.side[j].set(p, x[p.base(j):]) })
	if slices.Contains(ok, false) {
		return false
	}
	constant := 0.0
	if p.intercept {
		constant = x[p.order-1]
	}
	for i := range p.z {
		p.z[i] = constant
		for _, s := range p.side {
			p.z[i] += s.sign * ((1+p.slope)*s.t[i] + (1-p.slope)*s.even[i]) / 2
		}
	}
	p.full.Prox(p.prox, p.z, p.y, p.stiff)
	for i, v := range p.prox {
		p.nu[i] = p.stiff * (v - p.z[i])
	}
	return true
}

func (s *interior) set(p *central, x []float64) bool {
	if !s.moments(p, x) {
		return false
	}
	n, count := p.n, len(s.triangles)
	for k, i := range p.live {
		s.even[i] = x[p.m+k]
	}
	s.g, s.roots = resized(s.g, perRow*n+count+len(s.path)+1), resized(s.roots, n+count)
	flat := flattening * flattening * s.rho * s.rho
	for _, i := range p.live {
		h, e := p.height[i], s.even[i]
		s.roots[i] = s.rho * math.Sqrt(s.s[i]+flat*h*h)
		top, _, _ := s.above(p, i)
		k := perRow * i
		s.g[k], s.g[k+1], s.g[k+2], s.g[k+3] = top-e, e-s.t[i], e+s.t[i], e-s.s[i]/h
	}
	for k := range s.triangles {
		t := &s.triangles[k]
		s.roots[n+k] = s.rho * math.Sqrt(s.half.rest(t, p.d)+flat*t.square)
		s.g[perRow*n+k] = s.roots[n+k] - excess(t, s.even)
	}
	s.setSigns(p)
	s.g[len(s.g)-1] = s.trace
	return true
}

func resized(v []float64, n int) []float64 {
	if cap(v) < n {
		return make([]float64, n, n+n/2)
	}
	return v[:n]
}

// excess is e of the triangle's row less those of its terms.
func excess(t *triangle, e []float64) float64 {
	v := e[t.row]
	for _, a := range t.terms {
		v -= math.Abs(a.Factor) * e[a.Row]
	}
	return v
}

// cost is that of all neurons, tau.
func (p *central) cost() (sum float64) {
	for _, s := range p.side {
		sum += s.rho * s.rho
	}
	return sum
}

// objective is that of the program at the point that was set.
func (p *central) objective() float64 {
	sum := 0.0
	for i, z := range p.z {
		sum += (p.prox[i] - z) * (p.prox[i] - z)
	}
	return p.full.Value(p.prox, p.y) + p.stiff*sum/(2*float64(p.n)) + p.beta*p.cost()
}

// invert sets zi.
func (s *interior) invert(p *central) {
	D := p.d + 1
	r := blas64.Triangular{Uplo: blas.Upper, Diag: blas.NonUnit, N: D, Stride: D, Data: s.r}
	for a := range D {
		v := s.zi[a*D : (a+1)*D]
		clear(v)
		v[a] = 1
		operator.SolveFactored(r, v)
	}
}

// force sets rhs to -grad of the objective + sum_k coef_k grad g_k + the matrix of either
// side.
func (p *central) force() {
	for a, v := range p.grad {
		p.rhs[a] = -v
	}
	p.sides(func(j int) { p.side[j].force(p, p.rhs[p.base(j):]) })
}

func (s *interior) force(p *central, to []float64) {
	m, d, n, x := p.m, p.d, p.n, s.x
	for slot, i := range p.live {
		clear(x)
		p.coupled.x.Row(i, func(k int, v float64) { x[k] = v })
		c := s.coef[perRow*i : perRow*i+perRow]
		h := p.height[i]
		_, dq, dtau := s.above(p, i)
		addSquare(to[:m], x, c[0]*dq-c[3]/h)
		floats.AddScaled(to[m-d-1:m-1], c[2]-c[1], x)
		to[m-1] += c[0] * dtau
		to[m+slot] += c[1] + c[2] + c[3] - c[0]
	}
	for k := range s.triangles {
		t, c := &s.triangles[k], s.coef[perRow*n+k]
		dq, dtau := s.rootSlopes(s.roots[n+k], t.square)
		addSquare(to[:m], t.rest, c*dq)
		to[m-1] += c * dtau
		to[m+p.slot[t.row]] -= c
		for _, a := range t.terms {
			to[m+p.slot[a.Row]] += c * math.Abs(a.Factor)
		}
	}
	s.forceSigns(p, to)
	c := s.coef[len(s.coef)-1]
	D := d + 1
	for b := range D {
		for a := range b {
			to[packed(a, b)] += 2 * s.matrix[a*D+b]
		}
		to[packed(b, b)] += s.matrix[b*D+b] - c
	}
	to[m-1] += 2 * c
}

// along sets dg to the changes of g along the step, and dz.
func (s *interior) along(p *central, step []float64) {
	m, d, n, D := p.m, p.d, p.n, p.d+1
	unpack(s.dz, D, step)
	s.dg = resized(s.dg, len(s.g))
	form := func(x []float64) float64 {
		v := 0.0
		for a, xa := range x {
			v += xa * floats.Dot(s.dz[a*D:a*D+d], x)
		}
		return v
	}
	dtau, x := step[m-1], s.x
	for slot, i := range p.live {
		clear(x)
		p.coupled.x.Row(i, func(k int, v float64) { x[k] = v })
		h := p.height[i]
		q, t, e := form(x), floats.Dot(x, s.dz[d*D:d*D+d]), step[m+slot]
		_, rq, rtau := s.above(p, i)
		k := perRow * i
		s.dg[k], s.dg[k+1], s.dg[k+2], s.dg[k+3] = rq*q+rtau*dtau-e, e-t, e+t, e-q/h
	}
	for k := range s.triangles {
		t := &s.triangles[k]
		rq, rtau := s.rootSlopes(s.roots[n+k], t.square)
		v := rq*form(t.rest) + rtau*dtau - step[m+p.slot[t.row]]
		for _, a := range t.terms {
			v += math.Abs(a.Factor) * step[m+p.slot[a.Row]]
		}
		s.dg[perRow*n+k] = v
	}
	v := dtau
	for a := range d {
		v -= s.dz[a*D+a]
	}
	s.alongSigns(p, step)
	s.dg[len(s.dg)-1] = v
}
