package solver

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/madeup"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
	"multigrade/solver/internal/train"
)

// TestGlobalEveryLoss: column generation from nothing ends, in rank 2 and 3, at a
// proved optimum over all patterns, which no list of patterns improves on. The nu
// of monotone are too large for the search for a bound to end soon; its bounds hold.
func TestGlobalEveryLoss(t *testing.T) {
	offset := make([]float64, 40)
	for i := range offset {
		offset[i] = math.Sin(float64(i))
	}
	late, err := loss.Shifted(loss.Logistic, offset)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range append([]loss.Loss{late}, loss.Every()...) {
		for _, d := range []int{2, 3} {
			rng := rand.New(rand.NewPCG(3, 9))
			p := madeup.Planted(t, rng, l, program.ReLU, 40, d, 30, true)
			listed := p.Cells
			p.Cells, p.Beta = nil, 0.02
			o := DefaultGlobalOptions()
			o.Neurons = 20
			if l == loss.Monotone {
				o.MaxRounds, o.BoundLeaves = 20, 1000
			}
			r, err := SolveGlobal(context.Background(), p, o)
			if err != nil {
				t.Fatal(err)
			}
			own := *p
			own.Cells = r.Cells
			mustCheck(t, &own, &r.Result, o.Tol)
			proved := r.GlobalStatus == Optimal || l == loss.Monotone
			if !proved || r.GlobalBound > r.Primal || r.Dual > r.Primal {
				t.Errorf("%s, d = %d: %v, in [%v, %v], over all patterns above %v", l.Name(), d, r.GlobalStatus, r.Dual, r.Primal, r.GlobalBound)
			}
			own.Cells = listed
			few, err := Solve(context.Background(), &own, DefaultOptions())
			if err != nil {
				t.Fatal(err)
			}
			if few.Primal < r.GlobalBound {
				t.Errorf("%s, d = %d: 30 patterns give %v, all of them at least %v", l.Name(), d, few.Primal, r.GlobalBound)
			}
		}
	}
}

// TestDescentSlopes: the gradient of training is that of its objective.
func TestDescentSlopes(t *testing.T) {
	for _, l := range []loss.Loss{loss.Squared, loss.Huber(0.5), loss.Logistic} {
		rng := rand.New(rand.NewPCG(5, 9))
		p := madeup.Planted(t, rng, l, program.ReLU, 30, 3, 2, true)
		p.Beta = 0.1
		x, err := operator.NewDesign(p.X)
		if err != nil {
			t.Fatal(err)
		}
		d := train.NewDescent(x, p, 4)
		v := d.Start(1)
		for k := range v {
			v[k] += 0.1 * rng.NormFloat64() // away from the rows where neurons begin
		}
		d.Evaluate(v)
		grad := append([]float64(nil), d.Grad...)
		for k := range v {
			const h = 1e-6
			at := func(dv float64) float64 {
				w := append([]float64(nil), v...)
				w[k] += dv
				d.Evaluate(w)
				return d.Value
			}
			if slope := (at(h) - at(-h)) / (2 * h); math.Abs(slope-grad[k]) > 1e-6*(1+math.Abs(slope)) {
				t.Errorf("%s: slope %d is %v, the gradient says %v", l.Name(), k, slope, grad[k])
			}
		}
	}
}

// TestSolveShifted: with part of a solution as the offset the rest costs what is
// left, and the certificate closes on it; beyond beta_max nothing is added.
func TestSolveShifted(t *testing.T) {
	for _, l := range []loss.Loss{loss.Logistic, loss.Hinge} {
		for _, a := range []program.Activation{program.ReLU, program.Gated} {
			for _, intercept := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/%v", l.Name(), a, intercept), func(t *testing.T) {
					rng := rand.New(rand.NewPCG(4, 9))
					p := madeup.Planted(t, rng, l, a, 60, 4, 20, intercept)
					offset := make([]float64, len(p.Y))
					for i, y := range p.Y {
						offset[i] = 0.7*y + rng.NormFloat64()
					}
					var err error
					if p.Loss, err = loss.Shifted(l, offset); err != nil {
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
	if _, err := loss.Shifted(loss.LInf, nil); err == nil {
		t.Error("an offset for linf is accepted")
	}
	if _, err := loss.Shifted(loss.Hinge, []float64{math.NaN()}); err == nil {
		t.Error("an offset NaN is accepted")
	}
}

func TestSolveEveryLoss(t *testing.T) {
	for _, l := range loss.Every() {
		for _, a := range []program.Activation{program.ReLU, program.Gated} {
			for _, intercept := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/%v", l.Name(), a, intercept), func(t *testing.T) {
					rng := rand.New(rand.NewPCG(3, 9))
					p := madeup.Planted(t, rng, l, a, 60, 4, 20, intercept)
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

// TestADMMEveryLoss: ADMM with its polish ends where the interior point does.
func TestADMMEveryLoss(t *testing.T) {
	for _, l := range loss.Every() {
		for _, a := range []program.Activation{program.ReLU, program.Gated} {
			for _, intercept := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/%v", l.Name(), a, intercept), func(t *testing.T) {
					rng := rand.New(rand.NewPCG(3, 9))
					p := madeup.Planted(t, rng, l, a, 60, 4, 20, intercept)
					most, err := BetaMax(context.Background(), p)
					if err != nil {
						t.Fatal(err)
					}
					for _, share := range []float64{0.3, 0.03} {
						p.Beta = share * most
						o := DefaultOptions()
						o.TimeLimit = 20 * time.Second
						o.Method = Interior
						want := solved(t, p, o)
						o.Method = ADMM
						got := solved(t, p, o)
						t.Logf("share %v: %s, %d iterations, gap %.2g", share, got.Method, got.Iterations, got.RelGap)
						if want.Status == Optimal && (got.Status != Optimal || !near(got.Primal, want.Primal, 1e-6)) {
							t.Errorf("share %v: %s, %v with gap %.2g (%s); the interior point has %v", share, got.Status, got.Primal, got.RelGap, got.Method, want.Primal)
						}
					}
				})
			}
		}
	}
}
