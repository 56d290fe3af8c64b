package loss

import (
	"math"
	"slices"
)

// L1 is the mean absolute deviation L(z) = (1/n) sum_i |z_i - y_i|.
//
// D(nu) = nu'y/n for |nu_i| <= 1.
var L1 Loss = average{sample: absolute{}}

type absolute struct{}

func (absolute) name() string { return "l1" }

func (absolute) quadratic() float64 { return 0 }

func (absolute) labels() bool { return false }

func (absolute) rounded(share float64, typical func() float64) Smooth {
	return roundedKink{distance: distanceL1, width: share * typical()}
}

func (absolute) validate([]float64) error { return nil }

func (absolute) value(z, y float64) float64 { return math.Abs(z - y) }

func (absolute) dual(nu, y float64) float64 { return nu * y }

func (absolute) prox(v, y, rho, _ float64) float64 {
	w := v - y
	return v - min(max(w, -1/rho), 1/rho)
}

func (absolute) proxSlope(_, v, y, rho float64) float64 {
	if math.Abs(v-y) < 1/rho {
		return 0
	}
	return 1
}

func (absolute) residuals(z, y float64) (lo, hi float64) {
	switch {
	case z < y:
		return 1, 1
	case z > y:
		return -1, -1
	}
	return -1, 1
}

func (absolute) interval(float64) (lo, hi float64) { return -1, 1 }

// constant is the median of y - z, the middle of the two for even n.
func (absolute) constant(z, y []float64) float64 {
	e := Differences(y, z)
	slices.Sort(e)
	n := len(e)
	if n%2 == 1 {
		return e[n/2]
	}
	return e[n/2-1] + (e[n/2]-e[n/2-1])/2
}

func Differences(a, b []float64) []float64 {
	e := make([]float64, len(a))
	for i, v := range a {
		e[i] = v - b[i]
	}
	return e
}

func (absolute) slope() float64 { return 1 }

func (absolute) dualSize(nu, y float64) float64 { return math.Abs(nu * y) }

func (absolute) term(l average, y []float64, intercept bool) DataTerm {
	return newBoxTerm(l, y, 0, intercept)
}
