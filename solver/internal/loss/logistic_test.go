package loss

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Halley's steps alone go to and fro for some of these.
func TestLogisticProxFromAnywhere(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		v, rho, near := 8*r.NormFloat64(), math.Exp(6*r.NormFloat64()), 8*r.NormFloat64()
		y := 1.0
		a := logistic{}.prox(v, y, rho, math.NaN())
		b := logistic{}.prox(v, y, rho, near)
		if !(math.Abs(a-b) <= 1e-13*(1+math.Abs(a))) {
			t.Fatalf("v %v, rho %v, from %v: %v, elsewhere %v", v, rho, near, b, a)
		}
	}
}
