package grade_test

import (
	"errors"
	"math"
	"testing"

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
