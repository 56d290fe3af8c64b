package sphere

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/internal/dense"
	"multigrade/internal/elementary"
	"multigrade/solver/internal/operator"
)

// Quadratic is the evidence that s nu'relu(Xw) is small on the unit ball for one
// sign s, without a search. With p, q the positive and negative parts of s nu,
// h_i = |x_i| and any b > 0,
//
//	2 s nu'relu(Xw) = s nu'Xw + sum (s nu_i) |x_i.w|,
//	 p |t| <= p (t^2/(b h) + b h)/2,     -q |t| <= -q t^2/h  as |t| <= h,
//
// so that with c = X'nu and Q = X' diag(p/(2bh) - q/h) X
//
//	[ mu I - Q    -s c/2 ]
//	[ -s c'/2       tau  ]   positive semidefinite, mu >= 0
//
// implies s nu'relu(Xw) <= (mu + tau + (b/2) sum p_i h_i)/2.
type Quadratic struct {
	Scale   float64 // b, which has the unit of 1
	Mu, Tau float64 // in the unit of nu'Xw
}

// Times is the evidence for t nu.
func (q Quadratic) Times(t float64) Quadratic { return Quadratic{q.Scale, t * q.Mu, t * q.Tau} }

// closedForm bounds m(nu) for ReLU by a Quadratic for each sign.
type closedForm struct {
	Bound       float64
	plus, minus Quadratic
}

func NewClosedForm(x operator.Design, nu []float64) closedForm {
	var f closedForm
	var plus, minus float64
	f.plus, plus = NewQuadraticSide(x, nu, 1).Best()
	f.minus, minus = NewQuadraticSide(x, nu, -1).Best()
	f.Bound = max(plus, minus)
	return f
}

// quadraticSide looks for the best Quadratic of one sign.
type quadraticSide struct {
	n, d     int
	pos, neg []float64 // d x d: X' diag(p/h) X and X' diag(q/h) X
	c        []float64 // X'nu, whatever s, which changes nothing
	weight   float64   // sum p_i h_i
	size     float64   // sum |nu_i| h_i
	trace    float64   // of neg
	a        []float64 // d x d: mu I - Q, then its factor
	v        []float64 // d
}

func NewQuadraticSide(x operator.Design, nu []float64, s float64) *quadraticSide {
	n, d := x.Dims()
	q := &quadraticSide{n: n, d: d, pos: make([]float64, d*d), neg: make([]float64, d*d), a: make([]float64, d*d), v: make([]float64, d)}
	p, m := make([]float64, n), make([]float64, n)
	for i, h := range operator.RowNorms(x) {
		if h == 0 {
			continue
		}
		v := s * nu[i]
		p[i], m[i] = max(v, 0)/h, max(-v, 0)/h
		q.weight += max(v, 0) * h
		q.size += math.Abs(v) * h
	}
	x.Gram(q.pos, p)
	x.Gram(q.neg, m)
	for k := range d {
		q.trace += q.neg[k*d+k]
	}
	c := operator.NewGeneral(1, d)
	x.MulTrans(c, blas64.General{Rows: 1, Cols: n, Stride: n, Data: nu})
	q.c = c.Data
	return q
}

// Best searches b on a logarithmic scale and mu for each. At a random w of norm
// 1 |x_i.w| is about h_i/sqrt(d).
func (q *quadraticSide) Best() (Quadratic, float64) {
	if q.size == 0 {
		return Quadratic{Scale: 1}, 0
	}
	outer, inner := 24, 40
	if q.d > 100 {
		outer, inner = 8, 24 // factorisations of order d
	}
	typical := -elementary.Log(math.Sqrt(float64(q.d)))
	logB, _ := goldenSection(typical-2, max(typical+2, 0), outer, func(l float64) float64 {
		_, value := q.at(elementary.Exp(l), inner)
		return value
	})
	b := elementary.Exp(logB)
	mu, _ := q.at(b, 2*inner)
	return q.proved(b, mu)
}

// at finds the best mu for b, and the bound times 2. Some way above the trace of
// the positive part of Q the matrix is positive definite.
func (q *quadraticSide) at(b float64, steps int) (mu, value float64) {
	positive := 0.0
	for k := range q.d {
		positive += q.pos[k*q.d+k] / (2 * b)
	}
	top := positive + floats.Norm(q.c, 2) + 0x1p-20*q.size
	mu, sum := goldenSection(0, top, steps, func(mu float64) float64 { return mu + q.tau(b, mu) })
	return mu, sum + b*q.weight/2
}

// tau is c'(mu I - Q)^{-1} c/4, infinite where the matrix is not positive
// definite.
func (q *quadraticSide) tau(b, mu float64) float64 {
	d := q.d
	for i := range q.a {
		q.a[i] = q.neg[i] - q.pos[i]/(2*b)
	}
	for k := range d {
		q.a[k*d+k] += mu
	}
	r, ok := dense.Potrf(blas64.Symmetric{N: d, Stride: d, Data: q.a, Uplo: blas.Upper})
	if !ok {
		return math.Inf(1)
	}
	copy(q.v, q.c)
	dense.Trsv(blas.Trans, r, blas64.Vector{N: d, Inc: 1, Data: q.v})
	return floats.Dot(q.v, q.v) / 4
}

// proved is the evidence at b and mu with room for all rounding errors, those of
// whoever checks it included, and the bound.
func (q *quadraticSide) proved(b, mu float64) (Quadratic, float64) {
	d := float64(q.d)
	tau := q.tau(b, mu)
	sizes := q.size*(1+1/(2*b)) + q.trace + d*mu + tau
	room := 16 * operator.Roundoff(q.n+q.d+64) * math.Sqrt(d) * sizes
	e := Quadratic{Scale: b, Mu: mu + room, Tau: tau + room}
	return e, (e.Mu + e.Tau + b*q.weight/2) / 2 * (1 + operator.Roundoff(4*q.n))
}

// goldenSection minimises a function on [lo, hi] that falls, then rises; where it
// is infinite it counts as falling.
func goldenSection(lo, hi float64, steps int, f func(float64) float64) (x, value float64) {
	const ratio = 0.6180339887498949
	a, b := hi-ratio*(hi-lo), lo+ratio*(hi-lo)
	fa, fb := f(a), f(b)
	x, value = hi, f(hi)
	for range steps {
		if fa < value {
			x, value = a, fa
		}
		if fb < value {
			x, value = b, fb
		}
		if fa < fb {
			hi, b, fb = b, a, fa
			a = hi - ratio*(hi-lo)
			fa = f(a)
		} else {
			lo, a, fa = a, b, fb
			b = lo + ratio*(hi-lo)
			fb = f(b)
		}
	}
	return x, value
}
