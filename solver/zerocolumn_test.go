package solver

import (
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/madeup"
	"multigrade/solver/internal/program"
)

func TestZeroColumn(t *testing.T) {
	for seed := range uint64(12) {
		rng := rand.New(rand.NewPCG(8, seed))
		p := madeup.Planted(t, rng, loss.Squared, program.ReLU, 30, 4, 20, seed%2 == 0)
		x := mat.DenseCopyOf(p.X)
		for i := range 30 {
			x.Set(i, 1, 0)
		}
		p = relist(t, p, x)
		p.Beta = 1e-3 * 0.3
		o := DefaultOptions()
		o.MaxIter = 3000
		if r := solved(t, p, o); r.Status != Optimal {
			t.Errorf("seed %d: %s, gap %.2g after %d iterations", seed, r.Status, r.RelGap, r.Iterations)
		}
	}
}

func TestZeroRowsCarryNoConstraint(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 2))
	p := madeup.Planted(t, rng, loss.Squared, program.ReLU, 12, 3, 5, false)
	x := mat.DenseCopyOf(p.X)
	x.SetRow(4, make([]float64, 3))
	p = relist(t, p, x)
	p.Intercept = true
	p.Beta = 0.02
	solved(t, p, DefaultOptions())
}
