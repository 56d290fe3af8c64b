package cube

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// randomTree halves cells at random; the cells of the second are parts of the first's.
func randomTree(t *testing.T, r *rand.Rand, dim int) (coarse, fine *tree) {
	t.Helper()
	levels := []byte{0}
	grow := func(rounds int) *tree {
		for range rounds {
			var next []byte
			for _, l := range levels {
				if r.IntN(3) == 0 {
					next = append(next, l)
					continue
				}
				for range 1 << dim {
					next = append(next, l+1)
				}
			}
			levels = next
		}
		g, err := readTree(dim, levels)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	return grow(2), grow(2)
}

// continuous gives values at the nodes that belong to a function which is linear on the simplices of every cell: those of a linear one, or hats.
func continuous(r *rand.Rand, g *tree) []float64 {
	v, x := make([]float64, len(g.spots)), make([]float64, g.dim)
	for n := range v {
		g.point(n, x)
		for j, c := range x {
			v[n] += float64(j+1) * c
		}
		one := make([]float64, len(v))
		if one[n] = r.Float64(); g.even(one) == nil {
			v[n] += one[n]
		}
	}
	return v
}

// Going over to a finer grid changes no value: compared with rational arithmetic, at the nodes and, on the finer grid, between them.
func TestTreeInterpolates(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 1))
	for dim := 2; dim <= mostTree; dim++ {
		for range 5 {
			coarse, fine := randomTree(t, r, dim)
			v := continuous(r, coarse)
			exactly := make([]bool, len(v))
			for i := range exactly {
				exactly[i] = true
			}
			w, known, wrong, err := coarse.finer(fine, v, exactly)
			if err != nil {
				t.Fatal(err)
			}
			x, point := make([]float64, dim), make([]*big.Rat, dim)
			for n := range fine.spots {
				fine.point(n, x)
				for j, c := range x {
					point[j] = new(big.Rat).SetFloat64(c)
				}
				gap := coarse.interpolant(v, point)
				gap.Sub(gap, new(big.Rat).SetFloat64(w[n]))
				if off, _ := gap.Float64(); math.Abs(off) > wrong || known[n] && gap.Sign() != 0 {
					t.Fatalf("dimension %d, at %v: off by %v, at most %v, exact %v", dim, x, off, wrong, known[n])
				}
			}
			for range 50 {
				for j := range point {
					point[j] = big.NewRat(int64(r.IntN(1001)), 1000)
				}
				gap := coarse.interpolant(v, point)
				gap.Sub(gap, fine.interpolant(w, point))
				if off, _ := gap.Float64(); math.Abs(off) > wrong {
					t.Fatalf("dimension %d, at %s: off by %v, at most %v", dim, ratString(point), off, wrong)
				}
			}
			if _, _, _, err := fine.finer(coarse, w, known); err == nil && fine.cells() > coarse.cells() {
				t.Error("a coarser grid was taken for a finer one")
			}
		}
	}
}

func TestTreeRefuses(t *testing.T) {
	for _, levels := range [][]byte{{}, {1}, {1, 1, 1}, {1, 1, 1, 1, 1}, {1, 2, 1, 1, 1}, {1, 1, 1, 2, 2, 2}, {31}, {2, 2, 2, 2, 1, 1, 1, 0}} {
		if _, err := readTree(2, levels); err == nil {
			t.Errorf("levels %v were accepted", levels)
		}
	}
	g, err := readTree(2, []byte{1, 1, 1, 2, 2, 2, 2})
	if err != nil {
		t.Fatal(err)
	}
	for n := range g.spots {
		x, v := make([]float64, 2), make([]float64, len(g.spots))
		g.point(n, x)
		v[n] = 1
		// Where the small cells meet larger ones.
		want := min(x[0], x[1]) != 0.5
		if got := g.even(v) == nil; got != want {
			t.Errorf("node at %v: even %v", x, got)
		}
	}
}

// A point next to a node of a table, closer than its product with the number of cells is known in float64, is not that node.
func TestTableBesideANode(t *testing.T) {
	n := 1000003
	data := make([]float64, n+1)
	for i := range data {
		data[i] = float64(i % 2)
	}
	s := tableSurface{lattice{1, n}, data}
	for i := 1; i < n; i += 9973 {
		x := math.Round(math.Ldexp(float64(i)/float64(n), 48)) / (1 << 48)
		v, err := s.at([]float64{x})
		if err != nil {
			t.Fatal(err)
		}
		want := s.valueAt([]*big.Rat{new(big.Rat).SetFloat64(x)})
		if new(big.Rat).SetFloat64(v.Lo).Cmp(want) > 0 || new(big.Rat).SetFloat64(v.Hi).Cmp(want) < 0 {
			t.Fatalf("at %v: [%v, %v], but %s", x, v.Lo, v.Hi, want.FloatString(20))
		}
	}
}
