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
			if n, ok := inBlocks(t, name, c, parts); ok {
				accepted += n
			}
		}
	}
	if accepted < 100 {
		t.Errorf("only %d claims were accepted in blocks", accepted)
	}
}

// inBlocks checks a certificate in blocks of 64 rows, which is to accept no more than a check as a whole,
// and returns how many claims are accepted; not ok where it is not for blocks.
func inBlocks(t *testing.T, name string, c *Certificate, parts Parts) (accepted int, ok bool) {
	t.Helper()
	b, err := NewBlockCheck(c, parts)
	if err != nil {
		return 0, false
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
		return 0, true
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
	return accepted, true
}

// TestBlocksJoin: what is joined over several blocks, the maximum of deviations, nu's absolute sum and
// offsets, is that of all rows: lies that hold of the last block, or of the first, are refused.
func TestBlocksJoin(t *testing.T) {
	shape := problem{Rows: 150, Cols: 2, intercept: true, active: 1, patterns: 2}
	check := func(name string, c *Certificate) int {
		text := encoded(c)
		_, parts, err := DecodeParts(strings.NewReader(text), strings.NewReader(text))
		if err != nil {
			t.Fatal(name, err)
		}
		accepted, ok := inBlocks(t, name, c, parts)
		if !ok {
			t.Fatal(name, "is not for blocks")
		}
		return accepted
	}
	const all = 8 // claims
	for _, row := range []int{3, 80, 140} {
		c := withLoss(LInf, shape)
		c.Data.Y[row] = 1000
		shape.finish(c, c.Data.X, c.Data.Y)
		c.Network.Primal, c.Network.Objective = c.Network.Primal*(1+1e-9), c.Network.Objective*(1+1e-9) // room for enclosures
		c.Gap = Gap{Rel: RelGap(c.Network.Primal, c.Dual.Bound), Tol: 1e-6, Status: StatusLimit}
		if n := check("linf", c); n != all {
			t.Errorf("linf, the largest in row %d: %d of %d claims are accepted", row, n, all)
		}
		for _, lie := range []func(){
			func() { c.Network.Primal, c.Network.Objective = c.Network.Primal/2, c.Network.Objective/2 },
			func() { scaleDual(c, 0x1p20) },
		} {
			lie()
			c.Gap.Rel = RelGap(c.Network.Primal, c.Dual.Bound)
			if n := check("a lie of linf", c); n == all {
				t.Errorf("linf, the largest in row %d: a lie is accepted", row)
			}
		}
	}
	for _, loss := range []string{Logistic, Hinge} {
		c := withOffset(withLoss(loss, shape))
		if n := check(loss, c); n < all-1 {
			t.Errorf("%s with offsets: %d of %d claims are accepted", loss, n, all)
		}
		c.Program.Offset[140] += 1
		if n := check(loss, c); n == all {
			t.Errorf("%s: an offset in the last block may be another", loss)
		}
	}
}

// part is v[from:to], nil of nil.
func part(v []float64, from, to int) []float64 {
	if v == nil {
		return nil
	}
	return v[from:to]
}
