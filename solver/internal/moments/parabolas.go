package moments

import (
	"context"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/internal/dense"
	"multigrade/solver/internal/golden"
	"multigrade/solver/internal/operator"
)

// Parabolas is the evidence for one sign s that s nu'relu(Xw) is small on the unit ball,
// with a_i t + g_i t^2 on one side of max(t, 0), t = x_i.w, for every row: with
// k_i = max(a_i^2, (1 - a_i)^2)/(4 g_i)
//
//	max(t, 0) <= a t + g t^2 + k   for g > 0,
//	max(t, 0) >= a t + g t^2       for 0 <= g |x_i| <= min(a, 1 - a) and |t| <= |x_i|,
//
// so that with c = sum_i s nu_i a_i x_i and Q = sum_i s nu_i g_i x_i x_i'
//
//	[ mu I - Q    -c/2 ]
//	[ -c'/2        tau ]   positive semidefinite, mu >= 0
//
// implies s nu'relu(Xw) <= mu + tau + sum over s nu_i > 0 of s nu_i k_i.
type Parabolas struct {
	Mu, Tau          float64   // in the unit of nu'Xw
	Slope, Curvature []float64 // n: a and g; of stacked rows 2n
	// Transfers are made before: nu is what they leave of it.
	Transfers []Transfer
	// Signs are, of a leaf, for the rows of its path, from the root on, a and b >= 0 with
	// b |x_i| <= a, of a t - b t^2 >= 0, t = |x_i.w|, which is added. The slope of such a row
	// is 1 or 0 and its curvature 0, as max(x_i.w, 0) is x_i.w or 0.
	Signs []float64
}

// Times is the evidence for t nu, with mu and tau times up >= t.
func (p *Parabolas) Times(t, up float64) *Parabolas {
	if p == nil {
		return nil
	}
	out := &Parabolas{Mu: up * p.Mu, Tau: up * p.Tau, Slope: p.Slope, Curvature: p.Curvature, Transfers: slices.Clone(p.Transfers)}
	for k := range out.Transfers {
		out.Transfers[k].Weight *= t
	}
	for _, v := range p.Signs {
		out.Signs = append(out.Signs, t*v)
	}
	return out
}

// nearFlat is the smallest distance of a parabola's corner from 0, as a share of the norm
// of the row.
const nearFlat = 1e-6

// leastSlope is the least slope of a parabola that is not 0, and the least curvature
// times the norm of the row: their squares are far from the end of float64's range.
const leastSlope = 1e-60

// useless is how far above n beta a bound of m says nothing.
const useless = 1e6

// parabolas is the evidence for s nu that f suggests, and what it bounds m by.
func (r *relaxation) parabolas(ctx context.Context, f *factor, s float64, nu []float64) (*Parabolas, float64) {
	p := new(Parabolas)
	above, below, linear := make([]float64, r.n), make([]float64, r.n), make([]float64, r.n)
	constant, size := 0.0, 0.0
	add := func(i int, weight, direction float64) {
		a, g := 0.0, 0.0
		switch h := r.height[i]; {
		case h == 0 || weight == 0:
		case weight > 0:
			k := max(math.Sqrt(f.s[i])/f.rho, nearFlat*h)
			a, g = 0.5, short(1/(4*k))
			above[i] += weight * g
			constant += weight / (16 * g)
		default:
			curved, steep := f.share[3*i+2], f.share[3*i+1]
			if direction < 0 {
				steep = f.share[3*i]
			}
			a = short(min(steep+curved/2, 1))
			if a < leastSlope {
				a = 0 // whose square a checker could not tell from 0
			}
			g = short(min(curved/2, a, 1-a) / h * (1 - 1e-5)) // rounding leaves it below
			if g*h < leastSlope {
				g = 0
			}
			below[i] -= weight * g
		}
		p.Slope, p.Curvature = append(p.Slope, a), append(p.Curvature, g)
		linear[i] += weight * a * direction
		size += math.Abs(weight) * r.height[i] * (a + g*r.height[i])
	}
	for i, v := range nu {
		add(i, s*v, 1)
	}
	if r.slope != 0 {
		for i, v := range nu {
			add(i, -r.slope*s*v, -1)
		}
	}
	return p, p.close(ctx, newForm(r.full, above, below, linear), constant, size, r.beta*float64(r.n), operator.Columns(r.full))
}

// close sets mu and tau for the form q and returns what the evidence bounds m by, with the
// constant, where size is that of what was added and columns those of the data; Inf where it says
// nothing about most.
func (p *Parabolas) close(ctx context.Context, q *form, constant, size, most float64, columns int) float64 {
	top := size + floats.Norm(q.c, 2) + 0x1p-500
	mu, sum := golden.Section(ctx, 0, top, 60, func(mu float64) float64 { return mu + q.tau(mu) })
	p.Mu, p.Tau = mu, q.tau(mu)
	if !(sum < useless*most) {
		return math.Inf(1)
	}
	rows, d := float64(len(p.Slope)+len(p.Transfers)), float64(columns)
	total := p.Mu + p.Tau + constant
	room := 8e-15 * (rows + d + 32) * (d + 1) * (total + 2*max(total, most) + size)
	p.Mu, p.Tau = p.Mu+room, p.Tau+room
	return (p.Mu + p.Tau + constant) * (1 + operator.Roundoff(8*int(rows)))
}

// short is v to six digits, so that evidence takes little room.
func short(v float64) float64 { return rounded(v, 6) }

// rounded is v to so many decimal digits.
func rounded(v float64, digits int) float64 {
	v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', digits, 64), 64)
	return v
}

// form is c.w + w'Qw.
type form struct {
	x    operator.Design
	d    int
	q, a []float64 // d x d: -Q; mu I - Q, then its factor
	c, v []float64 // d
}

// newForm makes it of the weights g of the squares, positive and negative, and a.
func newForm(x operator.Design, above, below, linear []float64) *form {
	n, d := x.Dims()
	f := &form{x: x, d: d, q: make([]float64, d*d), a: make([]float64, d*d), v: make([]float64, d)}
	x.Gram(f.q, below)
	x.Gram(f.a, above)
	floats.Sub(f.q, f.a)
	c := operator.NewGeneral(1, d)
	x.MulTrans(c, blas64.General{Rows: 1, Cols: n, Stride: n, Data: linear})
	f.c = c.Data
	return f
}

// tau is c'(mu I - Q)^{-1}c/4, infinite where the matrix is not positive definite.
func (f *form) tau(mu float64) float64 {
	f.x.Book(operator.FactorWork(f.d) + operator.PassWork*float64(f.d)*float64(f.d))
	copy(f.a, f.q)
	for k := range f.d {
		f.a[k*f.d+k] += mu
	}
	r, ok := dense.Potrf(blas64.Symmetric{N: f.d, Stride: f.d, Data: f.a, Uplo: blas.Upper})
	if !ok {
		return math.Inf(1)
	}
	copy(f.v, f.c)
	dense.Trsv(blas.Trans, r, blas64.Vector{N: f.d, Inc: 1, Data: f.v})
	return floats.Dot(f.v, f.v) / 4
}

// Room is what the form and the constant of the evidence for nu may change by, in the unit of
// Mu, when nu moves by delta: sum_i |delta_i| (a_i |x_i| + g_i |x_i|^2 + k_i), where k_i is at
// most |x_i| for those weights that it counts for. slope is that of the activation.
func (p *Parabolas) Room(x operator.Design, delta []float64, slope float64) float64 {
	room, n := 0.0, len(delta)
	for i, h := range operator.RowNorms(x) {
		for k := i; k < len(p.Slope); k += n {
			size := math.Abs(delta[i])
			if k >= n {
				size *= math.Abs(slope)
			}
			room += size * h * (2 + p.Curvature[k]*h)
		}
	}
	return room
}

// Widen leaves room for such a change.
func (p *Parabolas) Widen(room float64) {
	p.Mu, p.Tau = p.Mu+room, p.Tau+room
}
