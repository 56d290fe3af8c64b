package hyperplane

import (
	"context"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// SampleGaussian draws n gates with independent standard normal entries and returns their distinct cells in order of
// appearance, without the pattern of no active rows: at most n cells, the same for the same seed. A gate that falls
// on the hyperplane of a row that is not zero (it does not happen in practice) is left out.
// The error is that x is not finite, or ctx's; then the cells found so far are returned too.
func SampleGaussian(ctx context.Context, x mat.Matrix, n int, seed uint64) ([]Cell, error) {
	r := newRows(x)
	if err := r.check(); err != nil {
		return nil, err
	}
	rng := rand.New(rand.NewPCG(seed, 0x5eed))
	seen := newPatternSet(n)
	var cells []Cell
	for range n {
		if err := ctx.Err(); err != nil {
			return cells, err
		}
		g := make([]float64, r.d)
		for j := range g {
			g[j] = rng.NormFloat64()
		}
		if p, on := r.pattern(g); !on && !p.IsZero() && seen.add(p) {
			cells = append(cells, Cell{Pattern: p, Gate: g})
		}
	}
	return cells, nil
}
