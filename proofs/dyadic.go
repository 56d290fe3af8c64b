package proofs

import (
	"math"
	"math/big"
	"math/bits"
)

// A dyadic is the exact number mant * 2^exp. Every finite float64 is one, and
// sums and products of dyadics are again dyadic, so nothing is ever rounded.
// The zero value is 0. Methods set the receiver, which may be an argument.
type dyadic struct {
	mant big.Int
	exp  int
}

// split returns v = m * 2^e with m odd or zero.
func split(v float64) (m int64, e int) {
	b := math.Float64bits(v)
	m, e = int64(b&(1<<52-1)), int(b>>52&0x7ff)
	if e == 0 {
		e = 1
	} else {
		m |= 1 << 52
	}
	if m == 0 {
		return 0, 0
	}
	zeros := bits.TrailingZeros64(uint64(m))
	m, e = m>>zeros, e-1075+zeros
	if v < 0 {
		m = -m
	}
	return m, e
}

func exact(v float64) *dyadic { return new(dyadic).set(v) }

func (d *dyadic) set(v float64) *dyadic {
	m, e := split(v)
	d.mant.SetInt64(m)
	d.exp = e
	return d
}

func (d *dyadic) sign() int { return d.mant.Sign() }

// add sets d = a + b.
func (d *dyadic) add(a, b *dyadic) *dyadic {
	switch {
	case a.mant.Sign() == 0:
		return d.copy(b)
	case b.mant.Sign() == 0:
		return d.copy(a)
	case a.exp > b.exp:
		a, b = b, a
	}
	var t big.Int
	t.Lsh(&b.mant, uint(b.exp-a.exp))
	d.mant.Add(&a.mant, &t)
	d.exp = a.exp
	return d
}

func (d *dyadic) copy(a *dyadic) *dyadic {
	if d != a {
		d.mant.Set(&a.mant)
		d.exp = a.exp
	}
	return d
}

// neg sets d = -a.
func (d *dyadic) neg(a *dyadic) *dyadic {
	d.copy(a)
	d.mant.Neg(&d.mant)
	return d
}

// mul sets d = a b.
func (d *dyadic) mul(a, b *dyadic) *dyadic {
	d.exp = a.exp + b.exp
	d.mant.Mul(&a.mant, &b.mant)
	return d
}

// addProduct sets d = d + a b for float64 a and b.
func (d *dyadic) addProduct(a, b float64) *dyadic {
	var p dyadic
	p.product(a, b)
	return d.add(d, &p)
}

// product sets d = a b.
func (d *dyadic) product(a, b float64) *dyadic {
	ma, ea := split(a)
	mb, eb := split(b)
	var t big.Int
	d.mant.Mul(d.mant.SetInt64(ma), t.SetInt64(mb))
	d.exp = ea + eb
	return d
}

// compare returns the sign of d - a.
func (d *dyadic) compare(a *dyadic) int {
	var t dyadic
	return t.add(d, t.neg(a)).sign()
}

// sqrtBounds returns lo <= sqrt(d) <= hi for d >= 0, a relative distance of at
// most 2^-precision apart, and equal where the root has few enough digits.
func (d *dyadic) sqrtBounds(precision uint) (lo, hi *dyadic) {
	lo, hi = new(dyadic), new(dyadic)
	if d.sign() == 0 {
		return lo, hi
	}
	shift := 2*precision + 2
	if (d.exp-int(shift))&1 != 0 {
		shift++
	}
	var m, r big.Int
	m.Lsh(&d.mant, shift)
	lo.mant.Sqrt(&m)
	lo.exp = (d.exp - int(shift)) / 2
	hi.copy(lo)
	if r.Mul(&lo.mant, &lo.mant); r.Cmp(&m) != 0 {
		hi.mant.Add(&hi.mant, big.NewInt(1))
	}
	return lo, hi
}

// float returns the float64 nearest to d, for messages only.
func (d *dyadic) float() float64 {
	f := new(big.Float).SetInt(&d.mant)
	f.SetMantExp(f, d.exp)
	v, _ := f.Float64()
	return v
}

func (d *dyadic) rat() *big.Rat {
	r := new(big.Rat).SetInt(&d.mant)
	var s big.Int
	if d.exp >= 0 {
		return r.Mul(r, new(big.Rat).SetInt(s.Lsh(big.NewInt(1), uint(d.exp))))
	}
	return r.Quo(r, new(big.Rat).SetInt(s.Lsh(big.NewInt(1), uint(-d.exp))))
}
