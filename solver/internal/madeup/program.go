// Package madeup makes up programs for the tests of the solver's packages, drawing
// from nothing but the source they are given.
package madeup

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// Planted is a random problem with a planted neuron: n rows, d columns of which the
// last is a bias, cells from Gaussian gates.
func Planted(t testing.TB, rng *rand.Rand, l loss.Loss, a program.Activation, n, d, cells int, intercept bool) *program.Problem {
	t.Helper()
	x := mat.NewDense(n, d, nil)
	y := make([]float64, n)
	for i := range n {
		sum := 0.0
		for j := range d {
			v := rng.NormFloat64()
			if j == d-1 {
				v = 1
			}
			x.Set(i, j, v)
			sum += v * float64(j%3-1)
		}
		y[i] = max(sum, 0) - 0.5 + 0.5*rng.NormFloat64()
		if l.Labels() {
			y[i] = math.Copysign(1, y[i])
		}
	}
	list, err := hyperplane.SampleGaussian(context.Background(), x, cells, rng.Uint64())
	if err != nil {
		t.Fatal(err)
	}
	return &program.Problem{X: x, Y: y, Cells: list, Activation: a, Loss: l, Intercept: intercept}
}

// Squares is Planted with squares, beta being that share of the smallest one with the
// solution 0.
func Squares(t testing.TB, rng *rand.Rand, a program.Activation, n, d, cells int, intercept bool, share float64) *program.Problem {
	t.Helper()
	p := Planted(t, rng, loss.Squared, a, n, d, cells, intercept)
	x, err := operator.NewDesign(p.X)
	if err != nil {
		t.Fatal(err)
	}
	_, nu := loss.NullModel(p.Loss, p.Y, intercept)
	pr := program.NewPricer(p, x)
	if err := pr.PriceLargest(context.Background(), nu, math.Inf(1)); err != nil {
		t.Fatal(err)
	}
	p.Beta = share * (pr.Largest() / float64(n))
	return p
}

// Gaussians are n independent standard normal numbers.
func Gaussians(rng *rand.Rand, n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = rng.NormFloat64()
	}
	return v
}
