package proofs

import (
	"math"
	"math/big"
)

// A bracket is a closed interval [lo, hi] of reals, possibly unbounded. Operations
// round outwards; results that are float64 stay points. The direction of a rounding
// error is read off its exact value (two-sum, fused multiply-add).
type bracket struct{ lo, hi float64 }

var (
	inf       = math.Inf(1)
	wholeLine = bracket{-inf, inf}
)

func exactly(v float64) bracket { return bracket{v, v} }

func bracketRat(r *big.Rat) bracket {
	f, exact := r.Float64()
	if exact {
		return exactly(f)
	}
	return bracket{math.Nextafter(f, -inf), math.Nextafter(f, inf)}
}

// sumBelow returns a float64 that is at most a + b, and a + b if that is a float64.
func sumBelow(a, b float64) float64 {
	s := a + b
	switch {
	case s != s:
		return -inf // opposite infinities
	case s > math.MaxFloat64:
		if a > math.MaxFloat64 || b > math.MaxFloat64 {
			return s
		}
		return math.MaxFloat64
	case s < -math.MaxFloat64:
		return s
	}
	bb := s - a
	if err := (a - (s - bb)) + (b - bb); err < 0 {
		return math.Nextafter(s, -inf)
	}
	return s
}

func sumAbove(a, b float64) float64 { return 0 - sumBelow(-a, -b) }

// productBelow returns a float64 at most a b; 0 times anything is 0.
func productBelow(a, b float64) float64 {
	if a == 0 || b == 0 {
		return 0
	}
	p := a * b
	size := math.Abs(p)
	switch {
	case size > math.MaxFloat64:
		if p > 0 && math.Abs(a) <= math.MaxFloat64 && math.Abs(b) <= math.MaxFloat64 {
			return math.MaxFloat64
		}
		return p
	case size < underflow || math.FMA(a, b, -p) < 0:
		return math.Nextafter(p, -inf)
	}
	return p
}

func productAbove(a, b float64) float64 { return 0 - productBelow(-a, b) }

// quotientBelow returns a float64 at most a / b, b > 0.
func quotientBelow(a, b float64) float64 {
	if a == 0 {
		return 0
	}
	if b > math.MaxFloat64 {
		if math.Abs(a) > math.MaxFloat64 {
			return -inf
		}
		return math.Nextafter(0, math.Copysign(1, a)) * max(0, -math.Copysign(1, a))
	}
	q := a / b
	size := math.Abs(q)
	switch {
	case size > math.MaxFloat64:
		if q > 0 && a <= math.MaxFloat64 {
			return math.MaxFloat64
		}
		return q
	case size < underflow || math.Abs(a) < underflow || math.FMA(-q, b, a) < 0:
		return math.Nextafter(q, -inf)
	}
	return q
}

func quotientAbove(a, b float64) float64 { return 0 - quotientBelow(-a, b) }

func (a bracket) has(v float64) bool { return a.lo <= v && v <= a.hi }

func (a bracket) size() float64 { return max(math.Abs(a.lo), math.Abs(a.hi)) }

// halfWidth is an upper bound.
func (a bracket) halfWidth() float64 { return sumAbove(a.hi, -a.lo) / 2 }

func (a bracket) join(b bracket) bracket { return bracket{min(a.lo, b.lo), max(a.hi, b.hi)} }

// meet is the intersection of two brackets of one number.
func (a bracket) meet(b bracket) bracket { return bracket{max(a.lo, b.lo), min(a.hi, b.hi)} }

func (a bracket) neg() bracket { return bracket{-a.hi, -a.lo} }

func (a bracket) plus(b bracket) bracket { return bracket{sumBelow(a.lo, b.lo), sumAbove(a.hi, b.hi)} }

func (a bracket) minus(b bracket) bracket { return a.plus(b.neg()) }

func (a bracket) times(b bracket) bracket {
	switch {
	case a.lo == a.hi && a.lo >= 0:
		return bracket{productBelow(a.lo, b.lo), productAbove(a.lo, b.hi)}
	case a.lo >= 0 && b.lo >= 0:
		return bracket{productBelow(a.lo, b.lo), productAbove(a.hi, b.hi)}
	}
	return bracket{
		min(productBelow(a.lo, b.lo), productBelow(a.lo, b.hi), productBelow(a.hi, b.lo), productBelow(a.hi, b.hi)),
		max(productAbove(a.lo, b.lo), productAbove(a.lo, b.hi), productAbove(a.hi, b.lo), productAbove(a.hi, b.hi)),
	}
}

// over divides by a bracket without 0.
func (a bracket) over(b bracket) bracket {
	if b.hi < 0 {
		return a.neg().over(b.neg())
	}
	under, above := b.hi, b.lo // the denominators that make a nonnegative numerator smallest and largest
	if a.lo < 0 {
		under = b.lo
	}
	if a.hi < 0 {
		above = b.hi
	}
	return bracket{quotientBelow(a.lo, under), quotientAbove(a.hi, above)}
}

func (a bracket) magnitude() bracket {
	switch {
	case a.lo >= 0:
		return a
	case a.hi <= 0:
		return a.neg()
	}
	return bracket{0, max(-a.lo, a.hi)}
}

func (a bracket) squared() bracket {
	m := a.magnitude()
	return bracket{productBelow(m.lo, m.lo), productAbove(m.hi, m.hi)}
}

// root is the square root for a.lo >= 0.
func (a bracket) root() bracket {
	lo, hi := math.Sqrt(a.lo), math.Sqrt(a.hi)
	if lo > 0 && (a.lo < underflow || math.FMA(-lo, lo, a.lo) < 0) {
		lo = math.Nextafter(lo, 0)
	}
	if hi > 0 && hi <= math.MaxFloat64 && (a.hi < underflow || math.FMA(-hi, hi, a.hi) > 0) {
		hi = math.Nextafter(hi, inf)
	}
	return bracket{lo, hi}
}

// raised is the n-th power, n >= 0, by repeated multiplication.
func (a bracket) raised(n int) bracket {
	if n%2 == 0 && n > 0 {
		a = a.magnitude()
	}
	// Odd powers are monotone, even ones on the nonnegative magnitude: the ends suffice.
	return bracket{pointRaised(a.lo, n).lo, pointRaised(a.hi, n).hi}
}

func pointRaised(v float64, n int) bracket {
	r, p := exactly(1), exactly(v)
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			r = r.times(p)
		}
		p = p.times(p)
	}
	return r
}
