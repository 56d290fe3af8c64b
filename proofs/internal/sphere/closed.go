package sphere

import (
	"fmt"
	"math"
	"multigrade/proofs/internal/exact"
)

// ByClosedForm decides, for both s, with p and q the positive and negative parts of
// s nu, h_i >= ||x_i||, c = X'nu and the b > 0, mu >= 0, tau of the evidence,
//
//	(mu + tau + sum_i p_i b h_i / 2)/2 <= n beta,
//	[ mu I - X' diag(v) X   -s c/2 ]
//	[ -s c'/2                 tau  ]   positive semidefinite,   v_i = p_i/(2 b h_i) - q_i/h_i
//
// which imply m(nu) <= n beta: relu(a) = (a + |a|)/2, and for |w| <= 1
// p |x_i.w| <= p ((x_i.w)^2/(b h_i) + b h_i)/2 and -q |x_i.w| <= -q (x_i.w)^2/h_i.
func (q Inequality) ByClosedForm(plus, minus Quadratic) (string, error) {
	x := q.X.StoredColumns()
	heights := rowHeights(x)
	for _, side := range []struct {
		name string
		s    float64
		Quadratic
	}{{"quadratic+", 1, plus}, {"quadratic-", -1, minus}} {
		if !(side.Scale > 0) || !(side.Mu >= 0) {
			return "", fmt.Errorf("%s: b = %v and mu = %v, expected b > 0 and mu >= 0", side.name, side.Scale, side.Mu)
		}
		form := newQuadraticForm(x, q.Nu, heights, side.s, side.Scale)
		total := exact.Point(side.Mu).Add(exact.Point(side.Tau)).Add(form.constant)
		if bound := total.Div(2); bound.Compare(q.Radius) != exact.LessOrEqual {
			return "", fmt.Errorf("%s: the closed form shows %.17g, n beta is %.17g", side.name, bound.Upper(), q.Radius.Lower())
		}
		if !form.atMost(side.Mu, side.Tau) {
			return "", fmt.Errorf("%s: the matrix of mu = %v and tau = %v is not shown to be positive semidefinite", side.name, side.Mu, side.Tau)
		}
	}
	return "all patterns, both signs, by the closed form", nil
}

// rowHeights returns upper bounds of the norms of the rows, 0 for zero rows.
func rowHeights(x exact.Matrix) []float64 {
	heights := make([]float64, x.Rows)
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
		heights[i] = exact.Outward(largest * math.Sqrt(sum+exact.SumError(2*len(values), sum)))
	}
	return heights
}

// A quadraticForm is s c.w + w'Gw, G = X' diag(v) X, and what was left over.
type quadraticForm struct {
	s        float64
	constant exact.Ball // sum p_i b h_i / 2
	x        exact.Matrix
	v        []float64
	rising   float64   // sum of the positive v_i h_i^2, at least the largest eigenvalue of G
	c        []float64 // cols
	rows     int
	trace    float64 // sum |v_i| h_i^2, at least the trace of X' diag(|v|) X
	off      float64 // how far c may be from X'nu
	zero     bool    // X is
}

// newQuadraticForm takes v a little too large, which is safe, because what a
// quotient loses where it underflows is multiplied by h_i^2.
func newQuadraticForm(x exact.Matrix, nu, heights []float64, s, b float64) *quadraticForm {
	f := &quadraticForm{s: s, rows: x.Rows, zero: largest(heights) == 0}
	v := make([]float64, x.Rows)
	sum := 0.0
	for i, h := range heights {
		if h == 0 {
			continue
		}
		if w := s * nu[i]; w > 0 {
			sum += w * (b * h)
			v[i] = w/(2*(b*h)) + exact.Underflow
		} else {
			v[i] = min(w/h+exact.Underflow, 0)
		}
	}
	f.x, f.v = x, v
	f.measure(heights)
	f.constant = exact.Ball{Mid: sum, Rad: exact.SumError(2*x.Rows, sum)}.Div(2)
	f.c, f.off = linearPart(x, nu)
	return f
}

// measure sets rising and trace.
func (f *quadraticForm) measure(heights []float64) {
	for i, h := range heights {
		f.trace += math.Abs(f.v[i]) * h * h
		f.rising += max(f.v[i], 0) * h * h
	}
	f.rising = exact.Outward(f.rising + exact.SumError(3*f.rows, f.rising))
	f.trace = exact.Outward(f.trace + exact.SumError(3*f.rows, f.trace))
}

// linearPart computes X'nu, and a bound of the norm of its error; the nu may be off
// by a rounding.
func linearPart(x exact.Matrix, nu []float64) (c []float64, off float64) {
	c, magnitude := make([]float64, x.Cols), make([]float64, x.Cols)
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
		off = exact.Outward(off + exact.SumError(x.Rows, m))
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
	if f.zero {
		return mu >= 0 && tau >= 0
	}
	if f.byTrace(mu, tau) {
		return true
	}
	d := len(f.c)
	n, m := float64(f.rows), float64(d)
	e := exact.Outward(2*exact.UnitRoundoff*((n+16)*f.trace+(m+16)*(m*mu+math.Abs(tau)+f.trace)) + f.off)
	g := gram(f.x, f.v)
	bordered := make([]float64, (d+1)*(d+1))
	for a := range d {
		copy(bordered[a*(d+1):a*(d+1)+a+1], g[a*d:a*d+a+1])
		bordered[d*(d+1)+a] = f.s * f.c[a] / 2
	}
	bordered[d*(d+1)+d] = mu - tau
	return choleskyCompletes(bordered, d+1, exact.Below(mu-e))
}

// byTrace decides it without a factorisation where it can: G <= rising I, and
// |c| |w| <= (mu - rising) |w|^2 + tau for all w if |c|^2 <= 4 (mu - rising) tau.
func (f *quadraticForm) byTrace(mu, tau float64) bool {
	norm, left := exact.At(0), exact.At(mu).Minus(exact.At(f.rising))
	for _, v := range f.c {
		norm = norm.Plus(exact.At(v).Squared())
	}
	norm = norm.Root().Plus(exact.At(f.off))
	if !(left.Lo >= 0) || !(tau >= 0) {
		return false
	}
	return norm.Squared().Hi <= exact.At(4).Times(left).Times(exact.At(tau)).Lo
}

// gram is X' diag(weight) X (d x d, lower triangle).
func gram(x exact.Matrix, weight []float64) []float64 {
	d := x.Cols
	g := make([]float64, d*d)
	exact.Parallel(d, func() func(int) {
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
