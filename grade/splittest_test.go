package grade

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Groups and strata share all rows out, once each, the others of the test as ever.
func checkShared(t *testing.T, s Shares, n int, split Split) {
	t.Helper()
	if all := slices.Sorted(slices.Values(slices.Concat(split.Train, split.Validation, split.Test))); !slices.Equal(all, upTo(n)) || !slices.IsSorted(split.Test) {
		t.Fatalf("%+v of %d rows: %+v", s, n, split)
	}
	rest := slices.Sorted(slices.Values(slices.Concat(split.Train, split.Validation)))
	if train, validation := deal(rest, s.Validation); !slices.Equal(train, split.Train) || !slices.Equal(validation, split.Validation) {
		t.Fatalf("%+v of %d rows: the rest is dealt out as %+v", s, n, split)
	}
}

// No group is on both sides, and the test has its share but for half a group.
func TestSplitWholeGroups(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		n, of := 1+rng.IntN(60), 1+rng.IntN(12)
		s := Shares{Holdout: 0.05 + 0.5*rng.Float64(), Validation: 0.2, Group: "who"}
		groups, size := make([]int, n), map[int]int{}
		for i := range groups {
			groups[i] = rng.IntN(of)
			size[groups[i]]++
		}
		split := s.SplitRows(Rows{N: n, Groups: groups})
		checkShared(t, s, n, split)
		test, largest := map[int]bool{}, 0
		for _, i := range split.Test {
			test[groups[i]] = true
		}
		for _, i := range slices.Concat(split.Train, split.Validation) {
			if test[groups[i]] {
				t.Fatalf("group %d of %v is on both sides: %+v", groups[i], groups, split)
			}
		}
		for _, k := range size {
			largest = max(largest, k)
		}
		if off := math.Abs(s.Holdout*float64(n) - float64(len(split.Test))); off > float64(largest)/2+1e-9 {
			t.Errorf("%d test rows of %d, want a share of %v within half of %d", len(split.Test), n, s.Holdout, largest)
		}
	}
}

// Rows that are groups of their own are a share as by the rule without groups, at other
// places.
func TestSplitGroupsOfOne(t *testing.T) {
	s := Shares{Holdout: 0.1, Group: "id"}
	if got := s.SplitRows(Rows{N: 40, Groups: upTo(40)}); !slices.Equal(got.Test, []int{4, 14, 24, 34}) {
		t.Errorf("test rows %v", got.Test)
	}
}

// Every class has its share of the test but for one row, wherever its rows stand.
func TestSplitStrata(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		n, of := 1+rng.IntN(60), 1+rng.IntN(5)
		s := Shares{Holdout: 0.05 + 0.5*rng.Float64(), Validation: 0.2, Stratified: true}
		strata, size, tested := make([]float64, n), map[float64]int{}, map[float64]int{}
		for i := range strata {
			strata[i] = float64(rng.IntN(of))
			size[strata[i]]++
		}
		split := s.SplitRows(Rows{N: n, Strata: strata})
		checkShared(t, s, n, split)
		for _, i := range split.Test {
			tested[strata[i]]++
		}
		for class, k := range size {
			if math.Abs(s.Holdout*float64(k)-float64(tested[class])) >= 1 {
				t.Errorf("class %v: %d of %d rows are tested, want a share of %v", class, tested[class], k, s.Holdout)
			}
		}
	}
}
