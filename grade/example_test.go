package grade_test

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"multigrade/grade"
)

// Two grades on forty samples of a wave: each is the optimum over all activation
// patterns, and the second leaves less than the first.
func ExampleFit() {
	x, y := mat.NewDense(40, 1, nil), make([]float64, 40)
	for i := range y {
		t := float64(i) / 39
		x.Set(i, 0, t)
		y[i] = math.Sin(2 * math.Pi * t)
	}
	run, err := grade.Fit(context.Background(), x, y, func(o *grade.Options) {
		o.Grades, o.Beta = 2, grade.RelativeBeta(0.01) // of the beta from which on nothing is fitted
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	first, second := run.Ledger[0], run.Ledger[1]
	fmt.Println(run.Status, second.L2 < first.L2, second.L2 < 0.1)
	yhat, err := run.Model.Predict(mat.NewDense(1, 1, []float64{0.25}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(math.Abs(yhat.At(0, 0)-1) < 0.1)
	// Output:
	// optimal true true
	// true
}
