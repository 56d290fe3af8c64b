package operator

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// Approximate is a linear system A x = b whose solution loses digits to rounding.
type Approximate interface {
	Once(b []float64)           // overwrites b with about A^{-1} b
	Residual(r, b, x []float64) // sets r = b - A x
}

// Refine overwrites b with the solution of s, corrected by that of its residual as long as
// that halves the residual, most times at most. x and r are scratch of the length of b.
// Returned is what is left of b, relatively.
func Refine(s Approximate, b, x, r []float64, most int) (left float64) {
	size := max(floats.Norm(b, 2), math.SmallestNonzeroFloat64)
	copy(x, b)
	s.Once(x)
	left = math.Inf(1)
	for range most {
		s.Residual(r, b, x)
		now := floats.Norm(r, 2)
		if !(now < left/2) {
			break
		}
		left = now
		s.Once(r)
		floats.Add(x, r)
	}
	copy(b, x)
	return left / size
}
