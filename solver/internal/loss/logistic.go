package loss

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"

	"multigrade/internal/elementary"
)

// Logistic is L(z) = (1/n) sum_i log(1 + exp(-y_i z_i)), for labels y_i = +1 or
// -1.
//
// D(nu) = -(1/n) sum_i s_i log s_i + (1-s_i) log(1-s_i) with s_i = nu_i y_i, for
// 0 <= s_i <= 1.
var Logistic Loss = average{sample: logistic{}}

type logistic struct{}

func (logistic) name() string { return "logistic" }

// curvature is s (1 - s) of s = nu y.
func (logistic) curvature(nu, y float64) float64 { return float64(nu*y) * (1 - float64(nu*y)) }

func (logistic) labels() bool { return true }

func (logistic) rounded(float64, func() float64) Smooth { return nil }

func (logistic) validate(y []float64) error { return validateLabels("logistic", y) }

func validateLabels(loss string, y []float64) error {
	for i, v := range y {
		if v != 1 && v != -1 {
			return fmt.Errorf("solver: label %d is %v, loss %s wants +1 or -1", i, v, loss)
		}
	}
	return nil
}

func (logistic) value(z, y float64) float64 {
	if m := y * z; m < 0 {
		return elementary.Log1p(elementary.Exp(m)) - m
	} else {
		return elementary.Log1p(elementary.Exp(-m))
	}
}

// dual is the entropy of s.
func (logistic) dual(nu, y float64) float64 {
	s := nu * y
	if s <= 0 || s >= 1 {
		return 0
	}
	return -s*elementary.Log(s) - (1-s)*elementary.Log1p(-s)
}

// Sigmoid is 1/(1 + e^-t).
func Sigmoid(t float64) float64 {
	if t < 0 {
		e := elementary.Exp(t)
		return e / (1 + e)
	}
	return 1 / (1 + elementary.Exp(-t))
}

// cubed is a step of a cubic iteration, relative to where it ends, after which rounding is
// all that is left: what it leaves is at most 0.42 times its cube for steps below 1.
const cubed = 0x1p-18

// prox solves f(t) = rho (t - a) - s = 0, s = 1/(1 + e^t), for the margin t = y z, a = y v,
// by Halley's method kept inside a bracket, from near on where that is in it: with f' = rho + s (1 - s) and
// f” = -s (1 - s) (1 - 2s) it takes no more exponentials than Newton's.
func (logistic) prox(v, y, rho, near float64) float64 {
	a := y * v
	lo, hi := a, a+1/rho
	t := y * near
	if !(t >= lo && t <= hi) {
		t = a + Sigmoid(-a)/(rho+0.25)
	}
	last := math.Inf(1)
	for range 100 {
		s := Sigmoid(-t)
		f := float64(rho*(t-a)) - s
		if f > 0 {
			hi = t
		} else {
			lo = t
		}
		curved := float64(s * (1 - s))
		newton := f / (rho + curved)
		bend := float64(curved*(1-2*s)) / (rho + curved)
		next := t - newton/(1+float64(newton*bend)/2)
		if !(next >= lo && next <= hi && math.Abs(next-t) <= last/2) { // or it may go to and fro
			next = lo + (hi-lo)/2
		}
		step := math.Abs(next - t)
		t, last = next, step
		if step <= cubed*min(1, math.Abs(t)) {
			break
		}
	}
	return y * t
}

// proxSlope takes s from the equation that z solves.
func (logistic) proxSlope(z, v, y, rho float64) float64 {
	s := min(max(0, rho*y*(z-v)), 1)
	return rho / (rho + s*(1-s))
}

func (logistic) residuals(z, y float64) (lo, hi float64) {
	r := y * Sigmoid(-y*z)
	return r, r
}

func (logistic) interval(y float64) (lo, hi float64) { return min(0, y), max(0, y) }

// constant: if all labels agree there is no minimiser, the infimum is
// approached as c grows; the largest step that still changes the loss in
// float64 is taken. Otherwise it is that of z = 0, less something between the ends of z.
func (logistic) constant(z, y []float64) float64 {
	bound := floats.Norm(z, math.Inf(1)) + 40
	lo, hi := -bound, bound
	if positive := (floats.Sum(y)/float64(len(y)) + 1) / 2; positive > 0 && positive < 1 {
		const room = 1e-12 // for rounding
		odds := elementary.Log(positive / (1 - positive))
		lo, hi = max(lo, odds-floats.Max(z)-room*(1+bound)), min(hi, odds-floats.Min(z)+room*(1+bound))
	}
	return Falling(lo, hi, func(c float64) float64 {
		sum := 0.0
		for i, v := range z {
			sum += y[i] * Sigmoid(-y[i]*(v+c))
		}
		return sum
	})
}

func (logistic) slope() float64 { return 1 }

func (l logistic) dualSize(nu, y float64) float64 { return l.dual(nu, y) }

func (logistic) term(l average, y []float64, intercept bool) DataTerm {
	return newSmoothTerm(l, y, intercept)
}
