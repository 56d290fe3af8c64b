package exact

import "math"

// A compensated accumulates a sum of products almost as if in twice the working
// precision (Ogita, Rump and Oishi 2005, Dot2): hi is the float64 sum, lo the
// sum of the errors of every product and addition.
type Compensated struct{ hi, lo float64 }

func (c *Compensated) Add(a, b float64) {
	p := float64(a * b)     // rounded, never fused with the sum
	e := math.FMA(a, b, -p) // a b = p + e
	s := c.hi + p
	t := s - c.hi
	f := (c.hi - (s - t)) + (p - t) // hi + p = s + f
	c.hi, c.lo = s, c.lo+(e+f)
}

// Ball encloses the exact sum of the terms products added so far, given a bound
// magnitude of the sum of their absolute values: |error| <= u |sum| +
// gamma_m^2 magnitude (their Proposition 5.1), m = 2 terms to be generous.
func (c *Compensated) Ball(terms int, magnitude float64) Ball {
	mid := c.hi + c.lo
	gamma := 1.01 * (2*float64(terms) + 4) * UnitRoundoff
	return Ball{mid, Outward(UnitRoundoff*math.Abs(mid) + gamma*gamma*magnitude + (float64(terms)+4)*Underflow)}
}
