package grade_test

import (
	"errors"
	"math"
	"testing"

	"github.com/james-bowman/sparse"
	"gonum.org/v1/gonum/mat"

	"multigrade/grade"
)

func TestNewDataRefuses(t *testing.T) {
	good := mat.NewDense(2, 1, []float64{1, 2})
	for name, make := range map[string]func() (*grade.Data, error){
		"no matrix":      func() (*grade.Data, error) { return grade.NewData(nil, nil) },
		"a target short": func() (*grade.Data, error) { return grade.NewData(good, []float64{1}) },
		"a name short":   func() (*grade.Data, error) { return grade.NewData(good, []float64{1, 2}, "x") },
		"NaN in y":       func() (*grade.Data, error) { return grade.NewData(good, []float64{1, math.NaN()}) },
		"infinity in X": func() (*grade.Data, error) {
			return grade.NewData(mat.NewDense(2, 1, []float64{1, math.Inf(1)}), []float64{1, 2})
		},
		"names alike":     func() (*grade.Data, error) { return grade.NewData(good, []float64{1, 2}, "x", "x") },
		"an empty name":   func() (*grade.Data, error) { return grade.NewData(good, []float64{1, 2}, "", "y") },
		"an empty matrix": func() (*grade.Data, error) { return grade.NewData(new(mat.Dense), nil) },
	} {
		if _, err := make(); !errors.Is(err, grade.ErrData) {
			t.Errorf("%s: %v, want ErrData", name, err)
		}
	}
	if _, err := grade.NewData(good, []float64{1, 2}); err != nil {
		t.Error(err)
	}
}

// What nothing can be predicted for is an error, in every way to ask; a number is made of numbers alone.
func TestPredictRefuses(t *testing.T) {
	x := mat.NewDense(8, 1, []float64{0, 1, 2, 3, 4, 5, 6, 7})
	run, err := grade.Fit(t.Context(), x, []float64{0, 1, 0, 1, 2, 3, 2, 1}, func(o *grade.Options) { o.Grades = 1 })
	if err != nil {
		t.Fatal(err)
	}
	stored := sparse.NewDOK(2, 1)
	stored.Set(1, 0, math.NaN())
	for name, x := range map[string]mat.Matrix{
		"no matrix": nil, "a nil matrix": (*mat.Dense)(nil), "a nil sparse matrix": (*sparse.CSR)(nil), "no rows": new(mat.Dense),
		"another column": mat.NewDense(2, 2, nil), "NaN": mat.NewDense(2, 1, []float64{1, math.NaN()}), "infinity": mat.NewDense(1, 1, []float64{math.Inf(-1)}),
		"NaN among zeros": stored.ToCSR(),
	} {
		_, all := run.Model.Predict(x)
		_, stages := run.Model.PredictStages(x)
		_, features := run.Model.Features(x, 1)
		for _, err := range []error{all, stages, features} {
			if !errors.Is(err, grade.ErrData) {
				t.Errorf("%s: %v, want ErrData", name, err)
			}
		}
	}
	if y, err := run.Model.Predict(x); err != nil || y.At(0, 0) != y.At(0, 0) {
		t.Errorf("%v, %v", y, err)
	}
}
