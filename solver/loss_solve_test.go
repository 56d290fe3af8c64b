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
func wantsLabels(l Loss) bool { return l.Name() == Logistic.Name() || l.Name() == Hinge.Name() }

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

// TestSolveShifted: with part of a solution as the offset the rest costs what is
// left, and the certificate closes on it; beyond beta_max nothing is added.
func TestSolveShifted(t *testing.T) {
	for _, l := range []Loss{Logistic, Hinge} {
		for _, a := range []Activation{ReLU, Gated} {
			for _, intercept := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/%v", l.Name(), a, intercept), func(t *testing.T) {
					rng := rand.New(rand.NewPCG(4, 9))
					p := noisy(t, rng, l, a, 60, 4, 20, intercept)
					offset := make([]float64, len(p.Y))
					for i, y := range p.Y {
						offset[i] = 0.7*y + rng.NormFloat64()
					}
					var err error
					if p.Loss, err = Shifted(l, offset); err != nil {
						t.Fatal(err)
					}
					most, err := BetaMax(context.Background(), p)
					if err != nil {
						t.Fatal(err)
					}
					before := p.Loss.Value(make([]float64, len(p.Y)), p.Y)
					for _, share := range []float64{1.0001, 0.1, 0.01} {
						p.Beta = share * most
						r, err := Solve(context.Background(), p, DefaultOptions())
						if err != nil {
							t.Fatal(err)
						}
						if r.Status != Optimal || r.Primal > before*(1+1e-9) {
							t.Errorf("share %v: status %v, primal %v, gap %v; nothing at all costs %v", share, r.Status, r.Primal, r.RelGap, before)
						}
						if (share > 1) != (len(r.Network.Neurons) == 0) {
							t.Errorf("%d neurons at share %v of beta_max", len(r.Network.Neurons), share)
						}
						mustCheck(t, p, r, DefaultOptions().Tol)
					}
				})
			}
		}
	}
	if _, err := Shifted(LInf, nil); err == nil {
		t.Error("an offset for linf is accepted")
	}
	if _, err := Shifted(Hinge, []float64{math.NaN()}); err == nil {
		t.Error("an offset NaN is accepted")
	}
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
