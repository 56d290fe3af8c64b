package solver

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver/internal/program"
)

// labelled is a logistic program in so many columns, over Gaussian cells.
func labelled(t *testing.T, n, d, cells int) *Problem {
	t.Helper()
	rng := rand.New(rand.NewPCG(14, uint64(d)))
	x := mat.NewDense(n, d, nil)
	for i := range n {
		for j := range d {
			x.Set(i, j, rng.NormFloat64())
		}
	}
	p := &Problem{X: x, Y: make([]float64, n), Loss: Logistic, Intercept: true, Beta: 0.002}
	for i := range n {
		p.Y[i] = math.Copysign(1, math.Abs(x.At(i, 0))+x.At(i, 1)-1+0.3*rng.NormFloat64())
	}
	found, err := hyperplane.SampleGaussian(context.Background(), x, cells, 3)
	if err != nil {
		t.Fatal(err)
	}
	p.Cells = found
	return p
}

// What PriceSome projects has the values of Price, those given and at least as many violated ones as are asked for; what
// it leaves out is bounded by its value.
func TestPriceSome(t *testing.T) {
	ctx := context.Background()
	p := labelled(t, 200, 12, 30)
	x, err := p.Design()
	if err != nil {
		t.Fatal(err)
	}
	full, some := program.NewPricer(p, x), program.NewPricer(p, x)
	nu := make([]float64, len(p.Y))
	copy(nu, p.Y)
	if err := full.Price(ctx, nu, 0); err != nil {
		t.Fatal(err)
	}
	cutoff, given := 0.6*full.Largest(), []int{3, 17}
	full = program.NewPricer(p, x)
	if err := full.Price(ctx, nu, cutoff); err != nil {
		t.Fatal(err)
	}
	const enough = 5
	if err := some.PriceSome(ctx, nu, cutoff, given, enough); err != nil {
		t.Fatal(err)
	}
	violated, rough := 0, 0
	for j, v := range some.Value {
		switch {
		case some.Rough[j]:
			rough++
			if j == given[0] || j == given[1] || v < full.Value[j] || len(some.Mu[j]) > 0 {
				t.Errorf("block %d is rough: value %v, projected %v", j, v, full.Value[j])
			}
		case v != full.Value[j]:
			t.Errorf("block %d has value %v, want %v", j, v, full.Value[j])
		case v > cutoff && j != given[0] && j != given[1]:
			violated++
		}
	}
	if violated < enough || rough == 0 {
		t.Errorf("%d violated and %d rough blocks", violated, rough)
	}
}
