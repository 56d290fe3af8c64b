package loss

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/operator"
)

// sample is the loss phi(z) of one sample with target y, a convex function with
// bounded slopes. Everything is said in terms of nu, an element of -dphi.
type sample interface {
	name() string
	// labels reports whether the targets are +1 and -1.
	labels() bool
	validate(y []float64) error
	value(z, y float64) float64
	// dual is -phi*(-nu) for nu in the interval.
	dual(nu, y float64) float64
	// prox is argmin_z phi(z) + rho/2 (z - v)^2.
	prox(v, y, rho float64) float64
	// proxSlope is the derivative of prox at v, where it is z.
	proxSlope(z, v, y, rho float64) float64
	// residuals is the interval -dphi(z).
	residuals(z, y float64) (lo, hi float64)
	// interval is the domain of dual; it contains 0.
	interval(y float64) (lo, hi float64)
	// constant minimises sum_i phi(z_i + c) over c.
	constant(z, y []float64) float64
	// slope is the largest |nu|.
	slope() float64
	// dualSize bounds the sizes of what dual adds up.
	dualSize(nu, y float64) float64
	// rounded is phi with its kink rounded, nil where it has none; typical is the
	// loss of the best constant.
	rounded(share float64, typical func() float64) Smooth
	Term(y []float64, intercept bool) DataTerm
}

// average is L(z) = (1/n) sum_i phi(z_i, y_i).
type average struct{ sample }

func (l average) Name() string { return l.name() }

func (l average) Labels() bool { return l.labels() }

func (l average) Rounded(y []float64, intercept bool, share float64) Smooth {
	return l.rounded(share, func() float64 { return IdleLoss(l, y, intercept) })
}

func (l average) Validate(y []float64) error { return l.validate(y) }

func (l average) Value(z, y []float64) float64 {
	s := 0.0
	for i, v := range z {
		s += l.value(v, y[i])
	}
	return s / float64(len(z))
}

func (l average) Dual(nu, y []float64) float64 {
	s := 0.0
	for i, v := range nu {
		if lo, hi := l.interval(y[i]); !(v >= lo && v <= hi) {
			return math.Inf(-1)
		}
		s += l.dual(v, y[i])
	}
	return s / float64(len(nu))
}

func (l average) Prox(dst, v, y []float64, rho float64) {
	for i, vi := range v {
		dst[i] = l.prox(vi, y[i], rho)
	}
}

func (l average) EnvelopeHessian(w, _, z, v, y []float64, rho float64) bool {
	for i, zi := range z {
		w[i] = 1 - l.proxSlope(zi, v[i], y[i], rho)
	}
	return false
}

// Residual takes the element nearest to 0.
func (l average) Residual(dst, z, y []float64) {
	for i, v := range z {
		lo, hi := l.residuals(v, y[i])
		dst[i] = min(max(0, lo), hi)
	}
}

func (l average) Constant(z, y []float64) float64 { return l.constant(z, y) }

func (l average) Idle(nu, y []float64, c float64, balanced bool) {
	at := make([]float64, len(y))
	for i := range at {
		at[i] = c
	}
	l.idleAt(nu, y, at, balanced)
}

// idleAt takes the elements nearest to 0 and, where their sum is to be 0 and is not,
// puts every nu_i at the same share of its interval at z, the one that balances it.
func (l average) idleAt(nu, y, z []float64, balanced bool) {
	low, width, sum := 0.0, 0.0, 0.0
	for i, v := range y {
		lo, hi := l.residuals(z[i], v)
		nu[i] = min(max(0, lo), hi)
		low += lo
		width += hi - lo
		sum += nu[i]
	}
	if !balanced || width == 0 || sum == 0 {
		return
	}
	share := min(max(0, -low/width), 1)
	for i, v := range y {
		lo, hi := l.residuals(z[i], v)
		nu[i] = lo + share*(hi-lo)
	}
}

// Project clips nu - c to the intervals, with the c for which the sum is 0.
func (l average) Project(nu, y []float64, balanced bool) {
	clipped := func(i int, c float64) float64 {
		lo, hi := l.interval(y[i])
		return min(max(nu[i]-c, lo), hi)
	}
	c := 0.0
	if balanced {
		c = floats.Sum(nu) / float64(len(nu))
	}
	if balanced && !l.within(nu, y, c) {
		bound := floats.Norm(nu, math.Inf(1)) + l.slope()
		c = Falling(-bound, bound, func(c float64) float64 {
			sum := 0.0
			for i := range nu {
				sum += clipped(i, c)
			}
			return sum
		})
	}
	for i := range nu {
		nu[i] = clipped(i, c)
	}
}

// within reports whether nu - c needs no clipping.
func (l average) within(nu, y []float64, c float64) bool {
	for i, v := range nu {
		if lo, hi := l.interval(y[i]); v-c < lo || v-c > hi {
			return false
		}
	}
	return true
}

// Falling is a zero of a nonincreasing function on [lo, hi], to the last bit of
// the larger end.
func Falling(lo, hi float64, f func(float64) float64) float64 {
	if f(0) == 0 && lo <= 0 && hi >= 0 {
		return 0
	}
	for range 120 {
		mid := lo + (hi-lo)/2
		if mid <= lo || mid >= hi {
			break
		}
		if f(mid) > 0 {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo + (hi-lo)/2
}

func (l average) Extent(nu, y []float64) float64 {
	t := math.Inf(1)
	for i, v := range nu {
		lo, hi := l.interval(y[i])
		switch {
		case v > 0:
			t = min(t, hi/v)
		case v < 0:
			t = min(t, lo/v)
		}
	}
	return t
}

// valueAbove: phi changes by at most slope e_i. Every value errs by a few units in
// its own last place: its argument y - z or y z is rounded once.
func (l average) ValueAbove(z, e, y []float64) float64 {
	sum := 0.0
	for i, v := range z {
		sum += l.value(v, y[i]) + l.slope()*e[i]
	}
	n := len(z)
	return sum * (1 + operator.Roundoff(n+16)) / float64(n)
}

func (l average) DualError(nu, y []float64) float64 {
	size := 0.0
	for i, v := range nu {
		size += l.dualSize(v, y[i])
	}
	n := len(nu)
	return operator.Roundoff(n+16) * size / float64(n)
}
