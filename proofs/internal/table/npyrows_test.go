package table

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRowsSha256: the hash is that of the whole file, and it is not waited for once the context has ended.
func TestRowsSha256(t *testing.T) {
	const rows = 1 << 16 // more than is read at a time
	text := npyText("<f8", "False", fmt.Sprintf("(%d, 2)", rows), strings.Repeat("\x01", 16*rows))
	path := filepath.Join(t.TempDir(), "a.npy")
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	a, err := OpenNpyRows(path)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if sum, err := a.Sha256(t.Context()); err != nil || sum != fmt.Sprintf("%x", sha256.Sum256([]byte(text))) {
		t.Errorf("%s, %v", sum, err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.Sha256(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("ended: %v", err)
	}
}
