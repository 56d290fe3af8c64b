package solver

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"
)

// A training that is over before its neurons are placed leaves a network, of all of them where the strongest are none.
func TestLateTraining(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 9))
	n, d := 400, 6
	x, y := mat.NewDense(n, d, nil), make([]float64, n)
	for i := range n {
		sum := 0.0
		for j := range d - 1 {
			v := rng.NormFloat64()
			x.Set(i, j, v)
			sum += v
		}
		x.Set(i, d-1, 1)
		y[i] = 1
		if x.At(i, 0)*x.At(i, 1)+0.3*sum < 0 {
			y[i] = -1
		}
	}
	for _, beta := range []float64{2e-3, 3e-5} {
		p := &Problem{X: x, Y: y, Intercept: true, Beta: beta}
		ctx, cancel := context.WithCancel(t.Context())
		o := DefaultGlobalOptions()
		o.Grace = time.Nanosecond
		sketched := 0.0
		o.Progress = func(now Progress) {
			if now.Phase == PhaseSketch && ctx.Err() == nil {
				sketched = now.Primal
				cancel()
			}
		}
		r, err := SolveGlobal(ctx, p, o)
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Network.Neurons) == 0 || !(r.Primal < 0.5*ZeroObjective(p)) {
			t.Errorf("beta %v: %d neurons, objective %v; trained %v, without neurons %v", beta, len(r.Network.Neurons), r.Primal, sketched, ZeroObjective(p))
		}
	}
}
