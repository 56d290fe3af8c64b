package operator

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// ConjugateGradients solves A x = b for a positive definite A by conjugate gradients
// (Hestenes and Stiefel 1952) with a preconditioner M.
type ConjugateGradients struct {
	X          []float64
	r, p, q, w []float64 // b - A x; direction; A p; M^{-1} r
	Left       float64   // |b - A x| / |b| at the end of the last solve
}

// conjugateSystem is A and M.
type conjugateSystem interface {
	// Apply sets q = A p.
	Apply(q, p []float64)
	// Precondition overwrites r with M^{-1} r.
	Precondition(r []float64)
}

func NewConjugateGradients(unknowns int) *ConjugateGradients {
	c := new(ConjugateGradients)
	for _, v := range []*[]float64{&c.X, &c.r, &c.p, &c.q, &c.w} {
		*v = make([]float64, unknowns)
	}
	return c
}

// Solve goes on from x until |r| <= accuracy |b|, at most so many steps, and
// overwrites b with x. It returns the steps made.
func (c *ConjugateGradients) Solve(s conjugateSystem, b []float64, accuracy float64, most int) (steps int) {
	copy(c.r, b)
	if floats.Norm(c.X, 2) > 0 {
		s.Apply(c.q, c.X)
		floats.Sub(c.r, c.q)
	}
	size, rho := floats.Norm(b, 2), 0.0
	for ; steps < most && floats.Norm(c.r, 2) > accuracy*size; steps++ {
		copy(c.w, c.r)
		s.Precondition(c.w)
		next := floats.Dot(c.r, c.w)
		if steps == 0 {
			copy(c.p, c.w)
		} else {
			floats.AddScaledTo(c.p, c.w, next/rho, c.p)
		}
		rho = next
		s.Apply(c.q, c.p)
		alpha := rho / floats.Dot(c.p, c.q)
		if math.IsNaN(alpha) || math.IsInf(alpha, 0) {
			break
		}
		floats.AddScaled(c.X, alpha, c.p)
		floats.AddScaled(c.r, -alpha, c.q)
	}
	c.Left = floats.Norm(c.r, 2) / max(size, math.SmallestNonzeroFloat64)
	copy(b, c.X)
	return steps
}
