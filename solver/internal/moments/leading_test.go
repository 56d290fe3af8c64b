package moments

import (
	"math/rand/v2"
	"slices"
	"testing"

	"multigrade/solver/internal/loss"
)

// As few directions are left out as the interior-point method can be afforded without, none beyond leftOut where it is affordable with
// all, and none where those have much of the variance.
func TestAffordableDirections(t *testing.T) {
	p := random(t, rand.New(rand.NewPCG(8, 91)), loss.Squared, 0, true)
	const n, d, kept = 12, 20, 8
	squares := make([]float64, d) // ascending
	for k := range squares {
		if squares[k] = 1e-5; k >= d-kept {
			squares[k] = 1
		}
	}
	for _, c := range []struct {
		columns, most int // that the work suffices for, and how many are kept
	}{{d, d}, {15, 15}, {10, 10}, {5, d}} {
		for p.Work = 1e5; !p.settles(n, c.columns, p.coupleWork()); p.Work *= 1.01 {
		}
		if got := d - p.affordable(squares, 0); got != c.most {
			t.Errorf("for the work that %d directions take, %d are left, want %d", c.columns, got, c.most)
		}
	}
	flat := slices.Repeat([]float64{1}, d)
	if got := p.affordable(flat, 3); got != 3 {
		t.Errorf("%d directions of %d alike are left out, want 3", got, d)
	}
}
