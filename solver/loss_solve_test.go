package solver

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
)

// everyLoss is one of each.
var everyLoss = []Loss{Squared, Huber(DefaultThreshold), L1, LInf, Logistic, Hinge}

// wantsLabels reports whether the targets of a loss are +1 and -1.
func wantsLabels(l Loss) bool { return l == Logistic || l == Hinge }

// noisy is a random problem with a planted neuron: n rows, d columns of which the
// last is a bias, cells from Gaussian gates.
func noisy(t *testing.T, rng *rand.Rand, l Loss, a Activation, n, d, cells int, intercept bool) *Problem {
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
		if wantsLabels(l) {
			y[i] = math.Copysign(1, y[i])
		}
	}
	list, err := hyperplane.SampleGaussian(context.Background(), x, cells, rng.Uint64())
	if err != nil {
		t.Fatal(err)
	}
	return &Problem{X: x, Y: y, Cells: list, Activation: a, Loss: l, Intercept: intercept}
}

func TestSolveEveryLoss(t *testing.T) {
	for _, l := range everyLoss {
		for _, a := range []Activation{ReLU, Gated} {
			for _, intercept := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/%v", l.Name(), a, intercept), func(t *testing.T) {
					rng := rand.New(rand.NewPCG(3, 9))
					p := noisy(t, rng, l, a, 60, 4, 20, intercept)
					most, err := BetaMax(context.Background(), p)
					if err != nil {
						t.Fatal(err)
					}
					for _, share := range []float64{1.0001, 0.1, 0.003} {
						p.Beta = share * most
						r, err := Solve(context.Background(), p, DefaultOptions())
						if err != nil {
							t.Fatal(err)
						}
						t.Logf("share %v: %s %s, %d iterations, %d neurons, %v gap %.2g", share, r.Status, r.Method, r.Iterations, len(r.Network.Neurons), r.Primal, r.RelGap)
						if r.Status != Optimal {
							t.Errorf("share %v: status %v, gap %v", share, r.Status, r.RelGap)
						}
						if share > 1 && len(r.Network.Neurons) > 0 {
							t.Errorf("%d neurons beyond beta_max", len(r.Network.Neurons))
						}
					}
				})
			}
		}
	}
}
