package exact

import (
	"math"
	"math/big"
	"sync"
)

// nearSine bounds the arguments that PointSine reduces in float64.
const nearSine = 1 << 19

// reductionBits: of a float64 below 2^1024, 250 bits after the point are left.
const reductionBits = 1280

// halfPi is pi/2 to reductionBits bits, by Machin: pi/4 = 4 arctan(1/5) - arctan(1/239).
var halfPi = sync.OnceValue(func() *big.Float {
	const guard = 64 // bits for some 600 terms of the series, each rounded down once
	arctan := func(q int64) *big.Int {
		power := new(big.Int).Lsh(big.NewInt(1), reductionBits+guard)
		power.Quo(power, big.NewInt(q))
		sum, term := new(big.Int), new(big.Int)
		for n := int64(1); power.Sign() != 0; n += 2 {
			term.Quo(power, big.NewInt(n))
			if n%4 == 1 {
				sum.Add(sum, term)
			} else {
				sum.Sub(sum, term)
			}
			power.Quo(power, big.NewInt(q*q))
		}
		return sum
	}
	half := new(big.Int).Lsh(arctan(5), 3)
	half.Sub(half, new(big.Int).Lsh(arctan(239), 1))
	f := new(big.Float).SetPrec(reductionBits).SetInt(half)
	return f.SetMantExp(f, -reductionBits-guard)
})

// reduceFar returns r and k mod 4 of x = k pi/2 + r, |r| < 0.79: k < 2^1024, so pi/2 to 1280 bits
// leaves an error of 2^-255 besides the rounding of r.
func reduceFar(x float64) (r float64, quadrant int) {
	exact := func() *big.Float { return new(big.Float).SetPrec(reductionBits) }
	v := exact().SetFloat64(x)
	q := exact().Quo(v, halfPi())
	k, _ := q.Add(q, exact().SetFloat64(math.Copysign(0.5, x))).Int(nil) // towards zero
	v.Sub(v, exact().Mul(exact().SetInt(k), halfPi()))
	r, _ = v.Float64()
	return r, int(new(big.Int).And(k, big.NewInt(3)).Int64())
}
