package approx

import (
	"fmt"
	"math"
)

// Degrees of the polynomials that are tried, in each variable, by dimension; a polynomial has at most so many squares.
var chebyshevDegrees = [...][]int{1: {4, 8, 16, 32}, 2: {4, 8, 12}}

const maxSquares = 160

// Coefficients of the last quarter of the degrees, relative to the target's largest value, from which a target is not taken for analytic: with
// |x - 1/3| they are 5e-3, with sqrt(x) 2e-3.
const farOff = 1e-3

// chebyshev interpolates a target of one or two variables at Chebyshev points, by polynomials of growing degree until what the coefficients
// say is left is at most tol, and writes the polynomial by squares: T_2n = 2 T_n^2 - 1, T_(2n+1) = 2 T_n T_(n+1) - T_1. How near it is is
// not claimed.
func chebyshev(f *Expr, top, tol float64) (*squaring, error) {
	d := f.Dim()
	if d >= len(chebyshevDegrees) {
		return nil, fmt.Errorf("%s is not a polynomial of degree 2: with %d variables grades by squares are for these only", f, d)
	}
	var best []float64
	n, left := 0, math.Inf(1)
	for _, degree := range chebyshevDegrees[d] {
		c, err := chebyshevCoefficients(f, degree+1)
		if err != nil {
			return nil, err
		}
		if l := tail(c, degree+1); l < left {
			best, n, left = c, degree+1, l
		}
		if left <= tol {
			break
		}
	}
	if left > farOff*top {
		return nil, fmt.Errorf("no polynomial of degree %d is near %s: its last coefficients are %.2g", n-1, f, left)
	}
	p := newChebyshevPlan(f, best, n, tol)
	if p.size() > maxSquares {
		return nil, fmt.Errorf("%s needs %d squares: at most %d are made", f, p.size(), maxSquares)
	}
	return p, nil
}

// chebyshevCoefficients are those of T_i(2x-1), or of T_i(2x-1) T_j(2y-1) at i + n j, for the interpolant at n points per coordinate.
func chebyshevCoefficients(f *Expr, n int) ([]float64, error) {
	d := f.Dim()
	at := make([]float64, n)
	for m := range at {
		at[m] = math.Cos(math.Pi * (float64(m) + 0.5) / float64(n))
	}
	v := make([]float64, power(n, d))
	x := make([]float64, d)
	for i := range v {
		for j, rest := 0, i; j < d; j, rest = j+1, rest/n {
			x[j] = (at[rest%n] + 1) / 2
		}
		if v[i] = f.Float(x); math.IsNaN(v[i]) || math.IsInf(v[i], 0) {
			return nil, fmt.Errorf("%s has no value at %v", f, x)
		}
	}
	row := make([]float64, n)
	for j, stride := 0, 1; j < d; j, stride = j+1, stride*n {
		for start := range v {
			if start/stride%n != 0 {
				continue
			}
			for k := range row {
				row[k] = 0
				for m := range n {
					row[k] += float64(v[start+m*stride] * math.Cos(math.Pi*float64(k)*(float64(m)+0.5)/float64(n)))
				}
				row[k] *= 2 / float64(n)
			}
			row[0] /= 2
			for k, c := range row {
				v[start+k*stride] = c
			}
		}
	}
	return v, nil
}

// tail is the sum of the coefficients in the last quarter of the degrees.
func tail(c []float64, n int) float64 {
	sum := 0.0
	for i, v := range c {
		for ; i > 0; i /= n {
			if i%n > 3*n/4 {
				sum += math.Abs(v)
				break
			}
		}
	}
	return sum
}

type chebyshevPlan struct {
	*squaring
	known []map[int]combination // per variable: T_n
}

// newChebyshevPlan leaves out the smallest coefficients, up to tol in all.
func newChebyshevPlan(f *Expr, c []float64, n int, tol float64) *squaring {
	p := &chebyshevPlan{&squaring{dim: f.Dim()}, nil}
	for j := range p.dim {
		one, linear := p.none(), p.none()
		one.constant, linear.constant = 1, -1
		linear.x[j] = 2
		p.known = append(p.known, map[int]combination{0: one, 1: linear})
	}
	p.value = p.none()
	negligible := tol / float64(len(c))
	for i, v := range c {
		if math.Abs(v) <= negligible {
			continue
		}
		term := p.polynomial(0, i%n)
		if p.dim == 2 && i >= n {
			term = p.polynomial(1, i/n)
			if i%n > 0 {
				term = p.product(1, p.polynomial(0, i%n), term, p.none())
			}
		}
		p.value = p.value.plus(v, term)
	}
	return p.squaring
}

// polynomial is T_n of 2 x_(j+1) - 1.
func (p *chebyshevPlan) polynomial(j, n int) combination {
	if c, ok := p.known[j][n]; ok {
		return c
	}
	var c combination
	half := p.polynomial(j, n/2)
	if n%2 == 0 {
		rest := p.none()
		rest.constant = 1 // 2 (1 - 4 u) - 1
		c = p.add([]square{{-8, p.unitary(half)}}, rest)
	} else {
		c = p.product(2, half, p.polynomial(j, n/2+1), p.none().plus(-1, p.known[j][1]))
	}
	p.known[j][n] = c
	return c
}
