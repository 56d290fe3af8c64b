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

// The linear threshold functions of Boolean variables (Muroga 1971) and of a lattice are the cells of its points with
// a bias.
func TestThresholdFunctions(t *testing.T) {
	want := []int{4, 14, 104, 1882, 94572}
	for d := 1; d <= 5; d++ {
		x := mat.NewDense(1<<d, d+1, nil)
		for i := range 1 << d {
			for j := range d {
				x.Set(i, j, float64(i>>j&1))
			}
			x.Set(i, d, 1)
		}
		a, err := NewArrangement(x)
		if err != nil {
			t.Fatal(err)
		}
		count, err := a.Count(t.Context())
		if err != nil || count.Int64() != int64(want[d-1]) {
			t.Errorf("d = %d: count %v, %v, want %d", d, count, err, want[d-1])
		}
		if d < 5 || *long {
			if cells := enumerate(t, x); len(cells) != want[d-1] {
				t.Errorf("d = %d: %d cells, want %d", d, len(cells), want[d-1])
			}
		}
	}
}
