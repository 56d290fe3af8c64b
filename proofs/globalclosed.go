package proofs

import (
	"fmt"
	"math"
)

// byClosedForm decides, for both s, with p and q the positive and negative parts of
// s nu, h_i >= ||x_i||, c = X'nu and the b > 0, mu >= 0, tau of the evidence,
//
//	(mu + tau + sum_i p_i b h_i / 2)/2 <= n beta,
//	[ mu I - X' diag(v) X   -s c/2 ]
//	[ -s c'/2                 tau  ]   positive semidefinite,   v_i = p_i/(2 b h_i) - q_i/h_i
//
// which imply m(nu) <= n beta: relu(a) = (a + |a|)/2, and for |w| <= 1
// p |x_i.w| <= p ((x_i.w)^2/(b h_i) + b h_i)/2 and -q |x_i.w| <= -q (x_i.w)^2/h_i.
func (q inequality) byClosedForm(plus, minus Quadratic) (string, error) {
	x := q.x.storedColumns()
	heights := rowHeights(x)
	for _, side := range []struct {
		name string
		s    float64
		Quadratic
	}{{"quadratic+", 1, plus}, {"quadratic-", -1, minus}} {
		if !(side.Scale > 0) || !(side.Mu >= 0) {
			return "", fmt.Errorf("%s: b = %v and mu = %v, expected b > 0 and mu >= 0", side.name, side.Scale, side.Mu)
		}
		form := newQuadraticForm(x, q.nu, heights, side.s, side.Scale)
		total := point(side.Mu).add(point(side.Tau)).add(form.constant)
		if bound := total.div(2); bound.compare(q.radius) != lessOrEqual {
			return "", fmt.Errorf("%s: the closed form shows %.17g, n beta is %.17g", side.name, bound.upper(), q.radius.lower())
		}
		if !form.atMost(side.Mu, side.Tau) {
			return "", fmt.Errorf("%s: the matrix of mu = %v and tau = %v is not shown to be positive semidefinite", side.name, side.Mu, side.Tau)
		}
	}
	return "all patterns, both signs, by the closed form", nil
}

// rowHeights returns upper bounds of the norms of the rows, 0 for zero rows.
func rowHeights(x Matrix) []float64 {
	heights := make([]float64, x.rows)
	for i := range heights {
		values, _ := x.Row(i)
		largest, sum := 0.0, 0.0
		for _, v := range values {
			largest = max(largest, math.Abs(v))
		}
		if largest == 0 {
			continue
		}
		for _, v := range values {
			sum += (v / largest) * (v / largest)
		}
		heights[i] = outward(largest * math.Sqrt(sum+sumError(2*len(values), sum)))
	}
	return heights
}

// A quadraticForm is s c.w + w'Gw, G = X' diag(v) X, and what was left over.
type quadraticForm struct {
	s        float64
	constant ball      // sum p_i b h_i / 2
	g        []float64 // cols x cols, lower triangle
	c        []float64 // cols
	rows     int
	trace    float64 // sum |v_i| h_i^2, at least the trace of X' diag(|v|) X
	off      float64 // how far c may be from X'nu
}

// newQuadraticForm takes v a little too large, which is safe, because what a
// quotient loses where it underflows is multiplied by h_i^2.
func newQuadraticForm(x Matrix, nu, heights []float64, s, b float64) *quadraticForm {
	f := &quadraticForm{s: s, rows: x.rows}
	v := make([]float64, x.rows)
	sum := 0.0
	for i, h := range heights {
		if h == 0 {
			continue
		}
		if w := s * nu[i]; w > 0 {
			sum += w * (b * h)
			v[i] = w/(2*(b*h)) + underflow
		} else {
			v[i] = min(w/h+underflow, 0)
		}
		f.trace += math.Abs(v[i]) * h * h
	}
	f.trace = outward(f.trace + sumError(3*x.rows, f.trace))
	f.constant = ball{sum, sumError(2*x.rows, sum)}.div(2)
	f.g = gram(x, v)
	f.c, f.off = linearPart(x, nu)
	return f
}

// linearPart computes X'nu, and a bound of the norm of its error.
func linearPart(x Matrix, nu []float64) (c []float64, off float64) {
	c, magnitude := make([]float64, x.cols), make([]float64, x.cols)
	for i, v := range nu {
		values, index := x.Row(i)
		for e, a := range values {
			j := e
			if index != nil {
				j = index[e]
			}
			c[j] += v * a
			magnitude[j] += math.Abs(v * a)
		}
	}
	for _, m := range magnitude {
		off = outward(off + sumError(x.rows, m))
	}
	return c, off
}

// atMost decides whether s c.w + w'Gw <= mu |w|^2 + tau for all w, or cannot tell.
// With u = 2^-53, the G computed, from weights of relative error 2 u, differs from
// the true one by at most (n + 4) u trace in norm, and c by off. If the Cholesky
// factorisation of M - e I, M bordered by c, runs to its end in floating point,
// then M - e I + E is R'R with ||E|| <= (d + 3) u trace(R'R), about (d + 3) u (d mu +
// tau + trace). So e at least the sum of all is enough; twice that covers the rest.
func (f *quadraticForm) atMost(mu, tau float64) bool {
	d := len(f.c)
	n, m := float64(f.rows), float64(d)
	e := outward(2*unitRoundoff*((n+16)*f.trace+(m+16)*(m*mu+math.Abs(tau)+f.trace)) + f.off)
	bordered := make([]float64, (d+1)*(d+1))
	for a := range d {
		copy(bordered[a*(d+1):a*(d+1)+a+1], f.g[a*d:a*d+a+1])
		bordered[d*(d+1)+a] = f.s * f.c[a] / 2
	}
	bordered[d*(d+1)+d] = mu - tau
	return choleskyCompletes(bordered, d+1, below(mu-e))
}

// gram is X' diag(weight) X (d x d, lower triangle).
func gram(x Matrix, weight []float64) []float64 {
	d := x.cols
	g := make([]float64, d*d)
	parallel(d, func() func(int) {
		return func(a int) { // row a of g
			for i, v := range weight {
				if v == 0 {
					continue
				}
				values, index := x.Row(i)
				if index == nil {
					addTo(g[a*d:a*d+a+1], v*values[a], values[:a+1])
					continue
				}
				if xa, ok := entry(values, index, a); ok {
					for e, j := range index {
						if j <= a {
							g[a*d+j] += v * xa * values[e]
						}
					}
				}
			}
		}
	})
	return g
}

// entry finds column a in a sparse row whose columns may be in any order.
func entry(values []float64, index []int, a int) (float64, bool) {
	for e, j := range index {
		if j == a {
			return values[e], true
		}
	}
	return 0, false
}

// choleskyCompletes factorises shift I - g, in place of g.
func choleskyCompletes(g []float64, d int, shift float64) bool {
	for a := range d {
		ra := g[a*d : a*d+a+1]
		for b := range a {
			rb := g[b*d : b*d+b+1]
			ra[b] = (-ra[b] - dotProduct(ra[:b], rb)) / rb[b]
		}
		pivot := shift - ra[a] - dotProduct(ra[:a], ra)
		if !(pivot > 0) || math.IsInf(pivot, 1) {
			return false
		}
		ra[a] = math.Sqrt(pivot)
	}
	return true
}
