package loss

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
)

// DefaultThreshold is the threshold of the huber loss where none is given, in
// units of the program's target.
const DefaultThreshold = 1

// Huber is L(z) = (1/n) sum_i h(z_i - y_i) with h(e) = e^2/2 for |e| <= delta
// and delta |e| - delta^2/2 beyond. delta > 0 is in units of the program's
// target (the standardised one, where it is standardised).
//
// D(nu) = (1/n) sum_i nu_i y_i - nu_i^2/2 for |nu_i| <= delta.
func Huber(delta float64) Loss { return average{sample: huber{delta}} }

type huber struct{ delta float64 }

func (huber) name() string { return "huber" }

func (huber) quadratic() float64 { return 1 }

func (huber) labels() bool { return false }

func (huber) rounded(float64, func() float64) Smooth { return nil }

func (h huber) parameter() float64 { return h.delta }

func (h huber) check() error {
	if !(h.delta > 0) || math.IsInf(h.delta, 0) {
		return fmt.Errorf("solver: threshold of huber is %v, want a finite number > 0", h.delta)
	}
	return nil
}

func (h huber) validate([]float64) error { return h.check() }

func (h huber) value(z, y float64) float64 {
	e := math.Abs(z - y)
	if e <= h.delta {
		return float64(e*e) / 2
	}
	return float64(h.delta * (e - h.delta/2))
}

func (huber) dual(nu, y float64) float64 { return nu * (y - nu/2) }

func (h huber) prox(v, y, rho, _ float64) float64 {
	w := v - y
	r := min(max(w*rho/(1+rho), -h.delta), h.delta) // the slope at the minimiser
	return v - r/rho
}

func (h huber) proxSlope(_, v, y, rho float64) float64 {
	if math.Abs(v-y)*rho/(1+rho) < h.delta {
		return rho / (1 + rho)
	}
	return 1
}

func (h huber) residuals(z, y float64) (lo, hi float64) {
	r := min(max(y-z, -h.delta), h.delta)
	return r, r
}

func (h huber) interval(float64) (lo, hi float64) { return -h.delta, h.delta }

func (h huber) constant(z, y []float64) float64 {
	e := Differences(y, z)
	return Falling(floats.Min(e), floats.Max(e), func(c float64) float64 {
		sum := 0.0
		for _, v := range e {
			sum += min(max(v-c, -h.delta), h.delta)
		}
		return sum
	})
}

func (h huber) slope() float64 { return h.delta }

func (huber) dualSize(nu, y float64) float64 { return math.Abs(nu) * (math.Abs(y) + math.Abs(nu)/2) }

func (huber) term(l average, y []float64, intercept bool) DataTerm {
	return newBoxTerm(l, y, 1, intercept)
}
