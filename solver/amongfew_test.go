package solver

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestLeast: the least numbers are the first of all in order, ties by position; +Inf is none of them.
func TestLeast(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for trial := range 200 {
		v, order := make([]float64, 1+rng.IntN(400)), []int(nil)
		for i := range v {
			v[i] = float64(rng.IntN(50)) - 20
			if i%7 == 0 {
				v[i] = math.Inf(1)
				continue
			}
			order = append(order, i)
		}
		slices.SortStableFunc(order, func(a, b int) int { return int(v[a] - v[b]) })
		k := 1 + rng.IntN(30)
		if got, want := least(v, k), order[:min(k, len(order))]; !slices.Equal(got, want) {
			t.Fatalf("trial %d: %v, want %v", trial, got, want)
		}
	}
}
