package naive

import (
	"math/big"
)

// A naiveRange is two rational numbers with a real number in between: for all
// losses but logistic, and where roots are rational, they are that number.
type Range struct{ Lo, Hi *big.Rat }

func naivePoint(v *big.Rat) Range { return Range{v, v} }

func (a Range) Plus(b Range) Range {
	return Range{ratAdd(a.Lo, b.Lo), ratAdd(a.Hi, b.Hi)}
}

// times multiplies by a number >= 0.
func (a Range) times(f *big.Rat) Range {
	return Range{RatMul(a.Lo, f), RatMul(a.Hi, f)}
}

func ratDecimal(s string) *big.Rat {
	v, ok := new(big.Rat).SetString(s)
	if !ok {
		panic(s)
	}
	return v
}

// AtMost decides value <= claimed.
func (c *Certificate) AtMost(value Range, claimed *big.Rat) Answer {
	size := new(big.Rat)
	if c.LossName == "logistic" {
		size.Abs(value.Hi)
	}
	return c.atMost(value, claimed, size)
}

// atMost is AtMost with a room of 1e-15 (n + d + m) times the given size.
func (c *Certificate) atMost(value Range, claimed, size *big.Rat) Answer {
	if value.Lo.Cmp(claimed) > 0 {
		return Fails
	}
	room := RatMul(ratDecimal("1e-15"), RatInt(c.n+c.d+len(c.Neurons)))
	if size.Sign() > 0 && ratAdd(value.Hi, room.Mul(room, size)).Cmp(claimed) > 0 {
		return Room
	}
	if value.Hi.Cmp(claimed) > 0 {
		panic("the enclosure is not sharp enough")
	}
	return Holds
}

// naiveDigits is the number of binary places kept in what follows; 1e-40 is 2^-133.
const naiveDigits = 180

// rounded keeps naiveDigits places, outwards, so that numbers stay short.
func (a Range) rounded() Range {
	floor := func(v *big.Rat) *big.Int {
		shifted := new(big.Int).Lsh(v.Num(), naiveDigits)
		return shifted.Div(shifted, v.Denom())
	}
	unit := new(big.Int).Lsh(big.NewInt(1), naiveDigits)
	lo, hi := floor(a.Lo), floor(a.Hi)
	return Range{new(big.Rat).SetFrac(lo, unit), new(big.Rat).SetFrac(hi.Add(hi, big.NewInt(1)), unit)}
}

// product is that of ranges of numbers >= 0.
func (a Range) product(b Range) Range {
	return Range{RatMul(a.Lo, b.Lo), RatMul(a.Hi, b.Hi)}.rounded()
}

// naiveExp encloses e^-t for 0 <= t <= 1024: e^-t = (e^-h)^(2^20) with h = t/2^20.
func naiveExp(t *big.Rat) Range {
	h := naivePoint(RatMul(t, ratPower(-20))).rounded()
	e := Range{naiveExpSmall(h.Hi).Lo, naiveExpSmall(h.Lo).Hi}
	for range 20 {
		e = e.product(e)
	}
	return e
}

// naiveExpSmall encloses e^-h for 0 <= h <= 1/512: the terms of the series
// alternate and fall, so the sum lies between any two successive partial sums.
func naiveExpSmall(h *big.Rat) Range {
	term, sum, before := RatInt(1), RatInt(1), new(big.Rat)
	for k := 1; k <= 16; k++ {
		term = RatMul(RatMul(term, h), big.NewRat(-1, int64(k)))
		before, sum = sum, ratAdd(sum, term)
	}
	if sum.Cmp(before) > 0 {
		before, sum = sum, before
	}
	return Range{sum, before}.rounded()
}

// naiveLogNear encloses log x for 1 <= x <= 2: with u = (x-1)/(x+1) <= 1/3 it is
// 2 (u + u^3/3 + u^5/5 + ...), and what follows a term is less than u^2 of it.
func naiveLogNear(x *big.Rat) Range {
	quotient := RatSub(x, RatInt(1))
	u := naivePoint(quotient.Quo(quotient, ratAdd(x, RatInt(1)))).rounded()
	power, sum := u, naivePoint(new(big.Rat))
	for k := int64(1); k < 120; k += 2 {
		sum = sum.Plus(power.times(big.NewRat(2, k))).rounded()
		power = power.product(u).product(u)
	}
	return Range{sum.Lo, ratAdd(sum.Hi, power.Hi)}
}

var naiveLogTwo = naiveLogNear(RatInt(2))

// naiveLog encloses log x for x > 0: x = m 2^e with 1 <= m < 2.
func naiveLog(x *big.Rat) Range {
	e := x.Num().BitLen() - x.Denom().BitLen()
	m := RatMul(x, ratPower(-e))
	if m.Cmp(RatInt(1)) < 0 {
		m, e = RatMul(m, RatInt(2)), e-1
	}
	twos := naiveLogTwo.times(RatInt(e))
	if e < 0 {
		twos.Lo, twos.Hi = twos.Hi, twos.Lo
	}
	return naiveLogNear(m).Plus(twos)
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
var naiveKnown = map[string]Range{}

func naiveOnce(f func(*big.Rat) Range, name string, of *big.Rat) Range {
	key := name + of.RatString()
	if _, ok := naiveKnown[key]; !ok {
		naiveKnown[key] = f(of)
	}
	return naiveKnown[key]
}

// naiveSoftplus encloses log(1 + e^-m) = max(-m, 0) + log(1 + e^-|m|), where the
// last part is less than e^-|m|, and so than 2^-1024 for |m| > 1024.
func naiveSoftplus(m *big.Rat) Range {
	size, linear := new(big.Rat).Abs(m), new(big.Rat)
	if m.Sign() < 0 {
		linear = size
	}
	rest := Range{new(big.Rat), ratPower(-1024)}
	if size.Cmp(RatInt(1024)) <= 0 {
		e := naiveExp(size)
		rest = Range{naiveLog(ratAdd(RatInt(1), e.Lo)).Lo, naiveLog(ratAdd(RatInt(1), e.Hi)).Hi}
	}
	return naivePoint(linear).Plus(rest)
}

// naiveNegentropy encloses s log s + (1-s) log(1-s) for 0 <= s <= 1.
func naiveNegentropy(s *big.Rat) Range {
	sum := naivePoint(new(big.Rat))
	for _, p := range []*big.Rat{s, RatSub(RatInt(1), s)} {
		if p.Sign() > 0 {
			sum = sum.Plus(naiveLog(p).times(p))
		}
	}
	return sum
}
