package certificate

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// TestParts: a certificate whose nu and words stay in the file is refused where it is otherwise, and
// written again is the same bytes.
func TestParts(t *testing.T) {
	names, err := filepath.Glob(filepath.Join("testdata", "*", "*.cert"))
	if err != nil || len(names) < 100 {
		t.Fatal("no corpus", err)
	}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		whole, want := Decode(bytes.NewReader(raw))
		c, parts, got := DecodeParts(bytes.NewReader(raw), bytes.NewReader(raw))
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, as a whole %v", name, got, want)
		}
		if want != nil || got != nil {
			continue
		}
		if c.Dual.Nu != nil || len(c.Patterns) > 0 && len(c.Patterns[0].Words) > 0 {
			t.Errorf("%s: what grows with the rows was kept", name)
		}
		var a, b bytes.Buffer
		if err := Encode(&a, whole); err != nil {
			t.Fatal(name, err)
		}
		if err := EncodeParts(&b, c, parts); err != nil || !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("%s: written again it is another (%v)", name, err)
		}
	}
}

// TestPartsChanged: what is no longer in the file is an error, not a panic.
func TestPartsChanged(t *testing.T) {
	raw := []byte(encoded(boundary()))
	for at := range raw {
		c, parts, err := DecodeParts(bytes.NewReader(raw), bytes.NewReader(raw[:at]))
		if err != nil {
			t.Fatal(err)
		}
		b := new(bytes.Buffer)
		if err := EncodeParts(b, c, parts); err == nil && b.Len() != len(raw) {
			t.Errorf("a file cut after %d bytes gives %d of %d", at, b.Len(), len(raw))
		}
	}
}
