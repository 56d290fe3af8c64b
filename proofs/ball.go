package proofs

import "math"

// A ball is the set of reals within rad of mid. Operations return balls that
// contain every result of the exact operation on members; a rad that is not a
// finite number (overflow, NaN) means nothing is known.
//
// Error model, unit roundoff u = 2^-53: each float64 operation has error at
// most u times its result, plus 2^-1075 where a product, quotient or root
// underflows. outward covers both, and its own roundings, with room to spare.
type ball struct{ mid, rad float64 }

const (
	unitRoundoff = 0x1p-53
	underflow    = 0x1p-1000 // far above anything underflow can lose
)

// outward returns an upper bound of the exact value of a sum and product of at
// most sixteen nonnegative float64 that evaluated to x.
func outward(x float64) float64 { return x*(1+0x1p-46) + underflow }

func point(x float64) ball { return ball{mid: x} }

func (a ball) add(b ball) ball {
	mid := a.mid + b.mid
	return ball{mid, outward(a.rad + b.rad + unitRoundoff*math.Abs(mid))}
}

func (a ball) neg() ball { return ball{-a.mid, a.rad} }

func (a ball) sub(b ball) ball { return a.add(b.neg()) }

func (a ball) mul(b ball) ball {
	mid := a.mid * b.mid
	return ball{mid, outward(math.Abs(a.mid)*b.rad + a.rad*math.Abs(b.mid) + a.rad*b.rad + unitRoundoff*math.Abs(mid))}
}

func (a ball) square() ball { return a.mul(a) }

// div divides by an exact positive number.
func (a ball) div(by float64) ball {
	mid := a.mid / by
	return ball{mid, outward(a.rad/by + unitRoundoff*math.Abs(mid))}
}

// sqrt is the root of the nonnegative members of a.
func (a ball) sqrt() ball {
	lo, hi := math.Sqrt(max(a.lower(), 0)), math.Sqrt(max(a.upper(), 0))
	mid := (lo + hi) / 2
	return ball{mid, outward((hi - lo) + 8*unitRoundoff*hi)}
}

// relu is max(., 0) of every member.
func (a ball) relu() ball {
	switch {
	case a.mid >= a.rad:
		return a
	case a.mid <= -a.rad:
		return ball{}
	}
	hi := outward(math.Abs(a.mid) + a.rad) // also for NaN, which stays NaN
	return ball{hi / 2, outward(hi / 2)}
}

// lower and upper are bounds of the members.
func (a ball) lower() float64 { return below(a.mid - a.rad) }
func (a ball) upper() float64 { return above(a.mid + a.rad) }

// above and below are neighbours on the far side: the rounding of one addition
// cannot pass them. NaN stays NaN.
func above(x float64) float64 { return math.Nextafter(x, math.Inf(1)) }
func below(x float64) float64 { return math.Nextafter(x, math.Inf(-1)) }

// order says whether all members of a are <= all members of b.
type order int

const (
	undecided order = iota
	lessOrEqual
	greater
)

func (a ball) compare(b ball) order {
	switch {
	case a.upper() <= b.lower():
		return lessOrEqual
	case a.lower() > b.upper():
		return greater
	}
	return undecided // includes NaN
}

// sumError bounds the error of a sum of terms products of float64 computed in
// any order, given magnitude, the computed sum of the products' absolute
// values: gamma_m S with S <= magnitude (1 + gamma_m), m = terms.
func sumError(terms int, magnitude float64) float64 {
	m := float64(terms) + 4
	return outward(1.01*m*unitRoundoff*magnitude + m*underflow)
}

// magnitude encloses |x|: ||x| - |mid|| <= |x - mid|.
func (a ball) magnitude() ball { return ball{math.Abs(a.mid), a.rad} }

// timesLabel is for y = 1 and y = -1, where nothing is rounded.
func (a ball) timesLabel(y float64) ball { return ball{y * a.mid, a.rad} }
