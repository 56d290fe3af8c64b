package solver

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/madeup"
	"multigrade/solver/internal/program"
)

// weightedLosses are those of loss.Every() that are sums over the samples.
func weightedLosses(t *testing.T) []loss.Loss {
	var sums []loss.Loss
	for _, l := range loss.Every() {
		if _, err := loss.Weighted(l, nil); err == nil {
			sums = append(sums, l)
		} else if l != loss.LInf && l != loss.Monotone {
			t.Fatal(err)
		}
	}
	return sums
}

// countedRows is p with row i as often as count says, and weighted is p with the counts as
// weights of mean 1: the same program but for the names of the rows.
func countedRows(t *testing.T, p *program.Problem, count []int) (rows, weighted *program.Problem) {
	t.Helper()
	n, d := p.X.Dims()
	total := 0
	for _, k := range count {
		total += k
	}
	x, y := mat.NewDense(total, d, nil), make([]float64, 0, total)
	weight := make([]float64, n)
	for i, k := range count {
		weight[i] = float64(k) * float64(n) / float64(total)
		for range k {
			x.SetRow(len(y), mat.Row(nil, i, p.X))
			y = append(y, p.Y[i])
		}
	}
	gates := mat.NewDense(len(p.Cells), d, nil)
	for k, c := range p.Cells {
		gates.SetRow(k, c.Gate)
	}
	list, err := hyperplane.FromGates(x, gates)
	if err != nil {
		t.Fatal(err)
	}
	r, w := *p, *p
	r.X, r.Y, r.Cells = x, y, list.Cells
	if w.Loss, err = loss.Weighted(p.Loss, weight); err != nil {
		t.Fatal(err)
	}
	return &r, &w
}

// TestWeightsAreRepeatedRows: with whole weights the optimum, and beta_max, are those of
// the rows repeated, for every loss that is a sum, and the checker accepts it.
func TestWeightsAreRepeatedRows(t *testing.T) {
	for _, l := range weightedLosses(t) {
		for _, a := range []program.Activation{program.ReLU, program.Gated} {
			for _, intercept := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/%v", l.Name(), a, intercept), func(t *testing.T) {
					rng := rand.New(rand.NewPCG(3, 9))
					p := madeup.Planted(t, rng, l, a, 30, 3, 12, intercept)
					count := make([]int, 30)
					for i := range count {
						count[i] = 1 + rng.IntN(4)
					}
					rows, weighted := countedRows(t, p, count)
					most, err := BetaMax(context.Background(), rows)
					if err != nil {
						t.Fatal(err)
					}
					other, err := BetaMax(context.Background(), weighted)
					if err != nil || math.Abs(most-other) > 1e-9*most {
						t.Errorf("beta_max %v with weights, %v with rows (%v)", other, most, err)
					}
					for _, share := range []float64{1.0001, 0.3, 0.1} {
						rows.Beta, weighted.Beta = share*most, share*most
						o := DefaultOptions()
						o.Tol, o.Method = 1e-10, Interior
						want, got := solved(t, rows, o), solved(t, weighted, o)
						if want.Status != Optimal || got.Status != Optimal || math.Abs(got.Primal-want.Primal) > 1e-9*(1+want.Primal) {
							t.Errorf("share %v: %v (%v, gap %.2g) with weights, %v (%v, gap %.2g) with rows", share, got.Primal, got.Status, got.RelGap, want.Primal, want.Status, want.RelGap)
						}
						o.Tol, o.Method = 1e-6, ADMM
						if slow := solved(t, weighted, o); slow.Status != Optimal || !near(slow.Primal, want.Primal, 2e-6) {
							t.Errorf("share %v: ADMM ends as %v at %v (gap %.2g), the interior point at %v", share, slow.Status, slow.Primal, slow.RelGap, want.Primal)
						}
					}
				})
			}
		}
	}
}

// TestWeightsOfOne: they change no bit, because they are none.
func TestWeightsOfOne(t *testing.T) {
	for _, l := range weightedLosses(t) {
		if w, err := loss.Weighted(l, []float64{1, 1, 1}); err != nil || w != l {
			t.Errorf("%s: %v, %v", l.Name(), w, err)
		}
	}
	for _, bad := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		if _, err := loss.Weighted(loss.L1, []float64{1, bad}); err == nil {
			t.Errorf("weight %v is accepted", bad)
		}
	}
	if w, err := loss.Weighted(loss.L1, []float64{1, 2}); err != nil || w.Validate([]float64{1, 2, 3}) == nil {
		t.Error("two weights for three rows are accepted")
	}
}

// TestGlobalWeights: bounds over all patterns are found and hold, whatever the spread of
// the weights.
func TestGlobalWeights(t *testing.T) {
	for _, l := range weightedLosses(t) {
		rng := rand.New(rand.NewPCG(4, 9))
		p := madeup.Planted(t, rng, l, program.ReLU, 40, 3, 1, true)
		weight := make([]float64, 40)
		for i := range weight {
			weight[i] = math.Exp(2 * rng.NormFloat64())
		}
		var err error
		if p.Loss, err = loss.Weighted(l, weight); err != nil {
			t.Fatal(err)
		}
		p.Cells, p.Beta = nil, 0.02
		o := DefaultGlobalOptions()
		o.Neurons = 20
		r, err := SolveGlobal(context.Background(), p, o)
		if err != nil {
			t.Fatal(err)
		}
		p.Cells = r.Cells
		mustCheck(t, p, &r.Result, o.Tol)
		if r.GlobalStatus != Optimal || r.GlobalBound > r.Primal {
			t.Errorf("%s: %v, %v, over all patterns above %v", l.Name(), r.GlobalStatus, r.Primal, r.GlobalBound)
		}
	}
}
