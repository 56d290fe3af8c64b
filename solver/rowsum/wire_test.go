package rowsum

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"multigrade/solver/internal/loss"
)

// A pass that was written and read elsewhere, in shards, comes to the same bits; nu of all rows
// is what the shards' parts of it are together.
func TestSameBitsElsewhere(t *testing.T) {
	const n, size = 64*21 + 13, 4
	for _, l := range []loss.Loss{loss.Squared, loss.Logistic} {
		rows, gates := madeUp(n, 4, 5, l.Labels())
		r := &Runner{Rows: rows, Gates: gates, Slope: 0.1, BlockRows: 64}
		for _, p := range passes(t, l, gates, n) {
			raw, err := Encode(r, l, p)
			if err != nil {
				t.Fatal(err)
			}
			want, err := r.Run(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			var shards []*Part
			var kept []float64
			for from := 0; from < r.Blocks(); from += size {
				to := min(from+size, r.Blocks())
				other, q, own, err := Decode(raw, rows)
				if err != nil {
					t.Fatal(err)
				}
				part, err := other.Shard(t.Context(), q, from, to)
				if err != nil {
					t.Fatal(err)
				}
				if first, end := other.RowsOf(from, to); own != nil {
					kept = append(kept, own[first:end]...)
				}
				shards = append(shards, part)
			}
			if got := Combine(p, size, shards); !reflect.DeepEqual(got, want) {
				t.Errorf("%s, %T: elsewhere %v, here %v", l.Name(), p, got, want)
			}
			here, _ := KeptNu(p).(Values)
			if !slices.Equal(kept, here) {
				t.Errorf("%s, %T: %d entries of nu elsewhere, %d here, or others", l.Name(), p, len(kept), len(here))
			}
		}
	}
}

func TestNotElsewhere(t *testing.T) {
	rows, gates := madeUp(100, 4, 5, false)
	r := &Runner{Rows: rows, Gates: gates}
	for _, p := range []Pass{&Advance{}, &Reach{}, &Deviations{}} {
		if _, err := Encode(r, loss.L1, p); err == nil {
			t.Errorf("a pass %T is written", p)
		}
	}
	raw, err := Encode(r, loss.Squared, &Products{Nu: Values(make([]float64, 100)), Loss: loss.Squared, Patterns: 5, D: 4})
	if err != nil {
		t.Fatal(err)
	}
	other, _ := madeUp(99, 4, 5, false)
	if _, _, _, err := Decode(raw, other); err == nil {
		t.Error("nu of other rows is read")
	}
	narrow, _ := madeUp(100, 3, 5, false)
	if _, _, _, err := Decode(raw, narrow); err == nil {
		t.Error("gates of other columns are read")
	}
	for _, change := range [][2]string{{`"squared"`, `"l1"`}, {`"squared"`, `"cubed"`}, {`"products"`, `"produce"`}, {`{`, ``}} {
		if _, _, _, err := Decode([]byte(strings.Replace(string(raw), change[0], change[1], 1)), rows); err == nil {
			t.Errorf("%s is read", change[1])
		}
	}
}
