package proofs

import (
	"fmt"
	"math"
)

// A loss is the data term of a program: L(z) is the mean of phi(z_i, y_i), or
// for linf the maximum of |z_i - y_i|. It is judged as 2L per sample, which
// keeps the halves of squares and huber out of exact arithmetic, and always from
// the residual r_i = y_i - z_i; for labels y_i = +1 or -1 the margin is
// y_i z_i = 1 - y_i r_i, and an offset of z is taken off r_i.
type loss struct {
	// twice encloses 2 phi for every residual in r.
	twice func(p *Program, r ball, y float64) ball
	// exact is 2 phi itself; nil where it is not a dyadic number (logistic).
	exact func(p *Program, r *dyadic, y float64) *dyadic
	// dual encloses -2 phi*(-nu) for nu in the interval.
	dual func(p *Program, nu, y float64) ball
	// exactDual is -2 phi*(-nu) itself, nil like exact.
	exactDual func(p *Program, nu, y float64) *dyadic
	// interval is the domain of dual, nil for the whole line.
	interval func(p *Program, y float64) (lo, hi float64)
	labels   bool // the targets are +1 and -1
	maximum  bool // linf
}

var losses = map[string]loss{
	Squared:  {twice: twiceSquare, exact: exactSquare, dual: dualQuadratic, exactDual: exactQuadratic},
	Huber:    {twice: twiceHuber, exact: exactHuber, dual: dualQuadratic, exactDual: exactQuadratic, interval: thresholds},
	L1:       {twice: twiceAbsolute, exact: exactAbsolute, dual: dualLinear, exactDual: exactLinear, interval: unitInterval},
	LInf:     {twice: twiceAbsolute, exact: exactAbsolute, dual: dualLinear, exactDual: exactLinear, maximum: true},
	Logistic: {twice: twiceSoftplus, dual: dualEntropy, interval: labelInterval, labels: true},
	Monotone: {twice: twiceSquare, exact: exactSquare, dual: dualBoxed, exactDual: exactBoxed},
	Hinge:    {twice: twiceHinge, exact: exactHinge, dual: dualLinear, exactDual: exactLinear, interval: labelInterval, labels: true},
}

var lossNames = []string{Squared, Huber, L1, LInf, Logistic, Hinge, Monotone}

func (k *checker) kind() loss { return losses[k.c.Program.Loss] }

func twiceSquare(_ *Program, r ball, _ float64) ball { return r.square() }

func exactSquare(_ *Program, r *dyadic, _ float64) *dyadic { return new(dyadic).mul(r, r) }

func twiceAbsolute(_ *Program, r ball, _ float64) ball { return r.magnitude().mul(point(2)) }

func exactAbsolute(_ *Program, r *dyadic, _ float64) *dyadic {
	return new(dyadic).mul(absolute(r), exact(2))
}

func absolute(r *dyadic) *dyadic {
	if r.sign() < 0 {
		return new(dyadic).neg(r)
	}
	return new(dyadic).copy(r)
}

// twiceHinge: max(0, 1 - y z) = max(0, y r).
func twiceHinge(_ *Program, r ball, y float64) ball { return r.timesLabel(y).relu().mul(point(2)) }

func exactHinge(_ *Program, r *dyadic, y float64) *dyadic {
	m := new(dyadic).mul(r, exact(2*y))
	if m.sign() < 0 {
		return new(dyadic)
	}
	return m
}

// twiceHuber is r^2 up to the threshold t and 2 t |r| - t^2 beyond; it grows with
// |r|, so its values at the ends enclose the others.
func twiceHuber(p *Program, r ball, _ float64) ball {
	t := point(p.Threshold)
	at := func(a float64) ball {
		if a <= p.Threshold {
			return point(a).square()
		}
		return t.mul(point(2).mul(point(a)).sub(t))
	}
	a := r.magnitude()
	return spanning(at(max(a.lower(), 0)).lower(), at(a.upper()).upper())
}

// spanning is a ball with all numbers from lo to hi.
func spanning(lo, hi float64) ball {
	mid := lo + (hi-lo)/2
	return ball{mid, outward(max(hi-mid, mid-lo)) + unitRoundoff*math.Abs(mid)}
}

func exactHuber(p *Program, r *dyadic, _ float64) *dyadic {
	a, t := absolute(r), exact(p.Threshold)
	if a.compare(t) <= 0 {
		return a.mul(a, a)
	}
	a.mul(a, exact(2)).add(a, new(dyadic).neg(t))
	return a.mul(a, t)
}

// twiceSoftplus is 2 log(1 + exp(-y z)), which grows with -y z = y r - 1.
func twiceSoftplus(_ *Program, r ball, y float64) ball {
	t := r.timesLabel(y).sub(point(1))
	return spanning(2*softplus(t.lower()).lo, 2*softplus(t.upper()).hi)
}

// softplus encloses log(1 + e^t) = max(t, 0) + log(1 + e^-|t|).
func softplus(t float64) bracket {
	if t != t || math.IsInf(t, 0) {
		return wholeLine
	}
	e := exactly(-math.Abs(t)).exp()
	small := e.log1p()
	small.lo = max(small.lo, 0)
	small.hi = min(small.hi, e.hi) // log(1+e) <= e
	return exactly(max(t, 0)).plus(small)
}

// dualQuadratic is nu (2 y - nu).
func dualQuadratic(_ *Program, nu, y float64) ball {
	return point(nu).mul(point(2 * y).sub(point(nu)))
}

func exactQuadratic(_ *Program, nu, y float64) *dyadic {
	t := exact(y)
	t.mul(t, exact(2)).add(t, exact(-nu))
	return t.mul(t, exact(nu))
}

// dualLinear is 2 nu y.
func dualLinear(_ *Program, nu, y float64) ball { return point(2 * nu).mul(point(y)) }

func exactLinear(_ *Program, nu, y float64) *dyadic {
	t := new(dyadic).product(nu, y)
	return t.mul(t, exact(2))
}

// dualEntropy is -2 (s log s + (1-s) log(1-s)) for s = nu y.
func dualEntropy(_ *Program, nu, y float64) ball {
	s := nu * y
	if s <= 0 || s >= 1 {
		return ball{}
	}
	rest := exactly(1).minus(exactly(s))
	h := exactly(s).times(exactly(s).log()).plus(rest.times(exactly(-s).log1p())).neg()
	return spanning(2*max(h.lo, 0), 2*h.hi)
}

func unitInterval(*Program, float64) (lo, hi float64) { return -1, 1 }

func thresholds(p *Program, _ float64) (lo, hi float64) { return -p.Threshold, p.Threshold }

func labelInterval(_ *Program, y float64) (lo, hi float64) { return min(0, y), max(0, y) }

// targetsFit: labels are +1 or -1.
func (k *checker) targetsFit() error {
	if !k.kind().labels {
		return nil
	}
	for i, v := range k.y {
		if v != 1 && v != -1 {
			return fmt.Errorf("y: label %d is %v, loss %s is for +1 and -1", i, v, k.c.Program.Loss)
		}
	}
	return nil
}

// inDomain: nu lies where the conjugate of the loss is finite.
func (k *checker) inDomain() error {
	l := k.kind()
	if l.maximum {
		sum := new(dyadic)
		for _, v := range k.c.Dual.Nu {
			sum.add(sum, exact(math.Abs(v)))
		}
		if sum.compare(exact(float64(len(k.y)))) > 0 {
			return fmt.Errorf("nu: the absolute values sum to %.17g, the dual function of linf is -infinite beyond n = %d", sum.float(), len(k.y))
		}
	}
	if l.interval == nil {
		return nil
	}
	for i, v := range k.c.Dual.Nu {
		if lo, hi := l.interval(&k.c.Program, k.y[i]); !(lo <= v && v <= hi) {
			return fmt.Errorf("nu: %v at row %d, the dual function of %s is -infinite outside [%v, %v]", v, i, k.c.Program.Loss, lo, hi)
		}
	}
	return nil
}

// lossBall encloses L.
func (k *checker) lossBall(residual func(rowResult) ball) ball {
	l := k.kind()
	var sum ball
	for i, r := range k.rows {
		v := l.twice(&k.c.Program, residual(r), k.y[i])
		if !l.maximum {
			sum = sum.add(v)
		} else if i == 0 {
			sum = v
		} else {
			sum = spanning(max(sum.lower(), v.lower()), max(sum.upper(), v.upper()))
		}
	}
	if l.maximum {
		return sum.div(2)
	}
	return sum.div(2 * float64(len(k.rows)))
}

// exactTwice is 2n L itself from the samples' 2 phi.
func (l loss) exactTwice(phi []dyadic) *dyadic {
	sum := new(dyadic)
	for i := range phi {
		if !l.maximum {
			sum.add(sum, &phi[i])
		} else if phi[i].compare(sum) > 0 {
			sum.copy(&phi[i])
		}
	}
	if l.maximum {
		sum.mul(sum, exact(float64(len(phi))))
	}
	return sum
}
