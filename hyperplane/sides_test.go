package hyperplane

import (
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// TestSides: the sides are the patterns of g and of -g, rows on the hyperplane on neither.
func TestSides(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 141))
	for range 50 {
		n, d := 1+rng.IntN(150), 1+rng.IntN(4)
		x, g, minus := mat.NewDense(n, d, nil), make([]float64, d), make([]float64, d)
		for i := range n {
			for j := range d {
				x.Set(i, j, float64(rng.IntN(3)-1))
			}
		}
		for j := range g {
			g[j] = float64(rng.IntN(3) - 1)
			minus[j] = -g[j]
		}
		both, neither := NewMarker(x).Sides(mat.NewDense(2, d, append(slices.Clone(minus), g...)))
		above, below := both[1], neither[1]
		if !both[0].Equal(below) || !neither[0].Equal(above) {
			t.Fatalf("%d x %d: the sides of the opposite gate are others", n, d)
		}
		if !above.Equal(PatternOf(x, g)) || !below.Equal(PatternOf(x, minus)) {
			t.Fatalf("%d x %d: %v and %v are not the patterns of %v and %v", n, d, above, below, g, minus)
		}
		for i := range n {
			if above.Active(i) && below.Active(i) {
				t.Fatalf("row %d is on both sides", i)
			}
		}
	}
}
