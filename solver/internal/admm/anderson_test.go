package admm

import (
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// TestAndersonSolvesLinearMaps: on w -> A w + b in d dimensions, d + 1 calls
// find the fixed point, as conjugate directions do.
func TestAndersonSolvesLinearMaps(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 1))
	const d = 5
	a, b := mat.NewDense(d, d, nil), make([]float64, d)
	for i := range d {
		for j := range d {
			a.Set(i, j, rng.NormFloat64())
		}
		b[i] = rng.NormFloat64()
	}
	a.Scale(0.9/mat.Norm(a, 2), a)
	aa := NewAnderson(d, 10)
	w, g := make([]float64, d), make([]float64, d)
	step := func() float64 {
		mat.NewVecDense(d, g).MulVec(a, mat.NewVecDense(d, w))
		floats.Add(g, b)
		return floats.Distance(g, w, 2)
	}
	first := step()
	for range d + 2 {
		step()
		aa.Extrapolate(w, g)
		copy(w, g)
	}
	if last := step(); last > 1e-6*first {
		t.Errorf("the residual went from %v to %v", first, last)
	}
}
