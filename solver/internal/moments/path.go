package moments

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// signed is a row with the sign, 1 or -1, that x_row.w has for all neurons of a part.
type signed struct {
	row  int
	sign float64
}

const (
	// perRow are the constraints of a row: e below the root, above t, -t and s/|x|.
	perRow = 4
	// pathSlack, times tau |x|, is what |t| may be less than e by where the sign of t is known,
	// so that there are points inside. The evidence does not need it.
	pathSlack = 1e-4
)

// on is the sign that row i has on the path, 0 where it is not there.
func (h *half) on(i int) float64 {
	if k := slices.IndexFunc(h.path, func(b signed) bool { return b.row == i }); k >= 0 {
		return h.path[k].sign
	}
	return 0
}

// above is what e of row i is at most, and its slopes in s and tau. Where e is |t| that is
// not the root, whose multiplier the evidence could not use, but what never holds it.
func (s *interior) above(p *central, i int) (value, dq, dtau float64) {
	h := p.height[i]
	if s.on(i) != 0 {
		return 2 * h * s.rho * s.rho, 0, 2 * h
	}
	dq, dtau = s.rootSlopes(s.roots[i], h*h)
	return s.roots[i], dq, dtau
}

// signs calls f for every row of the path, with the number of its constraint
// sign t + pathSlack |x| tau >= e, that row times sign, and the slope in tau.
func (s *interior) signs(p *central, f func(k int, b signed, x []float64, dtau float64)) {
	for j, b := range s.path {
		clear(s.x)
		p.coupled.x.Row(b.row, func(a int, v float64) { s.x[a] = b.sign * v })
		f(perRow*p.n+len(s.triangles)+j, b, s.x, pathSlack*p.height[b.row])
	}
}

func (s *interior) setSigns(p *central) {
	tau := s.rho * s.rho
	s.signs(p, func(k int, b signed, _ []float64, dtau float64) {
		s.g[k] = b.sign*s.t[b.row] + dtau*tau - s.even[b.row]
	})
}

func (s *interior) forceSigns(p *central, to []float64) {
	m, d := p.m, p.d
	s.signs(p, func(k int, b signed, x []float64, dtau float64) {
		c := s.coef[k]
		floats.AddScaled(to[m-d-1:m-1], c, x)
		to[m-1] += c * dtau
		to[m+p.slot[b.row]] -= c
	})
}

func (s *interior) alongSigns(p *central, step []float64) {
	m, d := p.m, p.d
	s.signs(p, func(k int, b signed, x []float64, dtau float64) {
		s.dg[k] = floats.Dot(x, step[m-d-1:m-1]) + dtau*step[m-1] - step[m+p.slot[b.row]]
	})
}

// deriveSigns adds them to the matrix, whose rows of Z are squares to come.
func (s *interior) deriveSigns(p *central, to newton, next func() []float64) {
	m, d := p.m, p.d
	s.signs(p, func(k int, b signed, x []float64, dtau float64) {
		f := math.Sqrt(s.mult[k] / s.slack[k])
		g := next()
		floats.AddScaled(g[m-d-1:m-1], f, x)
		g[m-1] = f * dtau
		slot := p.slot[b.row]
		floats.AddScaled(s.em[slot*m:(slot+1)*m], -f, g)
		to.add(m+slot, m+slot, f*f)
	})
}
