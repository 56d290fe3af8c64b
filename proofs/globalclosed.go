package proofs

import (
	"fmt"
	"math"
)

// closedForm decides, for both s,
//
//	||X'nu||/2 + sqrt( sum_i (s nu_i)+  lambda_s )/2 <= n beta,   lambda_s I - X' diag((s nu)+) X positive semidefinite,
//
// which imply m(nu) <= n beta: relu(a) = (a + |a|)/2, and for |w| <= 1
// sum_i (s nu_i)+ |x_i.w| <= sqrt(sum_i (s nu_i)+) sqrt(sum_i (s nu_i)+ (x_i.w)^2).
func (k *checker) closedForm(g *Global) (string, error) {
	radius := point(float64(k.c.Program.Rows)).mul(point(k.c.Program.Beta))
	x := k.x.storedColumns()
	linear := k.linearNorm(x)
	for _, side := range []struct {
		name   string
		s      float64
		lambda float64
	}{{"eigen+", 1, g.EigenPlus}, {"eigen-", -1, g.EigenMinus}} {
		weight := make([]float64, x.rows)
		sum := 0.0
		for i, v := range k.c.Dual.Nu {
			weight[i] = max(side.s*v, 0)
			sum += weight[i]
		}
		total := ball{sum, sumError(len(weight), sum)}
		if bound := linear.add(total.mul(point(side.lambda)).sqrt()).div(2); bound.compare(radius) != lessOrEqual {
			return "", fmt.Errorf("%s: the closed form shows %.17g, n beta is %.17g", side.name, bound.upper(), radius.lower())
		}
		if !eigenvaluesAtMost(x, weight, side.lambda) {
			return "", fmt.Errorf("%s: %v is not shown to be at least the largest eigenvalue", side.name, side.lambda)
		}
	}
	return "all patterns, both signs, by the closed form", nil
}

// linearNorm encloses ||X'nu||.
func (k *checker) linearNorm(x Matrix) ball {
	value, magnitude := make([]float64, x.cols), make([]float64, x.cols)
	for i, v := range k.c.Dual.Nu {
		values, index := x.Row(i)
		for e, a := range values {
			j := e
			if index != nil {
				j = index[e]
			}
			value[j] += v * a
			magnitude[j] += math.Abs(v * a)
		}
	}
	var sum ball
	for j, v := range value {
		sum = sum.add(ball{v, sumError(x.rows, magnitude[j])}.square())
	}
	return sum.sqrt()
}

// eigenvaluesAtMost decides whether lambda I - G is positive semidefinite for
// G = X' diag(weight) X, weight >= 0, or cannot tell. With u = 2^-53, the matrix G'
// computed differs from G by at most (n + 2) u trace(G) in norm. If the Cholesky
// factorisation of A = (lambda - e) I - G' runs to its end in floating point, then
// A + E is R'R with ||E|| <= (d + 2) u trace(R'R), about (d + 2) u d lambda. So e at least the
// sum of both is enough; twice that covers all else.
func eigenvaluesAtMost(x Matrix, weight []float64, lambda float64) bool {
	g, trace := gram(x, weight)
	n, d := float64(x.rows), float64(x.cols)
	e := outward(2 * unitRoundoff * ((n+8)*trace + (d+8)*d*math.Abs(lambda)))
	return choleskyCompletes(g, x.cols, below(lambda-e))
}

// gram is X' diag(weight) X (d x d, lower triangle) and its trace.
func gram(x Matrix, weight []float64) (g []float64, trace float64) {
	d := x.cols
	g = make([]float64, d*d)
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
	for a := range d {
		trace += g[a*d+a]
	}
	return g, trace
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
