package grade

import "math"

// With Options.DeadZone the network g that a program gives is followed by two
// neurons more: the grade is
//
//	f_k = relu(g - eps) - relu(-g - eps),   eps >= max_i |e_{k-1,i} - g_i| over the training rows,
//
// so that at every training row |e_k| <= |e_{k-1}| and |e_k| <= 2 eps. The hidden
// features passed on are those of g.
//
// This holds for the float64 numbers too (dead_zone_rounded, dead_zone_rounded_sup
// in proofs/coq). Let q be g - eps rounded, for g > eps
// (g < -eps is the mirror image; else q = 0 and |e| <= |g| + eps <= 2 eps).
// Rounding is monotone: g - eps <= e, so 0 <= q <= e, and 0 <= e - q <= e also
// when rounded. For the other bound let u be the spacing of float64 numbers at
// g - eps. Both e and g are at least that, so they are multiples of u, as q is:
// e - g is at most eps rounded down to a multiple of u, g - q is eps rounded to
// the nearest one, and these two add up to at most 2 eps, which is a float64.

// DeadZone is the account of an output's dead zone.
type DeadZone struct {
	Eps  float64 // in the program's units
	Open float64 // share of the training rows with |g| > eps, where the grade is not 0
}

// beyond is f_k where the network's value is g.
func (o *Output) beyond(g float64) float64 {
	switch {
	case o.DeadZone == nil:
		return g
	case g > *o.DeadZone:
		return g - *o.DeadZone
	case g < -*o.DeadZone:
		return g + *o.DeadZone
	}
	return 0
}

// addDeadZone gives the output of target j the narrowest dead zone.
func (t *trainer) addDeadZone(j int, out *Output) *DeadZone {
	train, z := t.splits[0], new(DeadZone)
	g := out.values(t.o.unit(), train.h, t.o.Bias)
	for i, v := range g {
		z.Eps = max(z.Eps, distanceAbove(train.e[j][i], v))
	}
	for _, v := range g {
		if math.Abs(v) > z.Eps {
			z.Open++
		}
	}
	z.Open /= float64(len(g))
	out.DeadZone = &z.Eps
	return z
}

// distanceAbove is the least float64 that is at least |a - b|.
func distanceAbove(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	d := a - b
	back := d - a
	if lost := (a - (d - back)) - (b + back); lost > 0 {
		return math.Nextafter(d, math.Inf(1))
	}
	return d
}

// plus is the account of two outputs together; z may be nil. Open is a sum, to
// be divided by the number of outputs.
func (z *DeadZone) plus(o *DeadZone) *DeadZone {
	switch {
	case o == nil:
		return z
	case z == nil:
		z = new(DeadZone)
	}
	return &DeadZone{Eps: max(z.Eps, o.Eps), Open: z.Open + o.Open}
}

// shut reports whether nothing of the grade is left at any training row.
func (g *Trained) shut() bool {
	z := g.Sum().DeadZone
	return z != nil && z.Open == 0
}
