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
	// prox is argmin_z phi(z) + rho/2 (z - v)^2; a search for it starts near.
	prox(v, y, rho, near float64) float64
	// proxSlope is the derivative of prox at v, where it is z.
	proxSlope(z, v, y, rho float64) float64
	// residuals is the interval -dphi(z).
	residuals(z, y float64) (lo, hi float64)
	// interval is the domain of dual; it contains 0.
	interval(y float64) (lo, hi float64)
	// constant minimises sum_i phi(z_i + c) over c, all samples weighing the same.
	constant(z, y []float64) float64
	// slope is the largest |nu|, +Inf for squares.
	slope() float64
	// dualSize bounds the sizes of what dual adds up.
	dualSize(nu, y float64) float64
	// rounded is phi with its kink rounded, nil where it has none; typical is the
	// loss of the best constant.
	rounded(share float64, typical func() float64) Smooth
	// term is the loss l of this sample in the interior-point method.
	term(l average, y []float64, intercept bool) DataTerm
}

// average is L(z) = (1/n) sum_i w_i phi(z_i + o_i, y_i), w_i = 1 and o_i = 0 where
// rows is nil.
type average struct {
	sample
	*rows
}

func (l average) Name() string { return l.name() }

func (l average) Labels() bool { return l.labels() }

func (l average) Validate(y []float64) error {
	if err := l.rows.fit(len(y)); err != nil {
		return err
	}
	return l.validate(y)
}

func (l average) Value(z, y []float64) float64 {
	s := 0.0
	for i, v := range z {
		s += float64(l.weightOf(i) * l.value(v+l.offsetOf(i), y[i]))
	}
	return s / float64(len(z))
}

// Dual is (1/n) sum_i w_i D(nu_i/w_i) - nu_i o_i: the conjugate of w phi(z + o).
func (l average) Dual(nu, y []float64) float64 {
	s := 0.0
	for i, v := range nu {
		if lo, hi := l.intervalOf(i, y[i]); !(v >= lo && v <= hi) {
			return math.Inf(-1)
		}
		w := l.weightOf(i)
		s += float64(w * l.dual(v/w, y[i]))
	}
	return s/float64(len(nu)) - l.alongOffset(nu)
}

func (l average) Prox(dst, v, y []float64, rho float64) {
	for i, vi := range v {
		o := l.offsetOf(i)
		dst[i] = l.prox(vi+o, y[i], rho/l.weightOf(i), dst[i]+o) - o
	}
}

func (l average) EnvelopeHessian(w, _, z, v, y []float64, rho float64) bool {
	for i, zi := range z {
		o := l.offsetOf(i)
		w[i] = 1 - l.proxSlope(zi+o, v[i]+o, y[i], rho/l.weightOf(i))
	}
	return false
}

// Residual takes the element nearest to 0.
func (l average) Residual(dst, z, y []float64) {
	for i, v := range z {
		lo, hi := l.residualsOf(i, v, y[i])
		dst[i] = min(max(0, lo), hi)
	}
}

// NullDual takes the elements nearest to 0 and, where their sum is to be 0 and is not,
// puts every nu_i at the same share of its interval at c, the one that balances it.
func (l average) NullDual(nu, y []float64, c float64, balanced bool) {
	low, width, sum := 0.0, 0.0, 0.0
	for i, v := range y {
		lo, hi := l.residualsOf(i, c, v)
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
		lo, hi := l.residualsOf(i, c, v)
		nu[i] = lo + share*(hi-lo)
	}
}

// Project clips nu - c to the intervals, with the c for which the sum is 0.
func (l average) Project(nu, y []float64, balanced bool) {
	clipped := func(i int, c float64) float64 {
		lo, hi := l.intervalOf(i, y[i])
		return min(max(nu[i]-c, lo), hi)
	}
	c := 0.0
	if balanced {
		c = floats.Sum(nu) / float64(len(nu))
	}
	if balanced && !l.within(nu, y, c) {
		bound := floats.Norm(nu, math.Inf(1)) + l.slope()*l.heaviest()
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
		if lo, hi := l.intervalOf(i, y[i]); v-c < lo || v-c > hi {
			return false
		}
	}
	return true
}

func (l average) Extent(nu, y []float64) float64 {
	t := math.Inf(1)
	for i, v := range nu {
		lo, hi := l.intervalOf(i, y[i])
		switch {
		case v > 0:
			t = min(t, hi/v)
		case v < 0:
			t = min(t, lo/v)
		}
	}
	return t
}

// ValueAbove: phi changes by at most slope e_i. Every value errs by a few units in
// its own last place: its argument y - z or y z is rounded once, z + o before it.
func (l average) ValueAbove(z, e, y []float64) float64 {
	sum := 0.0
	for i, v := range z {
		room := e[i]
		if l.shifted() {
			v += l.offset[i]
			room += math.Abs(v) * 0x1p-52
		}
		sum += float64(l.weightOf(i) * (l.value(v, y[i]) + l.rise(v, room, y[i])))
	}
	n := len(z)
	return sum * (1 + operator.Roundoff(n+16)) / float64(n)
}

// rise bounds by how much phi is larger within room of z.
func (l average) rise(z, room, y float64) float64 {
	if slope := l.slope(); !math.IsInf(slope, 1) {
		return slope * room
	}
	below, _ := l.residuals(z+room, y)
	_, above := l.residuals(z-room, y)
	if room == 0 {
		return 0
	}
	return max(-below, above, 0) * room
}

func (l average) DualError(nu, y []float64) float64 {
	size, along := 0.0, 0.0
	for i, v := range nu {
		w := l.weightOf(i)
		size += w * l.dualSize(v/w, y[i])
		along += math.Abs(v * l.offsetOf(i))
	}
	n := len(nu)
	bound := operator.Roundoff(n+16) * size / float64(n)
	if l.shifted() {
		bound += operator.Roundoff(n+4) * (along/float64(n) + math.Abs(l.Dual(nu, y)) + math.Abs(l.alongOffset(nu)))
	}
	return bound
}

func (l average) Rounded(y []float64, intercept bool, share float64) Smooth {
	r := l.rounded(share, func() float64 { return NullLoss(l, y, intercept) })
	if kink, ok := r.(roundedKink); ok {
		kink.rows = l.rows
		return kink
	}
	return r
}

func (l average) Term(y []float64, intercept bool) DataTerm {
	t := l.term(l, y, intercept)
	if l.shifted() {
		return &shiftedTerm{DataTerm: t, offset: l.offset, whole: make([]float64, len(y))}
	}
	return t
}
