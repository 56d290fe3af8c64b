package hyperplane

import (
	"context"
	"flag"
	"math/rand/v2"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/mat"
)

var long = flag.Bool("long", false, "also run the tests that take minutes")

// enumerate lists the cells of x and checks that they are distinct and their gates strictly inside.
func enumerate(t testing.TB, x mat.Matrix) []Cell {
	t.Helper()
	a, err := NewArrangement(x)
	if err != nil {
		t.Fatal(err)
	}
	r := newRows(x)
	seen := newPatternSet(100)
	var cells []Cell
	for c, err := range a.Cells(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		if !seen.add(c.Pattern) {
			t.Fatalf("pattern %v twice", c.Pattern)
		}
		if c.Gate == nil || !r.inside(c.Pattern, c.Gate) {
			t.Fatalf("pattern %v: gate %v is not strictly inside", c.Pattern, c.Gate)
		}
		cells = append(cells, c)
	}
	return cells
}

func TestCountsOfRandomRows(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, c := range [][2]int{{1, 1}, {3, 1}, {1, 3}, {1000, 2}, {300, 3}, {60, 4}, {30, 5}, {20, 7}, {9, 8}} {
		n, d := c[0], c[1]
		if n*d == 140 && !*long {
			n = 12
		}
		cells := enumerate(t, gaussian(rng, n, d))
		if want := Cover(n, min(n, d)); int64(len(cells)) != want.Int64() {
			t.Errorf("%d rows of rank %d: %d cells, want %v", n, d, len(cells), want)
		}
	}
}

func TestOrderDoesNotDependOnProcessors(t *testing.T) {
	x := gaussian(rand.New(rand.NewPCG(3, 4)), 40, 4)
	all := enumerate(t, x)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for k, c := range enumerate(t, x) {
		if !c.Pattern.Equal(all[k].Pattern) {
			t.Fatalf("cell %d differs", k)
		}
	}
}
