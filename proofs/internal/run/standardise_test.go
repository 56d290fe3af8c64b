package run

import (
	"math"
	"slices"
	"testing"

	"multigrade/proofs/internal/exact"
)

func TestSplitRows(t *testing.T) {
	train, valid, test := splitRows(20, 0.1, 0.5)
	if !slices.Equal(test, []int{9, 19}) {
		t.Errorf("test rows %v, want every tenth", test)
	}
	if !slices.Equal(valid, []int{1, 3, 5, 7, 10, 12, 14, 16, 18}) { // of the rows left, every second
		t.Errorf("validation rows %v", valid)
	}
	if len(train)+len(valid)+len(test) != 20 {
		t.Errorf("training rows %v", train)
	}
	if train, valid, test := splitRows(5, 0, 0); len(train) != 5 || valid != nil || test != nil {
		t.Errorf("no shares: %v %v %v", train, valid, test)
	}
}

func TestScalingOfDenseColumns(t *testing.T) {
	x := exact.Matrix{Rows: 4, Cols: 3, Values: []float64{1, 7, 0.1, 3, 7, 0.1, 100, 100, 100, 5, 7, 0.1}}
	s := columnScaling(x, []int{0, 1, 3})
	if !slices.Equal(s.Shift, []float64{3, 7, 0.1}) || !slices.Equal(s.Scale, []float64{math.Sqrt(8.0 / 3), 0, 0}) {
		t.Errorf("got %v", s)
	}
	y := s.apply(x, []int{1, 3, 2})
	if want := []float64{0, 0, 0, 2 / math.Sqrt(8.0/3), 0, 0, 97 / math.Sqrt(8.0/3), 0, 0}; !slices.Equal(y.Values, want) {
		t.Errorf("got %v, want %v", y.Values, want)
	}
}

// TestScalingOfSparseColumns: the population deviation counts the zeros; nothing is shifted.
func TestScalingOfSparseColumns(t *testing.T) {
	x := exact.Matrix{Rows: 4, Cols: 3, Start: []int{0, 2, 3, 5, 6}, Index: []int{0, 1, 1, 0, 1, 1}, Values: []float64{2, 6, 6, 4, 6, 6}}
	s := columnScaling(x, []int{0, 1, 2, 3})
	mean := 6.0 / 4
	want := math.Sqrt(((2-mean)*(2-mean) + (4-mean)*(4-mean) + 2*mean*mean) / 4)
	if !slices.Equal(s.Shift, []float64{0, 0, 0}) || !slices.Equal(s.Scale, []float64{want, 0, 0}) {
		t.Errorf("got %v, want scale %v of the first column and 0 of the constant ones", s, want)
	}
	if y := s.apply(x, []int{2}); !slices.Equal(y.Values, []float64{4 / want, 0}) || !slices.Equal(y.Index, []int{0, 1}) {
		t.Errorf("got %v", y)
	}
}
