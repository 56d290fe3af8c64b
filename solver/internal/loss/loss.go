package loss

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/operator"
)

// Loss is the data term L(z) of a program, as a function of the prediction z
// (n values); it carries the factor 1/n (but see LInf). Implementations are
// stateless and comparable. Those of the registry, Shifted and Weighted ones are all there
// are: the certificate format knows no others.
//
// The laws (tested for every loss): Dual(nu, y) <= L(z) + nu'z/n for all z and
// nu (Fenchel-Young), with equality where nu is an element of -n dL(z); Prox is
// the minimiser it claims to be.
type Loss interface {
	// Name is the name on the command line and in files.
	Name() string
	// Labels reports whether the targets are +1 and -1 and L a function of the
	// margins y_i z_i; otherwise it is one of the residuals y_i - z_i.
	Labels() bool
	// Validate reports the first target the loss has no meaning for.
	Validate(y []float64) error
	// Value is L(z).
	Value(z, y []float64) float64
	// Dual is -L*(-nu/n), the data term of the dual function; -Inf outside
	// its domain, which is convex and contains 0.
	Dual(nu, y []float64) float64
	// Prox sets dst = argmin_z n L(z) + rho/2 |z - v|^2. dst may be v; what is in it is
	// where a search starts, if there is no closed form.
	Prox(dst, v, y []float64, rho float64)
	// EnvelopeHessian describes I - J, J the derivative of Prox at v, where Prox is
	// z: diag(w), or diag(w) - q q' if it returns true. It is the Hessian of the
	// Moreau envelope of n L, divided by rho.
	EnvelopeHessian(w, q, z, v, y []float64, rho float64) (rankOne bool)
	// Residual sets dst to an element of -n dL(z): y - z for squares.
	Residual(dst, z, y []float64)
	// Constant is a c that minimises L(z + c).
	Constant(z, y []float64) float64

	// NullDual sets nu to an element of -n dL(c 1), with sum nu = 0 if balanced:
	// the dual point that goes with u = 0.
	NullDual(nu, y []float64, c float64, balanced bool)
	// Project moves nu into the domain of Dual and, if balanced, to sum nu = 0
	// but for rounding.
	Project(nu, y []float64, balanced bool)
	// Extent is the largest t with t nu in the domain of Dual.
	Extent(nu, y []float64) float64
	// ValueAbove bounds L from above where z_i is known to within e_i.
	ValueAbove(z, e, y []float64) float64
	// DualError bounds the rounding error of Dual.
	DualError(nu, y []float64) float64
	// Rounded is the loss with its kinks rounded at the given share of the typical
	// residual, nil where there are none.
	Rounded(y []float64, intercept bool, share float64) Smooth
	// Term is the loss in the interior-point method.
	Term(y []float64, intercept bool) DataTerm
}

// Merit is L(z), continued beyond the domain of a loss that is not finite
// everywhere: iterates that come into it only in the end can be compared.
func Merit(l Loss, z, y []float64) float64 {
	if e, ok := l.(partial); ok {
		return e.merit(z, y)
	}
	return l.Value(z, y)
}

// partial is a loss that is not finite everywhere.
type partial interface {
	merit(z, y []float64) float64
	inside(y []float64) Loss
}

// Inside is L with a domain that is smaller by what rounding needs, L itself where it
// is finite everywhere: iterates that come into the smaller one but for rounding are in
// that of L.
func Inside(l Loss, y []float64) Loss {
	if e, ok := l.(partial); ok {
		return e.inside(y)
	}
	return l
}

// ClosedConstant is a loss for which the constant in the proximal operator of
// min_c n L(z + c) has a closed form.
type ClosedConstant interface {
	// ProxConstant is that c at v.
	ProxConstant(v, y []float64, rho float64) float64
}

var _, _ ClosedConstant = squared{}, linf{}

// Everywhere reports whether L is finite everywhere, so that a prediction which is
// off by rounding has a value.
func Everywhere(l Loss) bool {
	_, ok := l.(partial)
	return !ok
}

// Squared is L(z) = |z - y|^2 / (2n).
var Squared Loss = squared{}

type squared struct{}

func (squared) Name() string { return "squared" }

func (squared) Labels() bool { return false }

func (squared) Validate([]float64) error { return nil }

func (squared) Value(z, y []float64) float64 {
	s := 0.0
	for i, v := range z {
		s += float64((v - y[i]) * (v - y[i]))
	}
	return s / float64(2*len(z))
}

// Dual is D(nu) = nu'y/n - |nu|^2/(2n).
func (squared) Dual(nu, y []float64) float64 {
	s := 0.0
	for i, v := range nu {
		s += v * (y[i] - v/2)
	}
	return s / float64(len(nu))
}

// Prox: n L has Hessian 1, so z = (y + rho v) / (1 + rho).
func (squared) Prox(dst, v, y []float64, rho float64) {
	for i, vi := range v {
		dst[i] = (y[i] + rho*vi) / (1 + rho)
	}
}

func (squared) EnvelopeHessian(w, _, _, _, _ []float64, rho float64) bool {
	for i := range w {
		w[i] = 1 / (1 + rho)
	}
	return false
}

// ProxConstant: the sum of z - v is 0, and z + c = (y + rho (v + c))/(1 + rho).
func (squared) ProxConstant(v, y []float64, _ float64) float64 {
	return (floats.Sum(y) - floats.Sum(v)) / float64(len(v))
}

func (squared) Residual(dst, z, y []float64) { floats.SubTo(dst, y, z) }

// Constant is the mean of y - z, kept within its range: where all are equal it
// is that value, whatever the rounding of the sums.
func (squared) Constant(z, y []float64) float64 {
	lo, hi := math.Inf(1), math.Inf(-1)
	for i, v := range y {
		lo, hi = min(lo, v-z[i]), max(hi, v-z[i])
	}
	return min(max((floats.Sum(y)-floats.Sum(z))/float64(len(z)), lo), hi)
}

func (squared) NullDual(nu, y []float64, c float64, _ bool) {
	for i, v := range y {
		nu[i] = v - c
	}
}

func (squared) Project(nu, _ []float64, balanced bool) {
	if balanced {
		floats.AddConst(-floats.Sum(nu)/float64(len(nu)), nu)
	}
}

func (squared) Extent([]float64, []float64) float64 { return math.Inf(1) }

func (squared) ValueAbove(z, e, y []float64) float64 {
	sum := 0.0
	for i, v := range z {
		r := math.Abs(v-y[i])*(1+0x1p-52) + e[i]
		sum += r * r
	}
	return sum / float64(2*len(z)) * (1 + operator.Roundoff(len(z)+4))
}

func (squared) DualError(nu, y []float64) float64 {
	size := 0.0
	for i, v := range nu {
		size += math.Abs(v) * (math.Abs(y[i]) + math.Abs(v)/2)
	}
	n := len(nu)
	return operator.Roundoff(n+2) * size / float64(n)
}

func (squared) Rounded([]float64, bool, float64) Smooth { return nil }

func (squared) Term(y []float64, intercept bool) DataTerm { return newSquaresTerm(y, intercept) }
