package approx

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
)

func randomValues(r *rand.Rand, n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = float64(r.IntN(2048)-1024) / 1024 // dyadic: interpolation stays exact
	}
	return v
}

func TestRefinedGridIsTheSameFunction(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for dim := 1; dim <= 4; dim++ {
		for _, n := range []int{1, 2, 4} {
			g := Grid{dim, n}
			v := randomValues(r, g.Nodes())
			w := g.refine(v)
			fine := Grid{dim, 2 * n}
			x := make([]float64, dim)
			for i := range w {
				fine.Node(i, x)
				if got := g.Interpolate(v, x); got != w[i] {
					t.Fatalf("dim %d, N %d, node %v: refined %v, interpolated %v", dim, n, x, w[i], got)
				}
			}
			for range 200 {
				for j := range x {
					x[j] = float64(r.IntN(4097)) / 4096
				}
				if a, b := g.Interpolate(v, x), fine.Interpolate(w, x); math.Abs(a-b) > 1e-14 {
					t.Fatalf("dim %d, N %d, at %v: %v and %v", dim, n, x, a, b)
				}
			}
		}
	}
}

func TestSimplicesAreChains(t *testing.T) {
	want := 1
	for dim := 1; dim <= 5; dim++ {
		want *= dim
		all := simplices(dim)
		if len(all) != want {
			t.Fatalf("dim %d: %d simplices, want %d", dim, len(all), want)
		}
		for _, c := range all {
			for k := 1; k < len(c); k++ {
				if c[k]&c[k-1] != c[k-1] || c[k] == c[k-1] {
					t.Fatalf("dim %d: %v is no chain", dim, c)
				}
			}
		}
	}
}

// rows visits every cell once, whatever the blocks.
func TestRowsVisitEveryCellOnce(t *testing.T) {
	for _, g := range []Grid{{1, 8}, {2, 4}, {3, 4}, {4, 2}} {
		count := make([]int, g.Nodes())
		for _, cut := range []int{0, 1, g.N / 2} {
			for _, part := range [][2]int{{0, cut}, {cut, g.N}} {
				if part[0] == part[1] {
					continue
				}
				_ = g.rows(context.Background(), part[0], part[1], func(first int, _ []int) {
					for k := range g.span(part[0], part[1]) {
						count[first+k]++
					}
				})
			}
		}
		cells := 0
		for i, c := range count {
			x := make([]float64, g.Dim)
			g.Node(i, x)
			inside := 3
			for _, v := range x {
				if v == 1 {
					inside = 0
				}
			}
			if c != inside {
				t.Fatalf("%v: node %v visited %d times, want %d", g, x, c, inside)
			}
			cells += c / 3
		}
		if cells != g.Cells() {
			t.Fatalf("%v: %d cells, want %d", g, cells, g.Cells())
		}
	}
}

func TestOscillationIsTheLargestInASimplex(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	for dim := 1; dim <= 4; dim++ {
		g := Grid{dim, 4}
		v := randomValues(r, g.Nodes())
		want := 0.0
		offsets := g.corners()
		_ = g.rows(context.Background(), 0, g.N, func(first int, _ []int) {
			for k := range g.span(0, g.N) {
				for _, chain := range simplices(dim) {
					for _, a := range chain {
						for _, b := range chain {
							want = max(want, v[first+k+offsets[a]]-v[first+k+offsets[b]])
						}
					}
				}
			}
		})
		if got := g.oscillation(v); got < want || got > want*(1+1e-14) {
			t.Errorf("dim %d: %v, want %v", dim, got, want)
		}
	}
}

func TestMeanAbsoluteOfALinearFunction(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	for dim := 1; dim <= 4; dim++ {
		for range 20 {
			v := make([]float64, dim+1)
			for i := range v {
				v[i] = r.Float64() - 0.5
				if r.IntN(4) == 0 {
					v[i] = 0
				}
			}
			// Uniform points of a simplex are normalised exponentials.
			const n = 20000
			sum := 0.0
			for range n {
				total, value := 0.0, 0.0
				for _, a := range v {
					w := r.ExpFloat64()
					total += w
					value += w * a
				}
				sum += math.Abs(value / total)
			}
			if got := meanAbsolute(v); math.Abs(got-sum/n) > 0.01 {
				t.Errorf("%v: %v, sampled %v", v, got, sum/n)
			}
		}
	}
}
