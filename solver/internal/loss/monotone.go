package loss

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/operator"
)

// Monotone is squares within a box, L(z) = |z - y|^2 / (2n) for
//
//	|z_i - y_i| <= |y_i|   <=>   0 <= sign(y_i) z_i <= 2 |y_i|,   all i,
//
// and +Inf outside: the prediction must not make the residual y of any sample
// larger. A target of 0 pins its prediction to 0.
//
// D(nu) = (1/n) sum_i d_i, d_i = nu_i y_i - nu_i^2/2 for |nu_i| <= |y_i| and
// nu_i y_i - |nu_i y_i| + y_i^2/2 beyond.
var Monotone Loss = monotone{}

// monotone has boxes that are smaller by the margin at both ends.
type monotone struct{ margin float64 }

func (monotone) Name() string { return "monotone" }

func (monotone) Labels() bool { return false }

func (monotone) Rounded(_ []float64, _ bool, share float64) Smooth { return springs{1 / share} }

func (monotone) Validate([]float64) error { return nil }

func (l monotone) Value(z, y []float64) float64 {
	for i, v := range z {
		if !(math.Abs(v-y[i]) <= math.Abs(y[i])) {
			return math.Inf(1)
		}
	}
	return Squared.Value(z, y)
}

// steepness is the slope with which the interior point continues n L beyond the
// boxes: more than the multipliers of the boxes are at all but hopeless optima.
func steepness(y []float64) float64 { return 1e3 * max(floats.Norm(y, math.Inf(1)), 1e-300) }

// merit is L with elastic boxes.
func (l monotone) merit(z, y []float64) float64 {
	steep := steepness(y)
	s := 0.0
	for i, v := range z {
		r, most := math.Abs(v-y[i]), math.Abs(y[i])
		s += min(r, most)*min(r, most)/2 + steep*max(r-most, 0)
	}
	return s / float64(len(z))
}

func (monotone) Dual(nu, y []float64) float64 {
	s := 0.0
	for i, v := range nu {
		r := clip(v, math.Abs(y[i])) // y - z at the minimum of (z - y)^2/2 + nu z
		s += v*(y[i]-r) + r*r/2
	}
	return s / float64(len(nu))
}

func clip(v, most float64) float64 { return min(max(v, -most), most) }

// box is where the prediction of a sample may lie.
func (l monotone) box(y float64) (lo, hi float64) {
	margin := min(l.margin, math.Abs(y)/2)
	return min(0, 2*y) + margin, max(0, 2*y) - margin
}

// insideShare of the largest target is the margin of inside: some thousand times what
// the proofs of ValueAbove need, and less than the objective shows.
const insideShare = 1e-10

func (monotone) inside(y []float64) Loss {
	return monotone{insideShare * floats.Norm(y, math.Inf(1))}
}

func (l monotone) Prox(dst, v, y []float64, rho float64) {
	Squared.Prox(dst, v, y, rho)
	for i, z := range dst {
		lo, hi := l.box(y[i])
		dst[i] = min(max(z, lo), hi)
	}
}

func (l monotone) EnvelopeHessian(w, _, z, _, y []float64, rho float64) bool {
	for i, v := range z {
		w[i] = 1
		if lo, hi := l.box(y[i]); v > lo && v < hi {
			w[i] = 1 / (1 + rho)
		}
	}
	return false
}

func (monotone) Residual(dst, z, y []float64) { floats.SubTo(dst, y, z) }

// edge is the share of a range that a constant keeps away from its ends, where
// nothing can be proved in float64.
const edge = 1e-9

// Constant is the mean of y - z, as near as the boxes allow; where none serves
// all boxes, one that is too small for some and too large for others.
func (l monotone) Constant(z, y []float64) float64 {
	least, most := math.Inf(-1), math.Inf(1)
	for i, v := range y {
		lo, hi := l.box(v)
		least, most = max(least, lo-z[i]), min(most, hi-z[i])
	}
	if away := edge * (most - least); away > 0 {
		least, most = least+away, most-away
	}
	return min(max(Squared.Constant(z, y), least), most)
}

// idle, balanced: where c is at an end of the box, nu_i may be any number beyond
// y_i - c; those of the lighter sign grow by a common factor.
func (l monotone) NullDual(nu, y []float64, c float64, balanced bool) {
	free, rest := 0.0, 0.0
	sum := 0.0
	for i, v := range y {
		nu[i] = v - c
		sum += nu[i]
	}
	if !balanced || sum == 0 {
		return
	}
	movable := func(i int) bool { return nu[i]*sum < 0 && math.Abs(nu[i]) >= math.Abs(y[i])*(1-4*edge) }
	for i, v := range nu {
		if movable(i) {
			free += v
		} else {
			rest += v
		}
	}
	if free == 0 {
		return // c is inside all boxes, the sum is rounding
	}
	for i := range nu {
		if movable(i) {
			nu[i] *= -rest / free
		}
	}
}

func (monotone) Project(nu, y []float64, balanced bool) { Squared.Project(nu, y, balanced) }

func (monotone) Extent([]float64, []float64) float64 { return math.Inf(1) }

// ValueAbove is +Inf unless the network is proved to be in the box, with as much
// room again for whoever evaluates it in another order.
func (monotone) ValueAbove(z, e, y []float64) float64 {
	for i, v := range z {
		if !(math.Abs(v-y[i])*(1+0x1p-52)+2*e[i] <= math.Abs(y[i])) && !(v == 0 && e[i] == 0) {
			return math.Inf(1)
		}
	}
	return Squared.ValueAbove(z, e, y)
}

func (monotone) DualError(nu, y []float64) float64 {
	size := 0.0
	for i, v := range nu {
		r := math.Min(math.Abs(v), math.Abs(y[i]))
		size += math.Abs(v)*(math.Abs(y[i])+r) + r*r/2
	}
	n := len(nu)
	return operator.Roundoff(n+4) * size / float64(n)
}

func (l monotone) Term(y []float64, intercept bool) DataTerm { return newMonotoneTerm(y, intercept) }
