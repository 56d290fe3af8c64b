package sweep

import (
	"encoding/csv"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// testedInFolds is what the folds of one data set, setting and seed come to.
type testedInFolds struct {
	of   []string  // data, seed and options but the fold
	rms  []float64 // of the test rows of each fold that is done
	done int
}

// folds gathers the rows that differ in nothing but the fold, in the order of the table.
func (t *Table) folds() []*testedInFolds {
	var all []*testedInFolds
	known := map[string]*testedInFolds{}
	for i := range t.Rows {
		r := &t.Rows[i]
		of := []string{r.Data, strconv.FormatUint(r.Seed, 10)}
		for _, o := range t.Options {
			if o != foldOption {
				of = append(of, r.Settings[o])
			}
		}
		key := strings.Join(of, "\x00")
		f := known[key]
		if f == nil {
			f = &testedInFolds{of: of}
			known[key] = f
			all = append(all, f)
		}
		f.done++
		if rms := r.testRMS(); !math.IsNaN(rms) {
			f.rms = append(f.rms, rms)
		}
	}
	return all
}

// meanAndError are the mean of the folds and its standard error, NaN where there are too
// few.
func (f *testedInFolds) meanAndError() (mean, se float64) {
	n := float64(len(f.rms))
	for _, v := range f.rms {
		mean += v / n
	}
	squares := 0.0
	for _, v := range f.rms {
		squares += float64((v - mean) * (v - mean))
	}
	if n == 0 {
		mean = math.NaN()
	}
	return mean, math.Sqrt(squares / (n * (n - 1)))
}

// WriteFolds writes a row per data set, setting and seed: how many of its folds are done,
// the mean over them of the root mean square on the test rows, and its standard error.
func (t *Table) WriteFolds(w io.Writer) error {
	settings := slices.DeleteFunc(slices.Clone(t.Options), func(o string) bool { return o == foldOption })
	rows := [][]string{head([]string{"data", "seed"}, settings, []string{"folds", "test_rms", "test_rms_se"})}
	for _, f := range t.folds() {
		mean, se := f.meanAndError()
		rows = append(rows, append(f.of, strconv.Itoa(f.done), number(mean), number(se)))
	}
	return csv.NewWriter(w).WriteAll(rows)
}
