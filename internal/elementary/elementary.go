// Package elementary has the elementary functions on which the bits of a
// trained network depend,
//
//	Exp(x) = e^x,   Log(x) = ln x,   Log1p(x) = ln(1 + x),   Pow(x, y) = x^y
//
// the same on every computer. Those of package math are not: with and without a
// fused multiply-add in the processor, and from one architecture to another,
// their last bits differ. Here every operation is rounded by itself.
//
// The error of Exp and Log is below one unit in the last place, that of Log1p
// below three; Pow loses a bit for each doubling of |y ln x|.
package elementary

import "math"

// ln 2 in two parts; k ln2High is exact for |k| < 2^11.
const (
	ln2High = 0x1.62e42fee00000p-1
	ln2Low  = 0x1.a39ef35793c76p-33
)

// reciprocals of the factorials 2!, 3!, .., 13!: the rest of the series is
// below 2^-57 of the sum for |r| <= ln(2)/2.
var factorials = [...]float64{
	1. / 2, 1. / 6, 1. / 24, 1. / 120, 1. / 720, 1. / 5040, 1. / 40320, 1. / 362880, 1. / 3628800,
	1. / 39916800, 1. / 479001600, 1. / 6227020800,
}

// Exp returns e^x: +Inf beyond the largest number, 0 below the smallest, NaN
// for NaN.
func Exp(x float64) float64 {
	const overflow, underflow = 709.782712893384, -745.1332191019412
	switch {
	case math.IsNaN(x):
		return x
	case x > overflow:
		return math.Inf(1)
	case x < underflow:
		return 0
	}
	k := math.RoundToEven(float64(x * math.Log2E)) // x = k ln 2 + r, |r| <= ln(2)/2
	high, low := x-float64(k*ln2High), float64(k*ln2Low)
	r := high - low
	left := (high - r) - low // what rounding cut off r
	p := series(factorials[:], r)
	return scaled(1+(r+(float64(float64(r*r)*p)+left)), int(k))
}

// scaled is x 2^k, for x between 1/2 and 2. A product with a power of two is exact where
// both are normal numbers, and a tenth of the time of math.Ldexp.
func scaled(x float64, k int) float64 {
	const bias, bits = 1023, 52
	if k < 2-bias || k >= bias {
		return math.Ldexp(x, k)
	}
	return x * math.Float64frombits(uint64(k+bias)<<bits)
}

// series returns c_0 + c_1 z + c_2 z^2 + ...
func series(c []float64, z float64) float64 {
	p := c[len(c)-1]
	for i := len(c) - 2; i >= 0; i-- {
		p = c[i] + float64(p*z)
	}
	return p
}

// the series of ln(1+f) = 2 atanh(s), s = f/(2+f), without its first term and
// over s z, z = s^2: below 2^-57 are left out for |f| <= sqrt(2) - 1.
var odd = [...]float64{2. / 3, 2. / 5, 2. / 7, 2. / 9, 2. / 11, 2. / 13, 2. / 15, 2. / 17, 2. / 19, 2. / 21, 2. / 23}

// Log returns ln x: -Inf for 0, NaN below and for NaN.
func Log(x float64) float64 {
	switch {
	case math.IsNaN(x) || math.IsInf(x, 1):
		return x
	case x < 0:
		return math.NaN()
	case x == 0:
		return math.Inf(-1)
	}
	m, e := math.Frexp(x) // x = m 2^e, m in [1/2, 1)
	if m < math.Sqrt2/2 {
		m, e = 2*m, e-1
	}
	f, k := m-1, float64(e)
	s := f / (2 + f)
	z := float64(s * s)
	r := float64(z * series(odd[:], z))
	half := float64(0.5 * float64(f*f))
	// ln(1+f) = f - half + s (half + r)
	return float64(k*ln2High) - ((half - (float64(s*(half+r)) + float64(k*ln2Low))) - f)
}

// Log1p returns ln(1 + x): -Inf for -1, NaN below and for NaN.
func Log1p(x float64) float64 {
	u := 1 + x
	switch {
	case u == 1 || math.IsNaN(x) || math.IsInf(x, 1):
		return x
	case u <= 0:
		return Log(u)
	}
	// The quotient makes up for what rounding did to u (Kahan).
	return float64(Log(u) * (x / (u - 1)))
}

// Pow returns x^y for x > 0, exactly x for y = 1 and 1 for y = 0.
func Pow(x, y float64) float64 {
	if y == 1 {
		return x
	}
	return Exp(float64(y * Log(x)))
}
