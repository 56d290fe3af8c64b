package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"multigrade/internal/dataset"
)

// writeTable writes a table of so many rows.
func writeTable(t *testing.T, rows int) (path string) {
	t.Helper()
	var b strings.Builder
	b.WriteString("x,y\n")
	for i := range rows {
		fmt.Fprintf(&b, "%d,%d\n", i, i*i%97)
	}
	path = filepath.Join(t.TempDir(), "t.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func openTable(ctx context.Context, path string, converting func(string, int64, int64)) (*RowSource, error) {
	return OpenRows(ctx, path, 0, dataset.Options{Limits: dataset.DefaultLimits()}, "", converting)
}

// TestOneArray opens a table several times at once: one makes the array, all of them go on with it, and
// nothing else is left.
func TestOneArray(t *testing.T) {
	path := writeTable(t, 40000)
	var wg sync.WaitGroup
	var mu sync.Mutex
	made := 0
	for range 6 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			r, err := openTable(t.Context(), path, func(_ string, read, _ int64) {
				if read == 0 {
					mu.Lock()
					defer mu.Unlock()
					made++
				}
			})
			if err != nil {
				t.Error(err)
				return
			}
			defer r.Close()
			time.Sleep(2 * whileOther) // while the others come to theirs
			if err := r.Unchanged(); err != nil {
				t.Error(err)
			}
		}()
	}
	wg.Wait()
	if made != 1 {
		t.Errorf("the array was made %d times", made)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 3 {
		t.Errorf("%v, %v: want the table, the array and its origin", entries, err)
	}
}

// TestArrayOfAnother waits for a process that does not end.
func TestArrayOfAnother(t *testing.T) {
	path := writeTable(t, 10)
	l, err := lockName(filepath.Join(filepath.Dir(path), ".t.csv.npy."+LockFile))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 3*whileOther)
	defer cancel()
	if _, err := openTable(ctx, path, func(string, int64, int64) { t.Error("made") }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}
