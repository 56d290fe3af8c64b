package exact

import "math"

// A ball is the set of reals within rad of mid. Operations return balls that
// contain every result of the exact operation on members; a rad that is not a
// finite number (overflow, NaN) means nothing is known.
//
// Error model, unit roundoff u = 2^-53: each float64 operation has error at
// most u times its result, plus 2^-1075 where a product, quotient or root
// underflows. outward covers both, and its own roundings, with room to spare.
type Ball struct{ Mid, Rad float64 }

const (
	UnitRoundoff = 0x1p-53
	Underflow    = 0x1p-1000 // far above anything underflow can lose
)

// Outward returns an upper bound of the exact value of a sum and product of at
// most sixteen nonnegative float64 that evaluated to x.
func Outward(x float64) float64 { return x*(1+0x1p-46) + Underflow }

func Point(x float64) Ball { return Ball{Mid: x} }

func (a Ball) Add(b Ball) Ball {
	mid := a.Mid + b.Mid
	return Ball{mid, Outward(a.Rad + b.Rad + UnitRoundoff*math.Abs(mid))}
}

func (a Ball) neg() Ball { return Ball{-a.Mid, a.Rad} }

func (a Ball) Sub(b Ball) Ball { return a.Add(b.neg()) }

func (a Ball) Mul(b Ball) Ball {
	mid := a.Mid * b.Mid
	return Ball{mid, Outward(math.Abs(a.Mid)*b.Rad + a.Rad*math.Abs(b.Mid) + a.Rad*b.Rad + UnitRoundoff*math.Abs(mid))}
}

func (a Ball) Square() Ball { return a.Mul(a) }

// Div divides by an exact positive number.
func (a Ball) Div(by float64) Ball {
	mid := a.Mid / by
	return Ball{mid, Outward(a.Rad/by + UnitRoundoff*math.Abs(mid))}
}

// Sqrt is the root of the nonnegative members of a.
func (a Ball) Sqrt() Ball {
	lo, hi := math.Sqrt(max(a.Lower(), 0)), math.Sqrt(max(a.Upper(), 0))
	mid := (lo + hi) / 2
	return Ball{mid, Outward((hi - lo) + 8*UnitRoundoff*hi)}
}

// Relu is max(., 0) of every member.
func (a Ball) Relu() Ball {
	switch {
	case a.Mid >= a.Rad:
		return a
	case a.Mid <= -a.Rad:
		return Ball{}
	}
	hi := Outward(math.Abs(a.Mid) + a.Rad) // also for NaN, which stays NaN
	return Ball{hi / 2, Outward(hi / 2)}
}

// Lower and upper are bounds of the members.
func (a Ball) Lower() float64 { return Below(a.Mid - a.Rad) }
func (a Ball) Upper() float64 { return Above(a.Mid + a.Rad) }

// Above and below are neighbours on the far side: the rounding of one addition
// cannot pass them. NaN stays NaN.
func Above(x float64) float64 { return math.Nextafter(x, math.Inf(1)) }
func Below(x float64) float64 { return math.Nextafter(x, math.Inf(-1)) }

// order says whether all members of a are <= all members of b.
type order int

const (
	Undecided order = iota
	LessOrEqual
	Greater
)

func (a Ball) Compare(b Ball) order {
	switch {
	case a.Upper() <= b.Lower():
		return LessOrEqual
	case a.Lower() > b.Upper():
		return Greater
	}
	return Undecided // includes NaN
}

// SumError bounds the error of a sum of terms products of float64 computed in
// any order, given magnitude, the computed sum of the products' absolute
// values: gamma_m S with S <= magnitude (1 + gamma_m), m = terms.
func SumError(terms int, magnitude float64) float64 {
	m := float64(terms) + 4
	return Outward(1.01*m*UnitRoundoff*magnitude + m*Underflow)
}

// Magnitude encloses |x|: ||x| - |mid|| <= |x - mid|.
func (a Ball) Magnitude() Ball { return Ball{math.Abs(a.Mid), a.Rad} }

// TimesLabel is for y = 1 and y = -1, where nothing is rounded.
func (a Ball) TimesLabel(y float64) Ball { return Ball{y * a.Mid, a.Rad} }
