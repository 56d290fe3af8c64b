package proofs

import (
	"math/big"
)

// A naiveRange is two rational numbers with a real number in between: for all
// losses but logistic, and where roots are rational, they are that number.
type naiveRange struct{ lo, hi *big.Rat }

func naivePoint(v *big.Rat) naiveRange { return naiveRange{v, v} }

func (a naiveRange) plus(b naiveRange) naiveRange {
	return naiveRange{ratAdd(a.lo, b.lo), ratAdd(a.hi, b.hi)}
}

// times multiplies by a number >= 0.
func (a naiveRange) times(f *big.Rat) naiveRange {
	return naiveRange{ratMul(a.lo, f), ratMul(a.hi, f)}
}

func ratDecimal(s string) *big.Rat {
	v, ok := new(big.Rat).SetString(s)
	if !ok {
		panic(s)
	}
	return v
}

// atMost decides value <= claimed.
func (c *naiveCertificate) atMost(value naiveRange, claimed *big.Rat) naiveAnswer {
	if value.lo.Cmp(claimed) > 0 {
		return naiveFails
	}
	if c.lossName == "logistic" { // the room is a relative 1e-15 (n + d + m)
		room := ratMul(ratDecimal("1e-15"), ratInt(c.n+c.d+len(c.neurons)))
		if ratAdd(value.hi, room.Mul(room, new(big.Rat).Abs(value.hi))).Cmp(claimed) > 0 {
			return naiveRoom
		}
	}
	if value.hi.Cmp(claimed) > 0 {
		panic("the enclosure is not sharp enough")
	}
	return naiveHolds
}

// naiveDigits is the number of binary places kept in what follows; 1e-40 is 2^-133.
const naiveDigits = 180

// rounded keeps naiveDigits places, outwards, so that numbers stay short.
func (a naiveRange) rounded() naiveRange {
	floor := func(v *big.Rat) *big.Int {
		shifted := new(big.Int).Lsh(v.Num(), naiveDigits)
		return shifted.Div(shifted, v.Denom())
	}
	unit := new(big.Int).Lsh(big.NewInt(1), naiveDigits)
	lo, hi := floor(a.lo), floor(a.hi)
	return naiveRange{new(big.Rat).SetFrac(lo, unit), new(big.Rat).SetFrac(hi.Add(hi, big.NewInt(1)), unit)}
}

// product is that of ranges of numbers >= 0.
func (a naiveRange) product(b naiveRange) naiveRange {
	return naiveRange{ratMul(a.lo, b.lo), ratMul(a.hi, b.hi)}.rounded()
}

// naiveExp encloses e^-t for 0 <= t <= 1024: e^-t = (e^-h)^(2^20) with h = t/2^20.
func naiveExp(t *big.Rat) naiveRange {
	h := naivePoint(ratMul(t, ratPower(-20))).rounded()
	e := naiveRange{naiveExpSmall(h.hi).lo, naiveExpSmall(h.lo).hi}
	for range 20 {
		e = e.product(e)
	}
	return e
}

// naiveExpSmall encloses e^-h for 0 <= h <= 1/512: the terms of the series
// alternate and fall, so the sum lies between any two successive partial sums.
func naiveExpSmall(h *big.Rat) naiveRange {
	term, sum, before := ratInt(1), ratInt(1), new(big.Rat)
	for k := 1; k <= 16; k++ {
		term = ratMul(ratMul(term, h), big.NewRat(-1, int64(k)))
		before, sum = sum, ratAdd(sum, term)
	}
	if sum.Cmp(before) > 0 {
		before, sum = sum, before
	}
	return naiveRange{sum, before}.rounded()
}

// naiveLogNear encloses log x for 1 <= x <= 2: with u = (x-1)/(x+1) <= 1/3 it is
// 2 (u + u^3/3 + u^5/5 + ...), and what follows a term is less than u^2 of it.
func naiveLogNear(x *big.Rat) naiveRange {
	quotient := ratSub(x, ratInt(1))
	u := naivePoint(quotient.Quo(quotient, ratAdd(x, ratInt(1)))).rounded()
	power, sum := u, naivePoint(new(big.Rat))
	for k := int64(1); k < 120; k += 2 {
		sum = sum.plus(power.times(big.NewRat(2, k))).rounded()
		power = power.product(u).product(u)
	}
	return naiveRange{sum.lo, ratAdd(sum.hi, power.hi)}
}

var naiveLogTwo = naiveLogNear(ratInt(2))

// naiveLog encloses log x for x > 0: x = m 2^e with 1 <= m < 2.
func naiveLog(x *big.Rat) naiveRange {
	e := x.Num().BitLen() - x.Denom().BitLen()
	m := ratMul(x, ratPower(-e))
	if m.Cmp(ratInt(1)) < 0 {
		m, e = ratMul(m, ratInt(2)), e-1
	}
	twos := naiveLogTwo.times(ratInt(e))
	if e < 0 {
		twos.lo, twos.hi = twos.hi, twos.lo
	}
	return naiveLogNear(m).plus(twos)
}

// ratPower is 2^e.
func ratPower(e int) *big.Rat {
	if e < 0 {
		return new(big.Rat).Inv(ratPower(-e))
	}
	return new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), uint(e)))
}

// naiveKnown holds what was computed before: mutants ask for the same logarithms
// again and again.
var naiveKnown = map[string]naiveRange{}

func naiveOnce(f func(*big.Rat) naiveRange, name string, of *big.Rat) naiveRange {
	key := name + of.RatString()
	if _, ok := naiveKnown[key]; !ok {
		naiveKnown[key] = f(of)
	}
	return naiveKnown[key]
}

// naiveSoftplus encloses log(1 + e^-m) = max(-m, 0) + log(1 + e^-|m|), where the
// last part is less than e^-|m|, and so than 2^-1024 for |m| > 1024.
func naiveSoftplus(m *big.Rat) naiveRange {
	size, linear := new(big.Rat).Abs(m), new(big.Rat)
	if m.Sign() < 0 {
		linear = size
	}
	rest := naiveRange{new(big.Rat), ratPower(-1024)}
	if size.Cmp(ratInt(1024)) <= 0 {
		e := naiveExp(size)
		rest = naiveRange{naiveLog(ratAdd(ratInt(1), e.lo)).lo, naiveLog(ratAdd(ratInt(1), e.hi)).hi}
	}
	return naivePoint(linear).plus(rest)
}

// naiveNegentropy encloses s log s + (1-s) log(1-s) for 0 <= s <= 1.
func naiveNegentropy(s *big.Rat) naiveRange {
	sum := naivePoint(new(big.Rat))
	for _, p := range []*big.Rat{s, ratSub(ratInt(1), s)} {
		if p.Sign() > 0 {
			sum = sum.plus(naiveLog(p).times(p))
		}
	}
	return sum
}
