package exact

import (
	"math"
	"math/big"
	"math/bits"
)

// A dyadic is the exact number mant * 2^exp. Every finite float64 is one, and
// sums and products of dyadics are again dyadic, so nothing is ever rounded.
// The zero value is 0. Methods set the receiver, which may be an argument.
type Dyadic struct {
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

func Of(v float64) *Dyadic { return new(Dyadic).set(v) }

func (d *Dyadic) set(v float64) *Dyadic {
	m, e := split(v)
	d.mant.SetInt64(m)
	d.exp = e
	return d
}

func (d *Dyadic) Sign() int { return d.mant.Sign() }

// Add sets d = a + b.
func (d *Dyadic) Add(a, b *Dyadic) *Dyadic {
	switch {
	case a.mant.Sign() == 0:
		return d.Copy(b)
	case b.mant.Sign() == 0:
		return d.Copy(a)
	case a.exp > b.exp:
		a, b = b, a
	}
	var t big.Int
	t.Lsh(&b.mant, uint(b.exp-a.exp))
	d.mant.Add(&a.mant, &t)
	d.exp = a.exp
	return d
}

func (d *Dyadic) Copy(a *Dyadic) *Dyadic {
	if d != a {
		d.mant.Set(&a.mant)
		d.exp = a.exp
	}
	return d
}

// Neg sets d = -a.
func (d *Dyadic) Neg(a *Dyadic) *Dyadic {
	d.Copy(a)
	d.mant.Neg(&d.mant)
	return d
}

// Mul sets d = a b.
func (d *Dyadic) Mul(a, b *Dyadic) *Dyadic {
	d.exp = a.exp + b.exp
	d.mant.Mul(&a.mant, &b.mant)
	return d
}

// AddProduct sets d = d + a b for float64 a and b.
func (d *Dyadic) AddProduct(a, b float64) *Dyadic {
	var p Dyadic
	p.Product(a, b)
	return d.Add(d, &p)
}

// Product sets d = a b.
func (d *Dyadic) Product(a, b float64) *Dyadic {
	ma, ea := split(a)
	mb, eb := split(b)
	var t big.Int
	d.mant.Mul(d.mant.SetInt64(ma), t.SetInt64(mb))
	d.exp = ea + eb
	return d
}

// Compare returns the sign of d - a.
func (d *Dyadic) Compare(a *Dyadic) int {
	var t Dyadic
	return t.Add(d, t.Neg(a)).Sign()
}

// SqrtBounds returns lo <= sqrt(d) <= hi for d >= 0, a relative distance of at
// most 2^-precision apart, and equal where the root has few enough digits.
func (d *Dyadic) SqrtBounds(precision uint) (lo, hi *Dyadic) {
	lo, hi = new(Dyadic), new(Dyadic)
	if d.Sign() == 0 {
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
	hi.Copy(lo)
	if r.Mul(&lo.mant, &lo.mant); r.Cmp(&m) != 0 {
		hi.mant.Add(&hi.mant, big.NewInt(1))
	}
	return lo, hi
}

// Float returns the float64 nearest to d, for messages only.
func (d *Dyadic) Float() float64 {
	f := new(big.Float).SetInt(&d.mant)
	f.SetMantExp(f, d.exp)
	v, _ := f.Float64()
	return v
}

func (d *Dyadic) rat() *big.Rat {
	r := new(big.Rat).SetInt(&d.mant)
	var s big.Int
	if d.exp >= 0 {
		return r.Mul(r, new(big.Rat).SetInt(s.Lsh(big.NewInt(1), uint(d.exp))))
	}
	return r.Quo(r, new(big.Rat).SetInt(s.Lsh(big.NewInt(1), uint(-d.exp))))
}
