package certificate

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// FuzzDecode: no input makes the parser panic, hang or allocate by a count that
// is not backed by input; what it accepts is encoded and read back to the same
// certificate, and small ones are judged as the naive checker judges them.
func FuzzDecode(f *testing.F) {
	for _, folder := range []string{"valid", "invalid", "malformed"} {
		paths, err := filepath.Glob(filepath.Join("testdata", folder, "*.cert"))
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range paths {
			raw, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(raw)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := Decode(bytes.NewReader(raw))
		if err != nil {
			return
		}
		if err := wellFormed(c); err != nil {
			t.Fatalf("decoded, but not well formed: %v", err)
		}
		text := encoded(c)
		d, err := Decode(strings.NewReader(text))
		if err != nil || encoded(d) != text {
			t.Fatalf("not the same after encoding: %v", err)
		}
		if c.Data != nil && len(raw) < 4000 && c.Program.Rows*c.Program.Cols < 200 {
			agree(t, "fuzz", string(raw))
		}
	})
}

// TestCountsAllocateNothing: counts of two billion cost no memory until the
// input has delivered.
func TestCountsAllocateNothing(t *testing.T) {
	for _, text := range []string{
		replaceAll(encoded(boundary()), "rows 4", "rows 2147483647", "cols 2", "cols 16777216"),
		replaceAll(encoded(boundary()), "neurons 1", "neurons 2147483647"),
		replaceAll(encoded(boundary()), "patterns 1", "patterns 2147483647"),
		replaceAll(encoded(boundary()), "multipliers 5", "multipliers 2147483647", "mu+ 2", "mu+ 2147483647"),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := Decode(strings.NewReader(text)); err == nil {
			t.Error("accepted")
		}
		runtime.ReadMemStats(&after)
		used := after.TotalAlloc - before.TotalAlloc
		if used > 1<<18 {
			t.Errorf("%d bytes allocated for %d bytes of input", used, len(text))
		}
	}
}
