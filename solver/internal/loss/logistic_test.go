package loss

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Halley's steps alone go to and fro for some of these. At the prox z the margin t = y z has rho (t - y v) = 1/(1 + e^t).
func TestLogisticProxFromAnywhere(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		v, rho, near := 8*r.NormFloat64(), math.Exp(6*r.NormFloat64()), 8*r.NormFloat64()
		y := float64(2*r.IntN(2) - 1)
		a := logistic{}.prox(v, y, rho, math.NaN())
		b := logistic{}.prox(v, y, rho, near)
		if !(math.Abs(a-b) <= 1e-13*(1+math.Abs(a))) {
			t.Fatalf("v %v, y %v, rho %v, from %v: %v, elsewhere %v", v, y, rho, near, b, a)
		}
		s := Sigmoid(-y * a)
		if left := rho*(y*a-y*v) - s; !(math.Abs(left) <= 1e-13*(1+rho*(1+math.Abs(a)+math.Abs(v)))) {
			t.Fatalf("v %v, y %v, rho %v: %v leaves %v", v, y, rho, a, left)
		}
	}
}
