package approx

import "math"

// Functions of package math are trusted to 8 units in the last place (they are documented and measured to
// be within about one); sine and cosine to 2^-50 absolutely (they reduce arguments beyond 2^29 by as many bits of pi
// as it takes). The test of this file
// compares them with series in math/big. The checker in package proofs does not share the assumption.
const (
	elementaryRelative = 0x1p-50
	elementaryAbsolute = 0x1p-50
)

func widenDown(v float64) float64 {
	if v == 0 || math.IsInf(v, 0) {
		return v
	}
	return addDown(v, -math.Max(math.Abs(v)*elementaryRelative, math.SmallestNonzeroFloat64))
}

func widenUp(v float64) float64 { return -widenDown(-v) }

func (a Interval) exp() Interval {
	lo, hi := math.Max(0, widenDown(math.Exp(a.Lo))), widenUp(math.Exp(a.Hi))
	if hi == 0 {
		hi = math.SmallestNonzeroFloat64
	}
	if a.Lo == 0 {
		lo = 1
	}
	if a.Hi == 0 {
		hi = 1
	}
	if math.IsInf(lo, 1) {
		lo = math.MaxFloat64
	}
	return Interval{lo, hi}
}

// log needs a.Hi > 0; at 0 the lower end is minus infinity.
func (a Interval) log() Interval {
	lo := math.Inf(-1)
	if a.Lo > 0 {
		lo = widenDown(math.Log(a.Lo))
	}
	return Interval{lo, widenUp(math.Log(a.Hi))}
}

// reciprocal needs a.Lo >= 0, a.Hi > 0.
func (a Interval) reciprocal() Interval {
	if a.Lo == 0 {
		return Interval{divDown(1, a.Hi), math.Inf(1)}
	}
	return Point(1).div(a)
}

// xLogX is t log t for a.Lo >= 0, 0 at 0: it falls to -1/e at 1/e and rises from there.
func (a Interval) xLogX() Interval {
	at := func(t float64) Interval {
		if t == 0 {
			return Point(0)
		}
		return Point(t).mul(Point(t).log())
	}
	r := at(a.Lo).hull(at(a.Hi))
	const least, around = 0.36787944117144233, 0x1p-52 // 1/e and more than a rounding
	if a.Lo <= least+around && a.Hi >= least-around {
		r.Lo = -(least + around)
	}
	return r
}

// cos: the ends, and +-1 where a multiple of pi lies between them.
func (a Interval) cos() Interval {
	if !a.finite() {
		return Interval{-1, 1}
	}
	r := cosAt(a.Lo)
	if a.Lo == a.Hi {
		return r
	}
	r = r.hull(cosAt(a.Hi))
	if meetsLattice(a, 0, 2*math.Pi) {
		r.Hi = 1
	}
	if meetsLattice(a, math.Pi, 2*math.Pi) {
		r.Lo = -1
	}
	return r
}

func cosAt(v float64) Interval {
	if v == 0 {
		return Point(1)
	}
	return unitAround(math.Cos(v))
}

func (a Interval) sin() Interval {
	if !a.finite() {
		return Interval{-1, 1}
	}
	r := sinAt(a.Lo)
	if a.Lo == a.Hi {
		return r
	}
	r = r.hull(sinAt(a.Hi))
	if meetsLattice(a, math.Pi/2, 2*math.Pi) {
		r.Hi = 1
	}
	if meetsLattice(a, -math.Pi/2, 2*math.Pi) {
		r.Lo = -1
	}
	return r
}

func sinAt(v float64) Interval {
	if v == 0 {
		return Point(0)
	}
	return unitAround(math.Sin(v))
}

// unitAround is where a sine or cosine lies that was computed as v.
func unitAround(v float64) Interval {
	return Interval{math.Max(-1, addDown(v, -elementaryAbsolute)), math.Min(1, addUp(v, elementaryAbsolute))}
}

// meetsLattice reports whether a may contain offset + k*period; it never misses one. The quotients err by some
// roundings of a; where that is as much as a period, they always meet.
func meetsLattice(a Interval, offset, period float64) bool {
	slack := 1e-9 + a.Mag()*0x1p-50
	return math.Floor((a.Hi-offset)/period+slack) >= math.Ceil((a.Lo-offset)/period-slack)
}

// powInt is a^n for an integer n; negative n needs 0 outside a.
func (a Interval) powInt(n int) Interval {
	if n < 0 {
		return Point(1).div(a.powInt(-n))
	}
	if n%2 == 0 {
		a = a.abs()
	}
	lo, hi := Point(1), Point(1)
	p, q := Point(a.Lo), Point(a.Hi)
	for ; n > 0; n /= 2 {
		if n%2 == 1 {
			lo, hi = lo.mul(p), hi.mul(q)
		}
		p, q = p.mul(p), q.mul(q)
	}
	return Interval{lo.Lo, hi.Hi}
}

// powReal is a^p for a.Lo >= 0 and real exponents p; 0^p is 0 for p > 0 and unbounded below 0.
func (a Interval) powReal(p Interval) Interval {
	if a.Hi == 0 {
		if p.Lo > 0 {
			return Point(0)
		}
		return Interval{0, math.Inf(1)}
	}
	r := a.log().mul(p).exp()
	if a.Lo == 0 && p.Lo > 0 {
		r.Lo = 0
	}
	return r
}
