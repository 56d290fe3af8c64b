package hyperplane

import (
	"encoding/csv"
	"os"
	"slices"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// withBias reads a CSV file with a header, leaves out the last column (the target) and appends a column of ones.
func withBias(t *testing.T, path string) *mat.Dense {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	records = records[1:]
	d := len(records[0]) - 1
	x := mat.NewDense(len(records), d+1, nil)
	for i, record := range records {
		for j := range d {
			v, err := strconv.ParseFloat(record[j], 64)
			if err != nil {
				t.Fatalf("%s, row %d: %v", path, i, err)
			}
			x.Set(i, j, v)
		}
		x.Set(i, d, 1)
	}
	return x
}

func TestCO2Weekly(t *testing.T) {
	x := withBias(t, "../testdata/co2_weekly.csv")
	a, err := NewArrangement(x)
	if err != nil {
		t.Fatal(err)
	}
	count, err := a.Count(t.Context())
	if cells := enumerate(t, x); err != nil || int64(len(cells)) != count.Int64() || len(cells) != 2*a.Hyperplanes() {
		t.Errorf("count %v, %v; %d cells of %d hyperplanes", count, err, len(cells), a.Hyperplanes())
	}
}

// The first rows of the iris data are decided by enumeration and count on every run, all 150 rows (39 million cells)
// with -long. Distinctness of the many is tested by their 64-bit hashes.
func TestIris(t *testing.T) {
	x := withBias(t, "testdata/iris.csv")
	n, _ := x.Dims()
	if !*long {
		n = 40
	}
	a, err := NewArrangement(x.Slice(0, n, 0, 5))
	if err != nil {
		t.Fatal(err)
	}
	count, err := a.Count(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	words := make([]uint64, wordsFor(n))
	var hashes []uint64
	for flips, err := range a.Sweep(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range flips {
			words[i/64] ^= 1 << (i % 64)
		}
		hashes = append(hashes, Pattern{n, words}.Hash())
	}
	found := len(hashes)
	slices.Sort(hashes)
	if distinct := len(slices.Compact(hashes)); int64(found) != count.Int64() || distinct != found {
		t.Errorf("count %v, enumerated %d, distinct %d", count, found, distinct)
	}
	t.Logf("rank %d, %d hyperplanes, %v cells, %v in general position", a.Rank(), a.Hyperplanes(), count, a.GeneralPosition())
}

// Decimal data that are degenerate before rounding have cells that are points to working precision; the others have
// gates.
func TestIrisGates(t *testing.T) {
	x := withBias(t, "testdata/iris.csv").Slice(0, 16, 0, 5)
	a, err := NewArrangement(x)
	if err != nil {
		t.Fatal(err)
	}
	r := newRows(mat.DenseCopyOf(x))
	cells, thin := 0, 0
	for c, err := range a.Cells(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if c.Gate == nil {
			thin++
		} else if !r.inside(c.Pattern, c.Gate) {
			t.Fatalf("gate of %v is not inside", c.Pattern)
		}
		cells++
	}
	if thin*50 > cells {
		t.Errorf("%d of %d cells have no gate", thin, cells)
	}
}
