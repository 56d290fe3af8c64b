package interior

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// soc is the Nesterov-Todd scaling of one second-order cone {(t, u) : |u| <= t}
// in R^{1+d}: the symmetric W with W z = W^{-1} s = l for a primal s = (t, u)
// and a dual z = (z0, z1), both strictly inside.
//
//	W = eta [ w0  w1' ; w1  I + w1 w1'/(1+w0) ],   w0^2 - |w1|^2 = 1
//
// Only the Schur complement on u of the block W^{-2} = [ h00 h01' ; h01 H11 ]
// enters the Newton system:  H11 - h01 h01'/h00 = eta^-2 (I - 2 w1 w1'/(2 w0^2 - 1)).
type soc struct {
	eta float64
	w0  float64
	w1  []float64
	l0  float64
	l1  []float64
	a1  []float64 // scratch
	b1  []float64
}

func newSOC(d int) soc {
	buf := make([]float64, 4*d)
	return soc{w1: buf[:d:d], l1: buf[d : 2*d : 2*d], a1: buf[2*d : 3*d : 3*d], b1: buf[3*d:]}
}

// jnorm is sqrt(t^2 - |u|^2).
func jnorm(t float64, u []float64) float64 {
	r := floats.Norm(u, 2)
	return math.Sqrt((t - r) * (t + r))
}

// update computes the scaling of the pair (t, u), (z0, z1).
func (c *soc) update(t float64, u []float64, z0 float64, z1 []float64) {
	sj, zj := jnorm(t, u), jnorm(z0, z1)
	c.eta = math.Sqrt(sj / zj)
	inner := (t*z0 + floats.Dot(u, z1)) / (sj * zj)
	gamma := math.Sqrt((1 + inner) / 2)
	for k := range c.w1 {
		c.w1[k] = (u[k]/sj - z1[k]/zj) / (2 * gamma)
	}
	c.w0 = math.Sqrt(1 + floats.Dot(c.w1, c.w1))
	c.l0 = c.apply(c.l1, z0, z1)
}

// apply sets (.., dst) = W (a0, a1) and returns its first entry.
func (c *soc) apply(dst []float64, a0 float64, a1 []float64) float64 {
	dot := floats.Dot(c.w1, a1)
	f := a0 + dot/(1+c.w0)
	for k, w := range c.w1 {
		dst[k] = c.eta * (a1[k] + f*w)
	}
	return c.eta * (c.w0*a0 + dot)
}

// applyInverse sets (.., dst) = W^{-1} (a0, a1) and returns its first entry.
func (c *soc) applyInverse(dst []float64, a0 float64, a1 []float64) float64 {
	dot := floats.Dot(c.w1, a1)
	f := dot/(1+c.w0) - a0
	for k, w := range c.w1 {
		dst[k] = (a1[k] + f*w) / c.eta
	}
	return (c.w0*a0 - dot) / c.eta
}

// addSchur adds H11 - h01 h01'/h00 to the d x d block that starts at h.
func (c *soc) addSchur(h []float64, stride int) {
	inv := 1 / (c.eta * c.eta)
	f := -2 * inv / (2*c.w0*c.w0 - 1)
	for a, w := range c.w1 {
		row := h[a*stride : a*stride+len(c.w1)]
		floats.AddScaled(row, f*w, c.w1)
		row[a] += inv
	}
}

// addSchurTimes adds that matrix times p to q.
func (c *soc) addSchurTimes(q, p []float64) {
	inv := 1 / (c.eta * c.eta)
	floats.AddScaled(q, inv, p)
	floats.AddScaled(q, -2*inv/(2*c.w0*c.w0-1)*floats.Dot(c.w1, p), c.w1)
}

// fold adds -h01 q0/h00 to rhs, the part of the eliminated dt.
func (c *soc) fold(rhs []float64, q0 float64) {
	floats.AddScaled(rhs, 2*c.w0*q0/(2*c.w0*c.w0-1), c.w1)
}

// back sets dz = q1 - h01 dt - H11 du for the step du and returns
// dt = (q0 - h01'du)/h00.
func (c *soc) back(dz []float64, q0 float64, q1, du []float64) float64 {
	inv := 1 / (c.eta * c.eta)
	dot := floats.Dot(c.w1, du)
	dt := (q0*c.eta*c.eta + 2*c.w0*dot) / (2*c.w0*c.w0 - 1)
	f := 2 * inv * (c.w0*dt - dot)
	for k, w := range c.w1 {
		dz[k] = q1[k] + f*w - inv*du[k]
	}
	return dt
}

// corrected sets (q0, q1) = W^{-1}( l \ (target e - l o l - (W^{-1} ds) o (W dz)) )
// for the predictor step ds = (dt, du), dz = (0, dz1), and returns q0.
func (c *soc) corrected(q1 []float64, target, dt float64, du, dz1 []float64) float64 {
	a0 := c.applyInverse(c.a1, dt, du)
	b0 := c.apply(c.b1, 0, dz1)
	d0 := target - c.l0*c.l0 - floats.Dot(c.l1, c.l1) - a0*b0 - floats.Dot(c.a1, c.b1)
	for k := range c.a1 {
		c.a1[k] = -2*c.l0*c.l1[k] - a0*c.b1[k] - b0*c.a1[k]
	}
	r := floats.Norm(c.l1, 2)
	x0 := (c.l0*d0 - floats.Dot(c.l1, c.a1)) / ((c.l0 - r) * (c.l0 + r))
	for k, l := range c.l1 {
		c.a1[k] = (c.a1[k] - x0*l) / c.l0
	}
	return c.applyInverse(q1, x0, c.a1)
}
