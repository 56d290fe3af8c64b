package loss

import (
	"math"
	"slices"
)

// Hinge is L(z) = (1/n) sum_i max(0, 1 - y_i z_i), for labels y_i = +1 or -1.
//
// D(nu) = nu'y/n for 0 <= nu_i y_i <= 1.
var Hinge Loss = average{sample: hinge{}}

type hinge struct{}

func (hinge) name() string { return "hinge" }

func (hinge) quadratic() float64 { return 0 }

func (hinge) labels() bool { return true }

func (hinge) rounded(share float64, _ func() float64) Smooth {
	return roundedKink{distance: distanceHinge, width: share}
}

func (hinge) validate(y []float64) error { return validateLabels("hinge", y) }

func (hinge) value(z, y float64) float64 { return max(0, 1-float64(y*z)) }

func (hinge) dual(nu, y float64) float64 { return nu * y }

func (hinge) prox(v, y, rho, _ float64) float64 {
	return v + y*min(max(1-y*v, 0), 1/rho)
}

func (hinge) proxSlope(_, v, y, rho float64) float64 {
	if m := 1 - y*v; m > 0 && m < 1/rho {
		return 0
	}
	return 1
}

func (hinge) residuals(z, y float64) (lo, hi float64) {
	switch m := y * z; {
	case m < 1:
		return y, y
	case m > 1:
		return 0, 0
	}
	return min(0, y), max(0, y)
}

func (hinge) interval(y float64) (lo, hi float64) { return min(0, y), max(0, y) }

// constant: sample i has its kink at c_i = y_i - z_i. The slope of the sum is
// minus the number of positive labels far to the left and grows by 1 at every
// kink.
func (hinge) constant(z, y []float64) float64 {
	e := Differences(y, z)
	slices.Sort(e)
	positive := 0
	for _, v := range y {
		if v > 0 {
			positive++
		}
	}
	return e[max(positive-1, 0)]
}

func (hinge) slope() float64 { return 1 }

func (hinge) dualSize(nu, y float64) float64 { return math.Abs(nu * y) }

func (hinge) term(l average, y []float64, intercept bool) DataTerm {
	return newBoxTerm(l, y, 0, intercept)
}
