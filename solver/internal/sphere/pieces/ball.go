package pieces

import "math"

// ball is |w| <= 1 in a method of interior points, as the second-order cone that has
// (1, w) inside and the multiplier z, with the scaling of Nesterov and Todd
// (Primal-dual interior-point methods for self-scaled cones, 1998): the W for which
// W z = W^-1 (1, w).
type ball struct {
	z0, dz0 float64
	z, dz   []float64 // r

	det    float64 // 1 - |w|^2
	first  float64
	scaled []float64 // with first: W^-2 = weight (2 J u (J u)' - J), u = (first, scaled)
	weight float64
}

func newBall(r int) ball {
	return ball{z: make([]float64, r), dz: make([]float64, r), scaled: make([]float64, r)}
}

// start takes the multiplier (size, 0).
func (b *ball) start(size float64) {
	b.z0 = size
	clear(b.z)
}

// product is that of (1, w) and z.
func (b *ball) product(w []float64) float64 { return b.z0 + dot(w, b.z) }

// productAfter is it after a step p.
func (b *ball) productAfter(w, dw []float64, p float64) float64 {
	sum := b.z0 + p*b.dz0
	for k, v := range w {
		sum += (v + p*dw[k]) * (b.z[k] + p*b.dz[k])
	}
	return sum
}

// scale computes W at w.
func (b *ball) scale(w []float64) {
	b.det = 1 - dot(w, w)
	detZ := b.z0*b.z0 - dot(b.z, b.z)
	rootS, rootZ := math.Sqrt(b.det), math.Sqrt(detZ)
	gamma := math.Sqrt((1 + b.product(w)/(rootS*rootZ)) / 2)
	b.first = (1/rootS + b.z0/rootZ) / (2 * gamma)
	for k, v := range w {
		b.scaled[k] = (v/rootS - b.z[k]/rootZ) / (2 * gamma)
	}
	b.weight = rootZ / rootS
}

// direction sets the multiplier's step, for the step dw, towards the product sigma.
func (b *ball) direction(w, dw []float64, sigma float64) {
	t := dot(b.scaled, dw)
	b.dz0 = -b.z0 + 2*b.weight*b.first*t + sigma/b.det
	for k, v := range b.z {
		b.dz[k] = -v - b.weight*(2*b.scaled[k]*t+dw[k]) - sigma/b.det*w[k]
	}
}

func (b *ball) move(p float64) {
	b.z0 += p * b.dz0
	axpy(b.z, p, b.dz)
}

// wall is the step at which w or z leaves the cone.
func (b *ball) wall(w, dw []float64) float64 {
	return min(leaves(-dot(dw, dw), -dot(w, dw), b.det),
		leaves(b.dz0*b.dz0-dot(b.dz, b.dz), b.z0*b.dz0-dot(b.z, b.dz), b.z0*b.z0-dot(b.z, b.z)))
}

// leaves is the least p > 0 with a p^2 + 2 b p + c = 0, c > 0, infinite if there is none.
func leaves(a, b, c float64) float64 {
	d := b*b - a*c
	if d < 0 {
		return math.Inf(1)
	}
	if t := math.Sqrt(d) - b; t > 0 {
		return c / t
	}
	return math.Inf(1)
}
