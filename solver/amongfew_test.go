package solver

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver/internal/sphere"
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

// TestAmongFew: what is found among few rows lies strictly inside the cell of all, away from its walls,
// for gates that lie next to one of them.
func TestAmongFew(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 7))
	const n, d = 3000, 4
	x := mat.NewDense(n, d, nil)
	for i := range n {
		for j := range d {
			x.Set(i, j, rng.NormFloat64())
		}
	}
	p := &Problem{X: x, Y: make([]float64, n), Beta: 0.1}
	design, err := p.Design()
	if err != nil {
		t.Fatal(err)
	}
	g := newEverywhere(p, DefaultGlobalOptions(), design)
	g.ctx = context.Background()
	found := 0
	const gates = 40
	for range gates {
		gate := make([]float64, d)
		sphere.RandomKink(gate, design, rng)
		for j := range gate {
			gate[j] += 1e-7 * rng.NormFloat64()
		}
		cell := hyperplane.Cell{Pattern: hyperplane.PatternOf(x, gate), Gate: gate}
		in, ok := g.amongFew(cell)
		if !ok {
			continue
		}
		found++
		if !hyperplane.PatternOf(x, in).Equal(cell.Pattern) {
			t.Error("the point is in another cell")
		}
		if before, after := g.clearance(gate), g.clearance(in); !(after > before) {
			t.Errorf("clearance %v, before %v", after, before)
		}
	}
	if found < gates*9/10 {
		t.Errorf("%d of %d cells found", found, gates)
	}
}
