package exact

import "math"

// Elementary functions with error bounds that are proved here, not taken from a
// library. Each point function evaluates a Taylor series in float64 after an
// argument reduction; u = 2^-53.

const (
	ln2High   = 6.93147180369123816490e-01 // 21 bits fewer than a float64: k ln2High is exact for |k| < 2^20
	ln2Low    = 1.90821492927058770002e-10 // |ln 2 - high - low| < 2^-86
	quarter   = 1.57079632673412561417e+00 // pi/2 to 33 bits: k quarter is exact for |k| < 2^20
	quarterLo = 6.07710050650619224932e-11 // |pi/2 - quarter - quarterLo| < 2^-86

	expError  = 0x1p-50 // relative
	logError  = 0x1p-50 // relative
	sineError = 0x1p-51 // absolute
)

var reciprocalFactorial = func() [20]float64 {
	var r [20]float64
	f := 1.0
	for k := range r {
		if k > 0 {
			f *= float64(k) // exact up to 18!; 19! < 2^57 has 16 trailing zero bits
		}
		r[k] = 1 / f
	}
	return r
}()

// pointExp: x = k ln 2 + r, |r| <= 0.35. x - k ln2High is exact, so r errs by u/4; the series
// (degree 13) by r^14/14! < 2^-57; Horner's last step by 1.3u + u, which is 3.1u relative to
// a value above 0.7; the factor 1 +- 2^-50 by u. Together below 5u < 8u = 2^-50.
func PointExp(x float64) Bracket {
	switch {
	case x == 0:
		return At(1)
	case x > 700:
		return Bracket{0x1p1000, Inf}
	case x < -690:
		return Bracket{0, 0x1p-990}
	}
	k := math.Round(x * math.Log2E)
	r := (x - k*ln2High) - k*ln2Low
	s := 0.0
	for n := 13; n >= 0; n-- {
		s = float64(s*r) + reciprocalFactorial[n]
	}
	return Bracket{math.Ldexp(s*(1-expError), int(k)), math.Ldexp(s*(1+expError), int(k))}
}

// pointLog, x > 0 normal: x = 2^e m, m in [0.7, 1.42], log m = 2 artanh s with
// s = (m-1)/(m+1), |s| < 0.172; m-1 is exact, so s errs by 2u relative, the series (to s^25)
// by 2^-60, 2 s p by 4.2u |log m| <= 1.5u, the sums by u/4 + u |v|. Where e != 0, |v| > 0.346, so
// all is below 6.2u |v|; where e = 0, below 5.2u |v|; the ends of the result by u/2 more. 2^-50 = 8u.
func PointLog(x float64) Bracket {
	if x < 0x1p-1000 {
		return Bracket{-746, -692} // log of the least float64 is -744.4..., of 2^-1000 it is -693.1...
	}
	if x > math.MaxFloat64 {
		return Bracket{709, Inf}
	}
	m, e := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m, e = 2*m, e-1
	}
	v := float64(e)*ln2High + (float64(e)*ln2Low + twiceArtanh((m-1)/(m+1)))
	w := math.Abs(v) * logError
	return Bracket{v - w, v + w}
}

// twiceArtanh is the series of 2 artanh s to s^25.
func twiceArtanh(s float64) float64 {
	z := s * s
	p := 0.0
	for n := 25; n >= 1; n -= 2 {
		p = float64(p*z) + 1/float64(n)
	}
	return 2 * s * p
}

// near1 bounds the t for which pointLog1p is meant: |t/(2+t)| < 0.172.
const near1 = 0.29

// pointLog1p is log(1 + t) for |t| <= near1, exact in t: the case e = 0 of
// pointLog, with t in the place of m-1 and 2+t, rounded once, in that of m+1.
func pointLog1p(t float64) Bracket {
	if math.Abs(t) < 0x1p-900 { // t - t^2 < log(1+t) <= t
		return Bracket{math.Nextafter(t, -Inf), t}
	}
	v := twiceArtanh(t / (2 + t))
	w := math.Abs(v) * logError
	return Bracket{v - w, v + w}
}

// PointSine returns sin(x + shift pi/2): x = k pi/2 + r, |r| < 0.79. For |x| <= 2^19 x - k quarter
// is exact, so r errs by u/2 + 2^-66, as it does beyond (reduceFar); the series (degrees 17 and 16) by
// 2^-57; Horner's last steps by 1.3u (sine) and 1.6u (cosine). Together below 2.2u < 4u = 2^-51.
func PointSine(x float64, shift int) Bracket {
	if x == 0 && shift%2 == 0 {
		return At(0)
	}
	if x == 0 && shift == 1 {
		return At(1)
	}
	var r float64
	var quadrant int
	if math.Abs(x) <= nearSine {
		k := math.Round(x * (2 / math.Pi))
		r, quadrant = (x-k*quarter)-k*quarterLo, int(k)
	} else {
		r, quadrant = reduceFar(x)
	}
	z := r * r
	odd, even := 0.0, 0.0
	for n := 17; n >= 1; n -= 2 {
		odd = reciprocalFactorial[n] - float64(odd*z)
		even = reciprocalFactorial[n-1] - float64(even*z)
	}
	v := even
	turn := (quadrant + shift) & 3
	if turn&1 == 0 {
		v = r * odd
	}
	if turn&2 != 0 {
		v = -v
	}
	return Bracket{max(-1, v-sineError), min(1, v+sineError)}
}

func (a Bracket) Exp() Bracket { return Bracket{PointExp(a.Lo).Lo, PointExp(a.Hi).Hi} }

// Log for a.hi > 0.
func (a Bracket) Log() Bracket {
	r := Bracket{-Inf, PointLog(a.Hi).Hi}
	if a.Lo > 0 {
		r.Lo = PointLog(a.Lo).Lo
	}
	return r
}

// Log1p encloses log(1 + a) for |a| <= near1, and for any other a.lo > -1.
func (a Bracket) Log1p() Bracket {
	if a.Size() > near1 {
		return At(1).Plus(a).Log()
	}
	return Bracket{pointLog1p(a.Lo).Lo, pointLog1p(a.Hi).Hi}
}

// Sine encloses sin(a + shift pi/2), shift 0 or 1. An extremum +1 lies where
// 2x/pi + shift = 1 mod 4, -1 where it is 3 mod 4.
func (a Bracket) Sine(shift int) Bracket {
	if !(a.Size() <= math.MaxFloat64) || a.Hi-a.Lo > 7 {
		return Bracket{-1, 1}
	}
	r := PointSine(a.Lo, shift)
	if a.Lo == a.Hi {
		return r
	}
	r = r.Join(PointSine(a.Hi, shift))
	slack := 1e-8 + a.Size()*0x1p-50 // above the error of the quotients below
	if slack > 1 {
		return Bracket{-1, 1}
	}
	from := a.Lo*(2/math.Pi) + float64(shift) - slack
	to := a.Hi*(2/math.Pi) + float64(shift) + slack
	for k := math.Ceil(from); k <= to; k++ {
		switch int(k) & 3 {
		case 1:
			r.Hi = 1
		case 3:
			r.Lo = -1
		}
	}
	return r
}

// RealPower is a^p for a.lo >= 0, with 0^p = 0 for p > 0 and +infinity allowed for p <= 0.
func (a Bracket) RealPower(p Bracket) Bracket {
	if a.Hi == 0 {
		if p.Lo > 0 {
			return At(0)
		}
		return Bracket{0, Inf}
	}
	r := a.Log().Times(p).Exp()
	if a.Lo == 0 && p.Lo > 0 {
		r.Lo = 0
	}
	return r
}
