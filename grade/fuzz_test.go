package grade

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// validRuns adds the files of that name of the checker's corpus.
func validRuns(f *testing.F, name string) {
	f.Helper()
	paths, err := filepath.Glob(filepath.Join("../proofs/testdata/runs/valid/*", name))
	if err != nil || len(paths) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
}

// A model that is read can be written, and is read again as the same bytes.
func FuzzLoad(f *testing.F) {
	validRuns(f, "model.json")
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := Load(bytes.NewReader(raw))
		if err != nil {
			return
		}
		var once, twice bytes.Buffer
		if err := m.Save(&once); err != nil {
			t.Fatal(err)
		}
		again, err := Load(bytes.NewReader(once.Bytes()))
		if err != nil {
			t.Fatalf("written, it is refused: %v", err)
		}
		if err := again.Save(&twice); err != nil || !bytes.Equal(once.Bytes(), twice.Bytes()) {
			t.Errorf("another model the second time, %v", err)
		}
	})
}

func FuzzLedger(f *testing.F) {
	validRuns(f, "ledger.csv")
	f.Fuzz(func(t *testing.T, raw []byte) {
		l, err := ReadLedger(bytes.NewReader(raw))
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := l.Write(&b); err != nil {
			t.Fatal(err)
		}
		if again, err := ReadLedger(&b); err != nil || len(again) != len(l) {
			t.Errorf("%d rows, written and read again %d, %v", len(l), len(again), err)
		}
	})
}
