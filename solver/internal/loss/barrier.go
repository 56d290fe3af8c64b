package loss

import (
	"fmt"
	"math"
)

// Barrier is a loss made smooth by a logarithmic barrier of its dual variables,
//
//	phi_mu(z) = max over a < nu < b of  nu (y - z) - q nu^2/2 + mu log((nu - a)(b - nu)/h^2),   h = (b - a)/2,
//
// for the losses phi(z) = max over a <= nu <= b of nu (y - z) - q nu^2/2: huber (q = 1), l1,
// quantile and hinge (q = 0). phi - 2 mu <= phi_mu + mu log(..) <= phi: at the nu that attains
// it the loss and its dual function are at most 2 mu apart. Squares and the logistic loss are
// smooth, they are their own for every mu. As mu falls the minimisers follow the central path
// of the interior-point method, without a variable of any sample being kept.
type Barrier struct {
	loss   Loss
	sample sample // nil for squares
	q      float64
	kinked bool
}

// boxed is a sample whose loss is such a maximum.
type boxed interface {
	// quadratic is q.
	quadratic() float64
}

func (huber) quadratic() float64    { return 1 }
func (absolute) quadratic() float64 { return 0 }
func (quantile) quadratic() float64 { return 0 }
func (hinge) quadratic() float64    { return 0 }

// NewBarrier is an error for LInf and Monotone, which are no such sums, and for losses
// with weights or offsets.
func NewBarrier(l Loss) (*Barrier, error) {
	if l == Squared {
		return &Barrier{loss: l}, nil
	}
	a, ok := l.(average)
	if !ok || a.rows != nil {
		return nil, fmt.Errorf("solver: loss %s, plain, is no sum over the samples", l.Name())
	}
	b := &Barrier{loss: l, sample: a.sample}
	if s, ok := a.sample.(boxed); ok {
		b.q, b.kinked = s.quadratic(), true
	}
	return b, nil
}

// Quadratic reports whether the loss is squares: then the slopes are linear and the
// curvature is 1.
func (b *Barrier) Quadratic() bool { return b.sample == nil }

// Kinked reports whether mu matters.
func (b *Barrier) Kinked() bool { return b.kinked }

// Slopes sets nu to -dphi_mu/dz and w to its second derivative at every sample, and returns
// the sum of phi_mu.
func (b *Barrier) Slopes(nu, w, z, y []float64, mu float64) (sum float64) {
	for i, v := range z {
		var value float64
		switch {
		case b.sample == nil:
			nu[i], w[i] = y[i]-v, 1
			value = float64(nu[i]*nu[i]) / 2
		case b.kinked:
			lo, hi := b.sample.interval(y[i])
			nu[i], w[i], value = b.kink(y[i]-v, (lo+hi)/2, (hi-lo)/2, mu)
		default:
			nu[i], _ = b.sample.residuals(v, y[i])
			w[i] = nu[i] * (y[i] - nu[i]) // logistic: s (1 - s)
			value = b.sample.value(v, y[i])
		}
		sum += value
	}
	return sum
}

// kink is nu, w and phi_mu for e = y - z and an interval of centre c and half width h:
// with nu = c + h t
//
//	e = q nu + (mu/h) 2t/(1 - t^2),   w = 1/(q + (mu/h^2) 2(1 + t^2)/(1 - t^2)^2).
func (b *Barrier) kink(e, c, h, mu float64) (nu, w, value float64) {
	rho := e * h / mu
	s := math.Sqrt(1 + float64(rho*rho))
	t := rho / (1 + s)
	one := 2 / (1 + s) // 1 - t^2
	if b.q > 0 {
		t, one = damped(math.Abs(e), h, 2*mu/h, math.Abs(t), one)
		t = math.Copysign(t, e)
	}
	nu = c + float64(h*t)
	w = 1 / (b.q + mu/(h*h)*2*(2-one)/(one*one))
	return nu, w, float64(nu*e) - float64(b.q*nu*nu)/2 + mu*math.Log(one)
}

// damped solves h t + r t/(1 - t^2) = e, e >= 0, for 0 <= t < 1 by Newton's method: the left
// side is convex and increasing, and each of the two terms alone would make t larger, so
// the iterates fall to the solution. one is 1 - t^2 at t.
func damped(e, h, r, t, one float64) (float64, float64) {
	if u := e / h; u < t {
		t, one = u, 1-float64(u*u)
	}
	for range 60 {
		step := (float64(h*t) + float64(r*t)/one - e) / (h + r*(2-one)/(one*one))
		if !(step > 0x1p-50*t) {
			break
		}
		// (1 - t)(1 + t), the first factor not by cancellation of a t near 1
		gap := one/(1+t) + step
		t -= step
		one = gap * (1 + t)
	}
	return t, one
}
