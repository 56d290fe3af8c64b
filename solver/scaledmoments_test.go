package solver

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/madeup"
	"multigrade/solver/internal/program"
)

// Bounds by moments are proved for rows of sizes far apart, too, where a dual point whose
// entries sum to zero exactly is another than the one that was bounded.
func TestMomentsScaledRows(t *testing.T) {
	rng := rand.New(rand.NewPCG(83, 84))
	positive := 0
	for k := range 12 {
		l := []loss.Loss{loss.LInf, loss.L1, loss.Squared}[k%3]
		p := madeup.Planted(t, rng, l, []program.Activation{{}, {Slope: 0.1}}[k/3%2], 8+rng.IntN(10), 1+rng.IntN(3), 1, true)
		p.Cells = nil
		x := mat.DenseCopyOf(p.X)
		n, d := x.Dims()
		for i := range n {
			size := math.Pow(10, 18*rng.Float64()-9)
			for j := range d {
				x.Set(i, j, size*x.At(i, j))
			}
		}
		p.X, p.Beta = x, []float64{1e-3, 1, 1e3}[rng.IntN(3)]
		if bestMoments(t, p, 4e7) == nil {
			continue
		}
		o := quickGlobal()
		o.BoundLeaves = 0 // only its network is of interest
		r, err := SolveGlobal(context.Background(), p, o)
		if err != nil {
			t.Fatal(err)
		}
		nu, evidence, bound := momentsBound(t, p, 4e7)
		if bound > 0 {
			positive++
		}
		checkMoments(t, p, r, nu, evidence)
	}
	if positive == 0 {
		t.Error("all bounds are 0")
	}
}
