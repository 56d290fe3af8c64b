package loss

import (
	"fmt"
	"math"
	"slices"
)

// Quantile is the check (pinball) loss of the level q, 0 < q < 1,
//
//	L(z) = (1/n) sum_i q max(0, y_i - z_i) + (1-q) max(0, z_i - y_i),
//
// whose minimiser over a constant is a q-quantile of the targets (Koenker and
// Bassett, "Regression quantiles", 1978). q = 1/2 is half of L1.
//
// D(nu) = nu'y/n for q - 1 <= nu_i <= q.
func Quantile(q float64) Loss { return average{sample: quantile{q}} }

type quantile struct{ q float64 }

func (quantile) name() string { return "quantile" }

func (quantile) quadratic() float64 { return 0 }

func (quantile) labels() bool { return false }

func (l quantile) parameter() float64 { return l.q }

func (l quantile) check() error {
	if !(l.q > 0 && l.q < 1) {
		return fmt.Errorf("solver: level of quantile is %v, want 0 < Q < 1", l.q)
	}
	return nil
}

func (l quantile) validate([]float64) error { return l.check() }

func (l quantile) value(z, y float64) float64 {
	if e := y - z; e > 0 {
		return float64(l.q * e)
	} else {
		return float64((l.q - 1) * e)
	}
}

func (quantile) dual(nu, y float64) float64 { return nu * y }

func (l quantile) prox(v, y, rho, _ float64) float64 {
	return v + min(max(y-v, (l.q-1)/rho), l.q/rho)
}

func (l quantile) proxSlope(_, v, y, rho float64) float64 {
	if w := y - v; w > (l.q-1)/rho && w < l.q/rho {
		return 0
	}
	return 1
}

func (l quantile) residuals(z, y float64) (lo, hi float64) {
	switch {
	case z < y:
		return l.q, l.q
	case z > y:
		return l.low(), l.low()
	}
	return l.low(), l.q
}

func (l quantile) interval(float64) (lo, hi float64) { return l.low(), l.q }

// low is q - 1, rounded towards 0: the domain of D is not wider than it is.
func (l quantile) low() float64 {
	lo := l.q - 1
	if lo+1 < l.q {
		lo = math.Nextafter(lo, 0)
	}
	return lo
}

// constant: the slope of the sum at the k-th of the sorted y - z turns from
// (k-1) - q n to k - q n. Where q n is a number k, all from the k-th to the next
// are minimisers, and the middle is taken.
func (l quantile) constant(z, y []float64) float64 {
	e := Differences(y, z)
	slices.Sort(e)
	n := len(e)
	k := min(max(int(math.Ceil(l.q*float64(n))), 1), n)
	if float64(k) == l.q*float64(n) && k < n {
		return e[k-1] + (e[k]-e[k-1])/2
	}
	return e[k-1]
}

func (l quantile) slope() float64 { return max(l.q, 1-l.q) }

func (quantile) dualSize(nu, y float64) float64 { return math.Abs(nu * y) }

// distance is phi and its slope: the distance of roundedKink.
func (l quantile) distance(z, y float64) (t, slope float64) {
	if z > y {
		return l.value(z, y), 1 - l.q
	}
	return l.value(z, y), -l.q
}

func (l quantile) rounded(share float64, typical func() float64) Smooth {
	return roundedKink{distance: l.distance, width: share * typical()}
}

func (quantile) term(l average, y []float64, intercept bool) DataTerm {
	return newBoxTerm(l, y, 0, intercept)
}
