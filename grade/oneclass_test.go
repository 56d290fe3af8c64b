package grade

import (
	"context"
	"errors"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/solver"
)

// Training rows of one class leave the logistic loss without a least value, which is
// said before the training; other losses train.
func TestTrainingRowsOfOneClass(t *testing.T) {
	for _, c := range []struct {
		loss      solver.Loss
		intercept bool
		refused   bool
	}{{solver.Logistic, true, true}, {solver.Logistic, false, false}, {solver.Hinge, true, false}, {solver.Squared, true, false}} {
		data := &Data{Source: Source{Target: []string{"y"}, Features: 1}, X: mat.NewDense(4, 1, []float64{1, 2, 3, 4}),
			Labels: Labels{Task: Binary, Classes: []string{"no", "yes"}, Y: [][]float64{{1, 1, 1, 1}}}}
		o := DefaultOptions()
		o.Grades, o.Loss, o.Intercept = 1, c.loss, c.intercept
		if _, err := Train(context.Background(), data, o); errors.Is(err, ErrData) != c.refused || err != nil && !c.refused {
			t.Errorf("%s, intercept %v: %v", c.loss.Name(), c.intercept, err)
		}
	}
}
