package operator

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// OrthantStep is the largest alpha <= 1 with v + alpha dv >= 0.
func OrthantStep(v, dv []float64) float64 {
	alpha := 1.0
	for i, d := range dv {
		if d < 0 && alpha*d < -v[i] {
			alpha = -v[i] / d
		}
	}
	return alpha
}

// SocStep is the largest alpha <= 1 for which (t, u) + alpha (dt, du) stays in
// the cone.
func SocStep(t float64, u []float64, dt float64, du []float64) float64 {
	r := floats.Norm(u, 2)
	a := dt*dt - floats.Dot(du, du)
	b := t*dt - floats.Dot(u, du)
	c := (t - r) * (t + r)
	// a x^2 + 2 b x + c = 0, smallest positive root
	disc := b*b - a*c
	if disc < 0 {
		return 1
	}
	root := math.Sqrt(disc)
	x := math.Inf(1)
	if b < 0 {
		x = c / (-b + root)
	} else if a < 0 {
		x = -(b + root) / a
	}
	return math.Min(1, x)
}
