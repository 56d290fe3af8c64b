package solver_test

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"multigrade/solver"
)

// The distance from 1/2 at five points, with a bias column: two neurons.
func ExampleSolveGlobal() {
	x := mat.NewDense(5, 2, []float64{0, 1, 0.25, 1, 0.5, 1, 0.75, 1, 1, 1})
	p := &solver.Problem{X: x, Y: []float64{0.5, 0.25, 0, 0.25, 0.5}, Beta: 1e-3}
	r, err := solver.SolveGlobal(context.Background(), p, solver.DefaultGlobalOptions())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.GlobalStatus, r.GlobalRelGap <= 1e-6, r.GlobalBound <= r.Primal)
	// Output: optimal true true
}

// Losses by the names that the command line takes.
func ExampleParseLoss() {
	l, err := solver.ParseLoss("quantile:0.9")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s %.2f\n", l.Name(), l.Value([]float64{0, 0}, []float64{1, -1}))
	// Output: quantile 0.50
}
