package hyperplane

import (
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func TestFamilyCountsGeneral(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, c := range [][2]int{{50, 2}, {30, 3}, {20, 4}, {14, 5}, {12, 6}, {8, 7}, {5, 5}} {
		x := gaussian(rng, c[0], c[1])
		a, err := NewArrangement(x)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		n := 0
		if err := a.family().cells(func(s []int8) bool { seen[signKey(s)] = true; n++; return true }); err != nil {
			t.Fatal(err)
		}
		if want := Cover(c[0], c[1]); int64(n) != want.Int64() || len(seen) != n {
			t.Errorf("%v: %d cells, %d distinct, want %v", c, n, len(seen), want)
		}
	}
}

func TestFamilyCountsLattices(t *testing.T) {
	for _, side := range [][2]int{{5, 2}, {3, 3}} {
		n, d := 1, side[1]
		for range d {
			n *= side[0]
		}
		x := mat.NewDense(n, d+1, nil)
		for i := range n {
			k := i
			for j := range d {
				x.Set(i, j, float64(k%side[0]))
				k /= side[0]
			}
			x.Set(i, d, 1)
		}
		a, err := NewArrangement(x)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		cells := 0
		if err := a.family().cells(func(s []int8) bool { seen[signKey(s)] = true; cells++; return true }); err != nil {
			t.Fatal(err)
		}
		if count, err := a.Count(t.Context()); err != nil || count.Int64() != int64(cells) || len(seen) != cells {
			t.Errorf("%v: %d cells, %d distinct, count %v, %v", side, cells, len(seen), count, err)
		}
	}
}
