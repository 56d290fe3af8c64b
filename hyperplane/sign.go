package hyperplane

import (
	"math"
	"math/big"
)

// unitRoundoff is the largest relative error of one rounded operation.
const unitRoundoff = 0x1p-53

// dotSign returns the sign of the real number a·b, decided exactly: by floating point where its error bound
// allows, by integer arithmetic otherwise (every float64 is an integer times a power of two).
// The lengths agree and all entries are finite.
func dotSign(a, b []float64) int {
	var s, m float64
	for i, v := range a {
		p := v * b[i]
		s += p
		m += math.Abs(p)
	}
	return filtered(s, m, len(a), func() int { return exactDotSign(a, b) })
}

// filtered returns the sign of s, a sum of k rounded products with sum of magnitudes m, when the rounding errors
// cannot have changed it; otherwise it asks exact. |s - exact| <= (k+1) u m (1 + small) + k underflows.
func filtered(s, m float64, k int, exact func() int) int {
	if bound := float64(k+2)*unitRoundoff*m + float64(k)*0x1p-1074; math.Abs(s) > bound && m < math.MaxFloat64 {
		if s > 0 {
			return 1
		}
		return -1
	}
	return exact()
}

// exactDotSign is dotSign in integer arithmetic.
func exactDotSign(a, b []float64) int {
	var sum, term exactFloat
	for i, v := range a {
		if v == 0 || b[i] == 0 {
			continue
		}
		term.setProduct(v, b[i])
		sum.add(&term)
	}
	return sum.man.Sign()
}

// exactFloat is the dyadic number man * 2^exp. The zero value is 0.
type exactFloat struct {
	man big.Int
	exp int
	tmp big.Int
}

// integerParts returns m and e with v = m 2^e and |m| < 2^53.
func integerParts(v float64) (m int64, e int) {
	f, e := math.Frexp(v)
	return int64(f * (1 << 53)), e - 53
}

func (z *exactFloat) setProduct(a, b float64) {
	ma, ea := integerParts(a)
	mb, eb := integerParts(b)
	z.man.SetInt64(ma)
	z.tmp.SetInt64(mb)
	z.man.Mul(&z.man, &z.tmp)
	z.exp = ea + eb
}

// add sets z = z + y.
func (z *exactFloat) add(y *exactFloat) {
	switch {
	case y.man.Sign() == 0:
	case z.man.Sign() == 0:
		z.man.Set(&y.man)
		z.exp = y.exp
	case z.exp > y.exp:
		z.man.Lsh(&z.man, uint(z.exp-y.exp))
		z.exp = y.exp
		z.man.Add(&z.man, &y.man)
	default:
		z.tmp.Lsh(&y.man, uint(y.exp-z.exp))
		z.man.Add(&z.man, &z.tmp)
	}
}

// det2Sign returns the sign of a*d - b*c exactly. Rounding is monotone, so different rounded products decide;
// equal ones leave it to the rounding errors, which a fused multiply-add yields exactly away from underflow.
func det2Sign(a, b, c, d float64) int {
	p, q := a*d, b*c
	const lo, hi = 0x1p-900, 0x1p1000
	if ap, aq := math.Abs(p), math.Abs(q); (p != 0 && ap < lo) || (q != 0 && aq < lo) || ap > hi || aq > hi ||
		(p == 0 && a != 0 && d != 0) || (q == 0 && b != 0 && c != 0) {
		return exactDotSign([]float64{a, -b}, []float64{d, c})
	}
	if p != q {
		return floatSign(p - q)
	}
	return floatSign(math.FMA(a, d, -p) - math.FMA(b, c, -q))
}

func floatSign(v float64) int {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}
