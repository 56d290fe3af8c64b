package admm

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/program"
)

// lossProx is the proximal operator of min_c n L(z + c) with penalty rho, where c
// is 0 without a constant, and its derivative J. With W = diag(w) - q q' that of
// the loss alone, the sum of prox(v + c) - v - c is 0 at the best c, so
//
//	I - J = W - t t',   t = W1/sqrt(1'W1) with a constant.
type lossProx struct {
	p *program.Problem
	l loss.Loss // that of p, or loss.Inside of it
	c float64   // where the next search for c begins

	w, q, t []float64   // n
	vectors [][]float64 // q and t, those there are
	zc, vc  []float64   // n: z + c and v + c

	constantOnly bool // vectors is t alone
}

func newLossProx(p *program.Problem, l loss.Loss) *lossProx {
	x := &lossProx{p: p, l: l, vectors: make([][]float64, 0, 2)}
	for _, v := range []*[]float64{&x.w, &x.q, &x.t, &x.zc, &x.vc} {
		*v = make([]float64, len(p.Y))
	}
	return x
}

// at sets z to the proximal operator at v and returns c.
func (x *lossProx) at(z, v []float64, rho float64) (c float64) {
	if !x.p.Intercept {
		x.l.Prox(z, v, x.p.Y, rho)
		return 0
	}
	if closed, ok := x.l.(loss.ClosedConstant); ok {
		x.c = closed.ProxConstant(v, x.p.Y, rho)
		x.shifted(v, x.c, rho)
	} else {
		x.findConstant(v, rho)
	}
	copy(z, x.zc)
	floats.AddConst(-x.c, z)
	return x.c
}

// shifted sets vc = v + c and zc = prox(v + c), and returns the sum of zc - vc and
// of its absolute values. The search for zc starts at the last one, moved by the
// derivative there.
func (x *lossProx) shifted(v []float64, c, rho float64) (sum, size float64) {
	for i, vi := range v {
		vc := vi + c
		x.zc[i] += float64((1 - x.w[i]) * (vc - x.vc[i]))
		x.vc[i] = vc
	}
	x.l.Prox(x.zc, x.vc, x.p.Y, rho)
	for i, z := range x.zc {
		sum += z - x.vc[i]
		size += math.Abs(z - x.vc[i])
	}
	return sum, size
}

// constantSteps is more than it takes to bisect any interval of float64.
const constantSteps = 200

// findConstant finds the zero c of the falling sum of prox(v + c) - v - c by
// Newton's method kept inside a bracket, from the last c on. As long as the
// bracket has an open end, steps are limited: where the loss is nearly linear the
// slope is rounding.
func (x *lossProx) findConstant(v []float64, rho float64) {
	lo, hi := math.Inf(-1), math.Inf(1)
	c, most := x.c, 0.0
	for range constantSteps {
		x.c = c
		sum, size := x.shifted(v, c, rho)
		if math.Abs(sum) <= 0x1p-50*size {
			return
		}
		if sum > 0 {
			lo = c
		} else {
			hi = c
		}
		most = max(4*most, size/float64(len(v)))
		c = x.nextConstant(c, x.newtonStep(sum, rho), lo, hi, most)
		if !(c > lo && c < hi) {
			return // the ends are neighbours
		}
	}
}

// nextConstant is c plus the step if that is inside (lo, hi), where an end is
// open no farther than most away; otherwise the middle.
func (*lossProx) nextConstant(c, step, lo, hi, most float64) float64 {
	switch {
	case math.IsInf(lo, -1):
		return c + max(step, -most)
	case math.IsInf(hi, 1):
		return c + min(step, most)
	}
	if next := c + step; next > lo && next < hi {
		return next
	}
	return lo + (hi-lo)/2
}

// newtonStep is sum/1'W1 at the last point of shifted, infinite where the slope is
// zero to rounding.
func (x *lossProx) newtonStep(sum, rho float64) float64 {
	rankOne := x.l.EnvelopeHessian(x.w, x.q, x.zc, x.vc, x.p.Y, rho)
	slope := floats.Sum(x.w)
	if rankOne {
		q := floats.Sum(x.q)
		slope -= q * q
	}
	if !(slope > 0) {
		return math.Inf(int(math.Copysign(1, sum)))
	}
	return sum / slope
}

// derivative sets w and vectors where the proximal operator is z at v, with the
// constant c.
func (x *lossProx) derivative(z, v []float64, c, rho float64) {
	copy(x.zc, z)
	floats.AddConst(c, x.zc)
	copy(x.vc, v)
	floats.AddConst(c, x.vc)
	x.vectors = x.vectors[:0]
	rankOne := x.l.EnvelopeHessian(x.w, x.q, x.zc, x.vc, x.p.Y, rho)
	if rankOne {
		x.vectors = append(x.vectors, x.q)
	}
	x.constantOnly = false
	if !x.p.Intercept {
		return
	}
	copy(x.t, x.w)
	if rankOne {
		floats.AddScaled(x.t, -floats.Sum(x.q), x.q)
	}
	if total := floats.Sum(x.t); total > 0 {
		floats.Scale(1/math.Sqrt(total), x.t)
		x.vectors = append(x.vectors, x.t)
		x.constantOnly = !rankOne
	}
}

// curve overwrites f with (I - J) f, as derivative left it.
func (x *lossProx) curve(f []float64) {
	copy(x.vc, f)
	floats.Mul(f, x.w)
	for _, t := range x.vectors {
		floats.AddScaled(f, -floats.Dot(t, x.vc), t)
	}
}
