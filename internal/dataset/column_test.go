package dataset

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A cell that repeats the one above it counts as any other.
func TestRepeatedCells(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	texts := []string{"0", "0", "0", "1", "2", "1.5", "1.5", "3", "2001", "NA", "", "1,5", "a"}
	isMissing := func(text string) bool { return slices.Contains([]string{"", "NA"}, text) }
	for range 500 {
		got, want := newColumn(), newColumn()
		some := texts[:1+rng.IntN(len(texts))]
		for line := range 1 + rng.IntN(30) {
			text := some[rng.IntN(len(some))]
			got.see(text, line, isMissing)
			want.last = nil
			want.see(text, line, isMissing)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(column{}, cell{}, levelCount{})); diff != "" {
			t.Fatal(diff)
		}
	}
}
