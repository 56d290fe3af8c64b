package moments

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/internal/dense"
)

// predictions sets at and coef to the unknowns that prediction i depends on.
func (p *central) predictions(i int, at []int, coef []float64) ([]int, []float64) {
	at, coef = at[:0], coef[:0]
	for j, s := range p.side {
		b := p.base(j)
		p.coupled.x.Row(i, func(k int, v float64) {
			at, coef = append(at, b+packed(k, p.d)), append(coef, s.sign*(1+p.slope)/2*v)
		})
		if p.slot[i] >= 0 {
			at, coef = append(at, b+p.m+p.slot[i]), append(coef, s.sign*(1-p.slope)/2)
		}
	}
	if p.intercept {
		at, coef = append(at, p.order-1), append(coef, 1)
	}
	return at, coef
}

// derive computes the gradient of the objective, and the matrices of the Newton system, at the
// point that was set.
func (p *central) derive() {
	clear(p.grad)
	p.system.clear()
	p.sides(func(j int) { p.side[j].derive(p, p.system.block(j)) })
	for j := range p.side {
		p.grad[p.base(j)+packed(p.d, p.d)] += p.beta
	}
	rankOne := p.full.EnvelopeHessian(p.kappa, p.q, p.prox, p.z, p.y, p.stiff)
	var at []int
	var coef []float64
	for i := range p.n {
		at, coef = p.predictions(i, at, coef)
		slope := -p.nu[i] / float64(p.n)
		for k, a := range at {
			p.grad[a] += slope * coef[k]
		}
	}
	p.system.couple(p, rankOne)
}

// addSquare adds f times the gradient of x'Wx.
func addSquare(g, x []float64, f float64) {
	k := 0
	for b, v := range x {
		floats.AddScaled(g[k:k+b], 2*f*v, x[:b])
		g[k+b] += f * v * v
		k += b + 1
	}
}

// rootSlopes are the derivatives of sqrt(tau (q + (flattening size)^2 tau)) in q and tau.
func (s *interior) rootSlopes(root, square float64) (dq, dtau float64) {
	tau := s.rho * s.rho
	return tau / (2 * root), (root*root/tau + tau*flattening*flattening*square) / (2 * root)
}

// rowSquares are the squares of a row that the matrix is the sum of.
const rowSquares = 3

// derive adds what is in the unknowns of the side alone.
func (s *interior) derive(p *central, to newton) {
	m, d, n, count := p.m, p.d, p.n, len(s.triangles)
	s.invert(p)
	s.square = resized(s.square, (rowSquares*len(p.live)+2*count+len(s.path))*m)
	clear(s.square)
	clear(s.em)
	clear(s.hm)
	tau, row := s.rho*s.rho, 0
	next := func() []float64 { row++; return s.square[(row-1)*m : row*m] }
	// root adds what bends, and returns the gradient times the root of mult/slack, and that
	root := func(k int, v []float64, square, rt, dq, dtau float64) (g []float64, f float64) {
		f = math.Sqrt(s.mult[k] / s.slack[k])
		g = next()
		addSquare(g, v, f*dq)
		g[m-1] += f * dtau
		if dq == 0 {
			return g, f
		}
		bend := next()
		w := math.Sqrt(s.mult[k]/rt) / (2 * rt)
		addSquare(bend, v, -w*tau)
		bend[m-1] += w * (rt*rt/tau - tau*flattening*flattening*square)
		return g, f
	}
	x := s.x
	w := m - d - 1 // first entry of w
	for slot, i := range p.live {
		clear(x)
		p.coupled.x.Row(i, func(k int, v float64) { x[k] = v })
		h := p.height[i]
		em := s.em[slot*m : (slot+1)*m]
		_, dq, dtau := s.above(p, i)
		g, f := root(perRow*i, x, h*h, s.roots[i], dq, dtau)
		floats.AddScaled(em, -f, g)
		diagonal := f * f
		up, down := s.mult[perRow*i+1]/s.slack[perRow*i+1], s.mult[perRow*i+2]/s.slack[perRow*i+2]
		floats.AddScaled(em[w:w+d], down-up, x)
		for a, v := range x {
			floats.AddScaled(s.hm[(w+a)*m+w+a:(w+a)*m+w+d], (up+down)*v, x[a:])
		}
		f = math.Sqrt(s.mult[perRow*i+3] / s.slack[perRow*i+3])
		g = next()
		addSquare(g, x, -f/h)
		floats.AddScaled(em, f, g)
		to.add(m+slot, m+slot, diagonal+up+down+f*f)
	}
	for k := range s.triangles {
		t := &s.triangles[k]
		dq, dtau := s.rootSlopes(s.roots[n+k], t.square)
		g, f := root(perRow*n+k, t.rest, t.square, s.roots[n+k], dq, dtau)
		each := func(with func(i int, v float64)) {
			with(t.row, -f)
			for _, a := range t.terms {
				with(a.Row, f*math.Abs(a.Factor))
			}
		}
		each(func(i int, v float64) {
			slot := p.slot[i]
			floats.AddScaled(s.em[slot*m:(slot+1)*m], v, g)
			each(func(i int, u float64) {
				if o := p.slot[i]; o >= slot {
					to.add(m+slot, m+o, v*u)
				}
			})
		})
	}
	s.deriveSigns(p, to, next)
	f := s.mult[len(s.mult)-1] / s.slack[len(s.mult)-1]
	for a := range d + 1 {
		for b := a; b < d+1; b++ {
			v := f
			if a < d && b == d {
				v = -f
			}
			s.hm[packed(a, a)*m+packed(b, b)] += v
		}
	}
	dense.Syrk(blas.Trans, 1, blas64.General{Rows: row, Cols: m, Stride: m, Data: s.square[:row*m]}, 1, blas64.Symmetric{N: m, Stride: m, Data: s.hm, Uplo: blas.Upper})
	s.conic(d + 1)
	for k := range m {
		row := to.row(k)
		copy(row[k:m], s.hm[k*m+k:(k+1)*m])
		for slot := range p.live {
			row[m+slot] = s.em[slot*m+k]
		}
	}
}

// conic adds what Z >= 0 gives, (Y dZ Z^{-1} + Z^{-1} dZ Y)/2.
func (s *interior) conic(D int) {
	ab := 0
	for b := range D {
		for a := range b + 1 {
			f := 1.0
			if a == b {
				f = 0.5
			}
			ya, yb, za, zb := s.y[a*D:], s.y[b*D:], s.zi[a*D:], s.zi[b*D:]
			to := s.hm[ab*s.m:]
			cd := ab
			for e := b; e < D; e++ {
				first := 0
				if e == b {
					first = a
				}
				for c := first; c <= e; c++ {
					v := ya[c]*zb[e] + ya[e]*zb[c] + za[c]*yb[e] + za[e]*yb[c]
					if c == e {
						v /= 2
					}
					to[cd] += f * v
					cd++
				}
			}
			ab++
		}
	}
}
