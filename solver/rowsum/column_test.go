package rowsum

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
)

// TestScratch: columns and bits come back from the file as they went there, and the file has no
// name that could be left behind.
func TestScratch(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "a[") // which is no pattern
	if err := os.Mkdir(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	file, err := NewScratch(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if entries, err := os.ReadDir(folder); err != nil || file.removed == nil && len(entries) > 0 {
		t.Errorf("the folder has %v (%v)", entries, err)
	}
	other := filepath.Join(folder, "rows")
	for _, name := range []string{other, filepath.Join(folder, ".rows-1")} {
		if err := os.WriteFile(name, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := RemoveScratch(folder); err != nil {
		t.Error(err)
	}
	if left, err := fs.Glob(os.DirFS(folder), "*"); err != nil || !slices.Equal(left, []string{filepath.Base(other)}) {
		t.Errorf("the folder has %v (%v)", left, err)
	}
	a, b := file.Column(10), file.Column(3)
	if err := a.Write([]float64{1, 2, 3}, 7); err != nil {
		t.Fatal(err)
	}
	if err := b.Write([]float64{4, 5}, 1); err != nil {
		t.Fatal(err)
	}
	got := make([]float64, 4)
	if err := a.Read(got, 6); err != nil || !slices.Equal(got, []float64{0, 1, 2, 3}) {
		t.Errorf("the column has %v (%v)", got, err)
	}

	const n = 64*5 + 13
	rows, gates := madeUp(n, 4, 5, false)
	r := &Runner{Rows: rows, Gates: gates, BlockRows: 128}
	if err := r.SetBits(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	gates.SetRow(3, gates.RawRowView(1)) // does not change what was found
	sums, zero, err := r.Digests(t.Context())
	if err != nil || slices.Contains(zero, true) || sums[1] == sums[3] {
		t.Errorf("digests %v, zero %v (%v)", sums, zero, err)
	}
	r.KeepPatterns([]int{4, 1})
	for j, p := range []int{4, 1} {
		want := hyperplane.PatternOf(rows.x, gates.RawRowView(p))
		words := make([]uint64, 4)
		if err := r.Words(words, j, 1); err != nil || !slices.Equal(words, want.Words()[1:5]) {
			t.Errorf("pattern %d has the words %x, want %x (%v)", p, words, want.Words()[1:5], err)
		}
		for _, i := range []int{0, 127, 128, n - 1} {
			if active, err := r.Active(j, i); err != nil || active != want.Active(i) {
				t.Errorf("pattern %d, row %d: active is %v (%v)", p, i, active, err)
			}
		}
	}
	if !mat.Equal(r.Gates, mat.NewDense(2, 4, append(slices.Clone(gates.RawRowView(4)), gates.RawRowView(1)...))) {
		t.Error("other gates are kept")
	}
}

// TestScratchFull: a file that cannot be written ends a pass with an error.
func TestScratchFull(t *testing.T) {
	file := someScratch(t)
	rows, gates := madeUp(200, 4, 5, false)
	file.file.Close()
	if err := (&Runner{Rows: rows, Gates: gates}).SetBits(t.Context(), file); err == nil {
		t.Error("bits that could not be kept are no error")
	}
	if _, err := (&Runner{Rows: rows, Gates: gates}).Run(t.Context(), &Products{Nu: file.Column(200), Patterns: 5, D: 4}); err == nil {
		t.Error("a column that could not be read is no error")
	}
}
