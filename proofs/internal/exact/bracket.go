package exact

import (
	"math"
	"math/big"
)

// A bracket is a closed interval [lo, hi] of reals, possibly unbounded. Operations
// round outwards; results that are float64 stay points. The direction of a rounding
// error is read off its exact value (two-sum, fused multiply-add).
type Bracket struct{ Lo, Hi float64 }

var (
	Inf       = math.Inf(1)
	WholeLine = Bracket{-Inf, Inf}
)

func At(v float64) Bracket { return Bracket{v, v} }

func BracketRat(r *big.Rat) Bracket {
	f, exact := r.Float64()
	if exact {
		return At(f)
	}
	return Bracket{math.Nextafter(f, -Inf), math.Nextafter(f, Inf)}
}

// SumBelow returns a float64 that is at most a + b, and a + b if that is a float64.
func SumBelow(a, b float64) float64 {
	s := a + b
	switch {
	case s != s:
		return -Inf // opposite infinities
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
		return math.Nextafter(s, -Inf)
	}
	return s
}

func SumAbove(a, b float64) float64 { return 0 - SumBelow(-a, -b) }

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
	case size < Underflow || math.FMA(a, b, -p) < 0:
		return math.Nextafter(p, -Inf)
	}
	return p
}

func ProductAbove(a, b float64) float64 { return 0 - productBelow(-a, b) }

// QuotientBelow returns a float64 at most a / b, b > 0.
func QuotientBelow(a, b float64) float64 {
	if a == 0 {
		return 0
	}
	if b > math.MaxFloat64 {
		if math.Abs(a) > math.MaxFloat64 {
			return -Inf
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
	case size < Underflow || math.Abs(a) < Underflow || math.FMA(-q, b, a) < 0:
		return math.Nextafter(q, -Inf)
	}
	return q
}

func QuotientAbove(a, b float64) float64 { return 0 - QuotientBelow(-a, b) }

func (a Bracket) Has(v float64) bool { return a.Lo <= v && v <= a.Hi }

func (a Bracket) Size() float64 { return max(math.Abs(a.Lo), math.Abs(a.Hi)) }

// HalfWidth is an upper bound.
func (a Bracket) HalfWidth() float64 { return SumAbove(a.Hi, -a.Lo) / 2 }

func (a Bracket) Join(b Bracket) Bracket { return Bracket{min(a.Lo, b.Lo), max(a.Hi, b.Hi)} }

// Meet is the intersection of two brackets of one number.
func (a Bracket) Meet(b Bracket) Bracket { return Bracket{max(a.Lo, b.Lo), min(a.Hi, b.Hi)} }

func (a Bracket) Neg() Bracket { return Bracket{-a.Hi, -a.Lo} }

func (a Bracket) Plus(b Bracket) Bracket { return Bracket{SumBelow(a.Lo, b.Lo), SumAbove(a.Hi, b.Hi)} }

func (a Bracket) Minus(b Bracket) Bracket { return a.Plus(b.Neg()) }

func (a Bracket) Times(b Bracket) Bracket {
	switch {
	case a.Lo == a.Hi && a.Lo >= 0:
		return Bracket{productBelow(a.Lo, b.Lo), ProductAbove(a.Lo, b.Hi)}
	case a.Lo >= 0 && b.Lo >= 0:
		return Bracket{productBelow(a.Lo, b.Lo), ProductAbove(a.Hi, b.Hi)}
	}
	return Bracket{
		min(productBelow(a.Lo, b.Lo), productBelow(a.Lo, b.Hi), productBelow(a.Hi, b.Lo), productBelow(a.Hi, b.Hi)),
		max(ProductAbove(a.Lo, b.Lo), ProductAbove(a.Lo, b.Hi), ProductAbove(a.Hi, b.Lo), ProductAbove(a.Hi, b.Hi)),
	}
}

// Over divides by a bracket without 0.
func (a Bracket) Over(b Bracket) Bracket {
	if b.Hi < 0 {
		return a.Neg().Over(b.Neg())
	}
	under, above := b.Hi, b.Lo // the denominators that make a nonnegative numerator smallest and largest
	if a.Lo < 0 {
		under = b.Lo
	}
	if a.Hi < 0 {
		above = b.Hi
	}
	return Bracket{QuotientBelow(a.Lo, under), QuotientAbove(a.Hi, above)}
}

func (a Bracket) Magnitude() Bracket {
	switch {
	case a.Lo >= 0:
		return a
	case a.Hi <= 0:
		return a.Neg()
	}
	return Bracket{0, max(-a.Lo, a.Hi)}
}

func (a Bracket) Squared() Bracket {
	m := a.Magnitude()
	return Bracket{productBelow(m.Lo, m.Lo), ProductAbove(m.Hi, m.Hi)}
}

// Root is the square root for a.lo >= 0.
func (a Bracket) Root() Bracket {
	lo, hi := math.Sqrt(a.Lo), math.Sqrt(a.Hi)
	if lo > 0 && (a.Lo < Underflow || math.FMA(-lo, lo, a.Lo) < 0) {
		lo = math.Nextafter(lo, 0)
	}
	if hi > 0 && hi <= math.MaxFloat64 && (a.Hi < Underflow || math.FMA(-hi, hi, a.Hi) > 0) {
		hi = math.Nextafter(hi, Inf)
	}
	return Bracket{lo, hi}
}

// Raised is the n-th power, n >= 0, by repeated multiplication.
func (a Bracket) Raised(n int) Bracket {
	if n%2 == 0 && n > 0 {
		a = a.Magnitude()
	}
	// Odd powers are monotone, even ones on the nonnegative magnitude: the ends suffice.
	return Bracket{pointRaised(a.Lo, n).Lo, pointRaised(a.Hi, n).Hi}
}

func pointRaised(v float64, n int) Bracket {
	r, p := At(1), At(v)
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			r = r.Times(p)
		}
		p = p.Times(p)
	}
	return r
}
