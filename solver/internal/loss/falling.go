package loss

import "math"

// Falling is a zero of a nonincreasing function on [lo, hi], to the last bit of
// the larger end; the end nearer to it where there is none.
func Falling(lo, hi float64, f func(float64) float64) float64 {
	if f(0) == 0 && lo <= 0 && hi >= 0 {
		return 0
	}
	above, below := f(lo), f(hi)
	switch {
	case !(above > 0):
		return lo
	case below > 0:
		return hi
	}
	lo, hi = itp(lo, hi, above, below, f)
	for {
		mid := lo + (hi-lo)/2
		if mid <= lo || mid >= hi {
			return mid
		}
		if f(mid) > 0 {
			lo = mid
		} else {
			hi = mid
		}
	}
}

// itp is the interval about a zero of f, f(lo) = above > 0 >= below = f(hi), narrowed to rounding
// of its larger end by the method of Oliveira and Takahashi (ACM TOMS 47, 2020): where f is smooth
// in a dozen steps, otherwise in one more than bisection takes.
func itp(lo, hi, above, below float64, f func(float64) float64) (float64, float64) {
	const slack = 1 // steps more than bisection
	whole := hi - lo
	fine := 0x1p-52 * math.Max(math.Abs(lo), math.Abs(hi))
	room := math.Ldexp(fine, max(0, int(math.Ceil(math.Log2(whole/(2*fine)))))+slack) // half of the largest interval that is allowed
	for ; hi-lo > 2*fine; room /= 2 {
		mid := lo + (hi-lo)/2
		at := lo + (hi-lo)*(above/(above-below)) // regula falsi
		towards := math.Copysign(1, mid-at)
		if pull := math.Max(0.2*(hi-lo)*((hi-lo)/whole), fine); pull <= math.Abs(mid-at) {
			at += towards * pull
		} else {
			at = mid
		}
		if r := room - (hi-lo)/2; math.Abs(at-mid) > r {
			at = mid - towards*r
		}
		if !(at > lo && at < hi) {
			at = mid
		}
		if value := f(at); value > 0 {
			lo, above = at, value
		} else {
			hi, below = at, value
		}
	}
	return lo, hi
}
