package approx

import (
	"fmt"
	"math"
	"math/big"
)

// Interval is the closed set of reals between Lo and Hi; either end may be infinite.
// Every operation returns an interval that contains the exact result for every choice of operands.
// A sum, product, quotient or root of exactly representable value stays a point, so that dyadic
// nodes cause no widening.
type Interval struct{ Lo, Hi float64 }

var entire = Interval{math.Inf(-1), math.Inf(1)}

// Point returns [v, v].
func Point(v float64) Interval { return Interval{v, v} }

// RatInterval returns the narrowest float64 interval around r.
func RatInterval(r *big.Rat) Interval {
	f, exact := r.Float64()
	if exact {
		return Point(f)
	}
	if new(big.Rat).SetFloat64(f).Cmp(r) > 0 {
		return Interval{below(f), f}
	}
	return Interval{f, above(f)}
}

func (a Interval) String() string { return fmt.Sprintf("[%.6g, %.6g]", a.Lo, a.Hi) }

// Contains reports whether v lies in a.
func (a Interval) Contains(v float64) bool { return a.Lo <= v && v <= a.Hi }

// Mid returns a finite point of a near its middle (a must have a finite end, or be the whole line).
func (a Interval) Mid() float64 {
	m := a.Lo + (a.Hi-a.Lo)/2
	return math.Max(a.Lo, math.Min(a.Hi, m))
}

// Mag returns the largest absolute value in a.
func (a Interval) Mag() float64 { return math.Max(math.Abs(a.Lo), math.Abs(a.Hi)) }

// Radius returns an upper bound of half the width.
func (a Interval) Radius() float64 { return addUp(a.Hi, -a.Lo) / 2 }

func (a Interval) hull(b Interval) Interval {
	return Interval{math.Min(a.Lo, b.Lo), math.Max(a.Hi, b.Hi)}
}

func (a Interval) finite() bool { return !math.IsInf(a.Lo, 0) && !math.IsInf(a.Hi, 0) }

func (a Interval) neg() Interval { return Interval{-a.Hi, -a.Lo} }

func (a Interval) add(b Interval) Interval { return Interval{addDown(a.Lo, b.Lo), addUp(a.Hi, b.Hi)} }

func (a Interval) sub(b Interval) Interval { return a.add(b.neg()) }

func (a Interval) mul(b Interval) Interval {
	if a.Lo >= 0 && b.Lo >= 0 {
		return Interval{mulDown(a.Lo, b.Lo), mulUp(a.Hi, b.Hi)}
	}
	return Interval{
		min(mulDown(a.Lo, b.Lo), mulDown(a.Lo, b.Hi), mulDown(a.Hi, b.Lo), mulDown(a.Hi, b.Hi)),
		max(mulUp(a.Lo, b.Lo), mulUp(a.Lo, b.Hi), mulUp(a.Hi, b.Lo), mulUp(a.Hi, b.Hi)),
	}
}

// div needs 0 outside b.
func (a Interval) div(b Interval) Interval {
	if b.Hi < 0 {
		a, b = a.neg(), b.neg()
	}
	lo, hi := b.Hi, b.Lo
	if a.Lo < 0 {
		lo = b.Lo
	}
	if a.Hi < 0 {
		hi = b.Hi
	}
	return Interval{divDown(a.Lo, lo), divUp(a.Hi, hi)}
}

func (a Interval) abs() Interval {
	if a.Lo >= 0 {
		return a
	}
	if a.Hi <= 0 {
		return a.neg()
	}
	return Interval{0, a.Mag()}
}

func (a Interval) sqr() Interval {
	b := a.abs()
	return Interval{mulDown(b.Lo, b.Lo), mulUp(b.Hi, b.Hi)}
}

// sqrt needs a.Lo >= 0.
func (a Interval) sqrt() Interval { return Interval{sqrtDown(a.Lo), sqrtUp(a.Hi)} }

func (a Interval) floor() Interval { return Interval{math.Floor(a.Lo), math.Floor(a.Hi)} }

func (a Interval) min(b Interval) Interval {
	return Interval{math.Min(a.Lo, b.Lo), math.Min(a.Hi, b.Hi)}
}

func (a Interval) max(b Interval) Interval {
	return Interval{math.Max(a.Lo, b.Lo), math.Max(a.Hi, b.Hi)}
}

func below(v float64) float64 { return math.Nextafter(v, math.Inf(-1)) }
func above(v float64) float64 { return math.Nextafter(v, math.Inf(1)) }

// The directed operations correct the rounded result by the sign of its exact error, which TwoSum
// and fused multiply-add give. Where underflow could spoil that sign they step outwards anyway.

const tiny = 0x1p-960

func addDown(a, b float64) float64 {
	s := a + b
	if math.IsInf(s, 0) || s != s {
		if s > 0 && !math.IsInf(a, 0) && !math.IsInf(b, 0) {
			return math.MaxFloat64
		}
		if s != s {
			return math.Inf(-1)
		}
		return s
	}
	t := s - a
	if (a-(s-t))+(b-t) < 0 {
		return below(s)
	}
	return s
}

// 0 - v instead of -v, so that zeros stay positive.
func addUp(a, b float64) float64 { return 0 - addDown(-a, -b) }

func mulDown(a, b float64) float64 {
	if a == 0 || b == 0 {
		return 0
	}
	p := a * b
	switch {
	case math.IsInf(p, 0):
		if p > 0 && !math.IsInf(a, 0) && !math.IsInf(b, 0) {
			return math.MaxFloat64
		}
		return p
	case math.Abs(p) < tiny || math.FMA(a, b, -p) < 0:
		return below(p)
	}
	return p
}

func mulUp(a, b float64) float64 { return 0 - mulDown(-a, b) }

// divDown needs b > 0.
func divDown(a, b float64) float64 {
	if a == 0 {
		return 0
	}
	if math.IsInf(b, 0) {
		if math.IsInf(a, 0) {
			return math.Inf(-1)
		}
		return math.Min(0, math.Copysign(math.SmallestNonzeroFloat64, a))
	}
	q := a / b
	switch {
	case math.IsInf(q, 0):
		if q > 0 && !math.IsInf(a, 0) {
			return math.MaxFloat64
		}
		return q
	case math.Abs(q) < tiny || math.Abs(a) < tiny || math.FMA(-q, b, a) < 0:
		return below(q)
	}
	return q
}

func divUp(a, b float64) float64 { return 0 - divDown(-a, b) }

func sqrtDown(a float64) float64 {
	s := math.Sqrt(a)
	if s == 0 || math.IsInf(s, 0) {
		return s
	}
	if a < tiny || math.FMA(-s, s, a) < 0 {
		return below(s)
	}
	return s
}

func sqrtUp(a float64) float64 {
	s := math.Sqrt(a)
	if s == 0 || math.IsInf(s, 0) {
		return s
	}
	if a < tiny || math.FMA(-s, s, a) > 0 {
		return above(s)
	}
	return s
}
