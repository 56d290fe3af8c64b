package sphere

import (
	"context"
	"math"
	"time"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/internal/dense"
	"multigrade/internal/elementary"
	"multigrade/solver/internal/golden"
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

// NewClosedForm bounds m(nu), by at most so many operations as the account of X counts them.
// When ctx ends it is what was found until then.
func NewClosedForm(ctx context.Context, x operator.Design, nu []float64, work float64) closedForm {
	var f closedForm
	var plus, minus float64
	f.plus, plus = NewQuadraticSide(x, nu, 1).Best(ctx, work/2)
	f.minus, minus = NewQuadraticSide(x, nu, -1).Best(ctx, work/2)
	f.Bound = max(plus, minus)
	return f
}

// quadraticSide looks for the best Quadratic of one sign.
type quadraticSide struct {
	x        operator.Design
	n, d     int
	p, q     []float64 // p_i/h_i and q_i/h_i
	pos, neg []float64 // d x d: X' diag(p/h) X and X' diag(q/h) X
	c        []float64 // X'nu, whatever s, which changes nothing
	weight   float64   // sum p_i h_i
	size     float64   // sum |nu_i| h_i
	trace    float64   // of neg, sum q_i h_i; that of pos is weight
	a        []float64 // d x d: mu I - Q, then its factor
	v        []float64 // d
}

func NewQuadraticSide(x operator.Design, nu []float64, s float64) *quadraticSide {
	n, d := x.Dims()
	q := &quadraticSide{x: x, n: n, d: d, p: make([]float64, n), q: make([]float64, n), v: make([]float64, d)}
	for i, h := range operator.RowNorms(x) {
		if h == 0 {
			continue
		}
		v := s * nu[i]
		q.p[i], q.q[i] = max(v, 0)/h, max(-v, 0)/h
		q.weight += max(v, 0) * h
		q.trace += max(-v, 0) * h
		q.size += math.Abs(v) * h
	}
	c := operator.NewGeneral(1, d)
	x.MulTrans(c, blas64.General{Rows: 1, Cols: n, Stride: n, Data: nu})
	q.c = c.Data
	return q
}

// mostFactored is the largest order for which matrices are factored, some hundred
// times (a second each at order 4000, on a core that does 20e9 operations a second):
// beyond, the bound would be worth less than it costs.
const mostFactored = 2000

// Best searches b on a logarithmic scale and mu for each, where ctx, the work allowed
// and the account of X leave room for it. At a random w of norm
// 1 |x_i.w| is about h_i/sqrt(d).
func (q *quadraticSide) Best(ctx context.Context, work float64) (Quadratic, float64) {
	if q.size == 0 {
		return Quadratic{Scale: 1}, 0
	}
	byTrace, simple := q.byTrace()
	d := float64(q.d)
	if q.d > mostFactored || !affordable(ctx, 2*float64(q.n)*d*d+4*d*d*d/3) {
		return byTrace, simple
	}
	outer, inner := 24, 40
	if q.d > 100 {
		outer, inner = 8, 24 // factorisations of order d
	}
	if min(work, q.x.Account().Left()) < float64(outer*inner+2*inner)*operator.FactorWork(q.d)+6*float64(q.n)*d*d {
		return byTrace, simple
	}
	q.pos, q.neg, q.a = make([]float64, q.d*q.d), make([]float64, q.d*q.d), make([]float64, q.d*q.d)
	q.x.Gram(q.pos, q.p)
	q.x.Gram(q.neg, q.q)
	typical := -elementary.Log(math.Sqrt(float64(q.d)))
	logB, _ := golden.Section(ctx, typical-2, max(typical+2, 0), outer, func(l float64) float64 {
		_, value := q.at(ctx, elementary.Exp(l), inner)
		return value
	})
	b := elementary.Exp(logB)
	mu, _ := q.at(ctx, b, 2*inner)
	if best, bound := q.proved(b, mu); bound <= simple {
		return best, bound
	}
	return byTrace, simple
}

// byTrace is evidence without a factorisation: mu is the trace of the positive part
// of Q, which is at least its largest eigenvalue, and |c|/2, and tau is |c|/2. Of
// weight/b + b weight b = 1 makes least.
func (q *quadraticSide) byTrace() (Quadratic, float64) {
	half := floats.Norm(q.c, 2) / 2
	mu, tau := q.weight/2+half, half
	return q.roomy(1, mu, tau)
}

// affordable says that ctx has not ended and, as far as is known, will not within so
// many operations.
func affordable(ctx context.Context, operations float64) bool {
	const perSecond = 5e9 // on one core; blocked products do four times as many (measured, AVX2)
	end, limited := ctx.Deadline()
	return ctx.Err() == nil && (!limited || time.Until(end).Seconds() > operations/perSecond)
}

// at finds the best mu for b, and the bound times 2. Some way above the trace of
// the positive part of Q the matrix is positive definite.
func (q *quadraticSide) at(ctx context.Context, b float64, steps int) (mu, value float64) {
	positive := 0.0
	for k := range q.d {
		positive += q.pos[k*q.d+k] / (2 * b)
	}
	top := positive + floats.Norm(q.c, 2) + 0x1p-20*q.size
	mu, sum := golden.Section(ctx, 0, top, steps, func(mu float64) float64 { return mu + q.tau(b, mu) })
	return mu, sum + b*q.weight/2
}

// tau is c'(mu I - Q)^{-1} c/4, infinite where the matrix is not positive
// definite.
func (q *quadraticSide) tau(b, mu float64) float64 {
	d := q.d
	q.x.Book(operator.FactorWork(d) + operator.PassWork*float64(d)*float64(d))
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
	return q.roomy(b, mu, q.tau(b, mu))
}

// roomy is the evidence with that room.
func (q *quadraticSide) roomy(b, mu, tau float64) (Quadratic, float64) {
	d := float64(operator.Columns(q.x))
	sizes := q.size*(1+1/(2*b)) + q.trace + d*mu + tau
	room := 16 * operator.Roundoff(q.n+operator.Columns(q.x)+64) * math.Sqrt(d) * sizes
	e := Quadratic{Scale: b, Mu: mu + room, Tau: tau + room}
	return e, (e.Mu + e.Tau + b*q.weight/2) / 2 * (1 + operator.Roundoff(4*q.n))
}
