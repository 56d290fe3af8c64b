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

func TestFamilyLattice(t *testing.T) {
	// {0..4}^2 with bias
	x := mat.NewDense(25, 3, nil)
	for i := range 25 {
		x.SetRow(i, []float64{float64(i % 5), float64(i / 5), 1})
	}
	a, _ := NewArrangement(x)
	seen := map[string]bool{}
	n := 0
	if err := a.family().cells(func(s []int8) bool { seen[signKey(s)] = true; n++; return true }); err != nil {
		t.Fatal(err)
	}
	t.Log(n, len(seen))
	x = mat.NewDense(27, 4, nil)
	for i := range 27 {
		x.SetRow(i, []float64{float64(i % 3), float64(i / 3 % 3), float64(i / 9), 1})
	}
	a, _ = NewArrangement(x)
	seen = map[string]bool{}
	n = 0
	if err := a.family().cells(func(s []int8) bool { seen[signKey(s)] = true; n++; return true }); err != nil {
		t.Fatal(err)
	}
	t.Log(n, len(seen))
}
