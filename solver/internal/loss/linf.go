package loss

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"multigrade/internal/elementary"
	"multigrade/solver/internal/operator"
)

// LInf is the largest deviation L(z) = max_i |z_i - y_i|. It is the only loss
// that is not a mean over the samples, and nothing divides it by n.
//
// D(nu) = nu'y/n for sum_i |nu_i| <= n.
var LInf Loss = linf{}

type linf struct{}

func (linf) Name() string { return "linf" }

func (linf) Labels() bool { return false }

func (linf) Rounded(y []float64, intercept bool, share float64) Smooth {
	return softMaximum{share * NullLoss(LInf, y, intercept) / elementary.Log(float64(2*len(y)))}
}

func (linf) Validate([]float64) error { return nil }

func (linf) Value(z, y []float64) float64 { return floats.Distance(z, y, math.Inf(1)) }

func (linf) Dual(nu, y []float64) float64 {
	n := float64(len(nu))
	if !(floats.Norm(nu, 1) <= n) {
		return math.Inf(-1)
	}
	return floats.Dot(nu, y) / n
}

// Prox: z - y = w - P(w) for w = v - y, P the projection to {|p|_1 <= n/rho}
// (Moreau).
func (linf) Prox(dst, v, y []float64, rho float64) {
	cut := ballThreshold(Differences(v, y), float64(len(v))/rho)
	for i, vi := range v {
		dst[i] = y[i] + min(max(vi-y[i], -cut), cut)
	}
}

// ballThreshold is the c >= 0 with sum_i max(|w_i| - c, 0) = radius, 0 if
// |w|_1 <= radius: w - P(w) clips w to [-c, c]. It overwrites w.
func ballThreshold(w []float64, radius float64) float64 {
	for i, v := range w {
		w[i] = -math.Abs(v)
	}
	slices.Sort(w)
	sum := 0.0
	for k, v := range w {
		sum -= v
		c := (sum - radius) / float64(k+1)
		if k+1 == len(w) || c >= -w[k+1] {
			return max(c, 0)
		}
	}
	return 0
}

// ProxConstant: with a constant the largest and the least e = v - y are clipped at
// levels of their own, each taking off n/(2 rho) in all; -c is the middle of the levels, or
// the mean of e where they would cross and all is clipped.
func (linf) ProxConstant(v, y []float64, rho float64) float64 {
	e := Differences(v, y)
	mean := floats.Sum(e) / float64(len(e))
	slices.Sort(e)
	room := float64(len(e)) / (2 * rho)
	low := levelOf(e, room)
	slices.Reverse(e)
	floats.Scale(-1, e)
	if high := -levelOf(e, room); high > low {
		return -(low + (high-low)/2)
	}
	return -mean
}

// levelOf is the t with sum_i max(t - e_i, 0) = room > 0, for ascending e.
func levelOf(e []float64, room float64) float64 {
	sum := 0.0
	for k, v := range e {
		sum += v
		if t := (sum + room) / float64(k+1); k+1 == len(e) || t <= e[k+1] {
			return t
		}
	}
	return math.NaN() // no samples
}

// EnvelopeHessian: the samples that are clipped, K of them, move together, by the
// mean of their signs times their steps: J = s s'/K there.
func (linf) EnvelopeHessian(w, q, z, v, y []float64, _ float64) bool {
	clipped, largest := 0.0, 0.0
	for i, zi := range z {
		w[i], q[i] = 0, 0
		if off := math.Abs(v[i] - y[i]); off > math.Abs(zi-y[i]) {
			w[i], q[i] = 1, math.Copysign(1, v[i]-y[i])
			clipped++
			largest = max(largest, math.Abs(zi-y[i]))
		}
	}
	if largest == 0 { // nothing is clipped, or everything to y, where it stays
		return false
	}
	floats.Scale(1/math.Sqrt(clipped), q)
	return true
}

// Residual puts the weight n on the samples of the largest deviation, in equal
// parts.
func (linf) Residual(dst, z, y []float64) {
	clear(dst)
	largest, ties := floats.Distance(z, y, math.Inf(1)), 0
	if largest == 0 {
		return
	}
	for i, v := range z {
		if math.Abs(v-y[i]) == largest {
			ties++
		}
	}
	for i, v := range z {
		if math.Abs(v-y[i]) == largest {
			dst[i] = math.Copysign(float64(len(z))/float64(ties), y[i]-v)
		}
	}
}

// Constant is the middle of the range of y - z.
func (linf) Constant(z, y []float64) float64 {
	e := Differences(y, z)
	lo, hi := floats.Min(e), floats.Max(e)
	return lo + (hi-lo)/2
}

// idle, balanced: half the weight on the largest targets, half on the least.
func (l linf) NullDual(nu, y []float64, c float64, balanced bool) {
	if !balanced {
		z := make([]float64, len(y))
		floats.AddConst(c, z)
		l.Residual(nu, z, y)
		return
	}
	clear(nu)
	lo, hi := floats.Min(y), floats.Max(y)
	if lo == hi {
		return
	}
	var low, high float64
	for _, v := range y {
		switch v {
		case lo:
			low++
		case hi:
			high++
		}
	}
	for i, v := range y {
		switch v {
		case lo:
			nu[i] = -float64(len(y)) / (2 * low)
		case hi:
			nu[i] = float64(len(y)) / (2 * high)
		}
	}
}

// Project shifts the entries of the heavier sign by a common factor, then
// scales into the ball.
func (linf) Project(nu, _ []float64, balanced bool) {
	if balanced {
		plus, minus := 0.0, 0.0
		for _, v := range nu {
			plus += max(v, 0)
			minus += max(-v, 0)
		}
		half := min(plus, minus)
		for i, v := range nu {
			if v > 0 {
				nu[i] = v * (half / plus)
			} else if v < 0 {
				nu[i] = v * (half / minus)
			}
		}
	}
	if s := floats.Norm(nu, 1); s > float64(len(nu)) {
		floats.Scale(float64(len(nu))/s, nu)
	}
}

func (linf) Extent(nu, _ []float64) float64 {
	s := floats.Norm(nu, 1)
	if s == 0 {
		return math.Inf(1)
	}
	return float64(len(nu)) / s
}

func (linf) ValueAbove(z, e, y []float64) float64 {
	largest := 0.0
	for i, v := range z {
		largest = max(largest, math.Abs(v-y[i])*(1+0x1p-52)+e[i])
	}
	return largest * (1 + 0x1p-51)
}

func (linf) DualError(nu, y []float64) float64 {
	size := 0.0
	for i, v := range nu {
		size += math.Abs(v * y[i])
	}
	n := len(nu)
	return operator.Roundoff(n+4) * size / float64(n)
}

func (linf) Term(y []float64, intercept bool) DataTerm { return newMaxTerm(y, intercept) }
