package certificate

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"multigrade/proofs/internal/exact"
	"multigrade/proofs/internal/verdict"
)

// TestBlockCheck: what is false is not accepted in blocks, and what is true is, or is said not to
// be shown there. The corpus has claims that are true by nothing, which only exact arithmetic
// decides.
func TestBlockCheck(t *testing.T) {
	accepted := 0
	for _, kind := range []string{"valid", "invalid"} {
		names, err := filepath.Glob(filepath.Join("testdata", kind, "*.cert"))
		if err != nil || len(names) == 0 {
			t.Fatal("no corpus", err)
		}
		for _, name := range names {
			f, err := os.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			c, err := Decode(f)
			if err == nil {
				_, err = f.Seek(0, io.SeekStart)
			}
			var parts Parts
			if err == nil {
				_, parts, err = DecodeParts(f, f)
			}
			defer f.Close()
			if err != nil || c.Data == nil || c.Data.X.Sparse() {
				continue
			}
			b, err := NewBlockCheck(c, parts)
			if err != nil {
				continue // not for blocks
			}
			n := c.Program.Rows
			for from := 0; from < n; from += 64 {
				to := min(from+64, n)
				x := exact.Matrix{Rows: to - from, Cols: c.Data.X.Cols, Values: c.Data.X.Values[from*c.Data.X.Cols : to*c.Data.X.Cols]}
				if err := b.Add(x, c.Data.Y[from:to], part(c.Program.Offset, from, to)); err != nil {
					t.Fatal(name, err)
				}
			}
			b.Target(c.Data.Y)
			b.Offset(c.Program.Offset)
			r := b.Report()
			whole := Check(c, c.Data.X, c.Data.Y)
			if len(r.Claims) != len(whole.Claims) {
				t.Errorf("%s: %d claims in blocks, %d as a whole", name, len(r.Claims), len(whole.Claims))
				continue
			}
			for k, claim := range r.Claims {
				want := whole.Claims[k]
				switch {
				case claim.Name != want.Name:
					t.Errorf("%s: claim %s in blocks, %s as a whole", name, claim.Name, want.Name)
				case claim.Verdict == verdict.Valid && want.Verdict != verdict.Valid:
					t.Errorf("%s: %s is accepted in blocks, and as a whole %s: %s", name, claim.Name, want.Verdict, want.Detail)
				case claim.Verdict == verdict.Valid:
					accepted++
				case want.Verdict == verdict.Valid && !strings.Contains(claim.Detail, "in blocks of rows"):
					t.Errorf("%s: %s is not accepted in blocks: %s", name, claim.Name, claim.Detail)
				}
			}
		}
	}
	if accepted < 100 {
		t.Errorf("only %d claims were accepted in blocks", accepted)
	}
}

// part is v[from:to], nil of nil.
func part(v []float64, from, to int) []float64 {
	if v == nil {
		return nil
	}
	return v[from:to]
}
