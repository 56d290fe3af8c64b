package program

import "math"

// RelGap is (primal - dual) / max(|primal|, |dual|, tiny), the quantity Tol
// refers to; 0 where both values are 0, +Inf where primal is.
func RelGap(primal, dual float64) float64 {
	const tiny = 1e-300
	if math.IsInf(primal, 1) {
		return primal
	}
	return (primal - dual) / math.Max(math.Max(math.Abs(primal), math.Abs(dual)), tiny)
}
