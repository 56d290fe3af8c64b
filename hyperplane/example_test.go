package hyperplane_test

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
)

// The patterns of three points on a line, with a bias: the points left of a threshold, or right of it.
func Example() {
	x := mat.NewDense(3, 2, []float64{
		0, 1,
		1, 1,
		2, 1,
	})
	a, err := hyperplane.NewArrangement(x)
	if err != nil {
		fmt.Println(err)
		return
	}
	count, _ := a.Count(context.Background())
	fmt.Println("rank", a.Rank(), "cells", count)
	for c, err := range a.Cells(context.Background()) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(c.Pattern, hyperplane.PatternOf(x, c.Gate).Equal(c.Pattern))
	}
	// Output:
	// rank 2 cells 6
	// 111 true
	// 011 true
	// 001 true
	// 000 true
	// 100 true
	// 110 true
}

// The projection of c on the cone of a pattern.
func ExampleProjector() {
	x := mat.NewDense(2, 2, []float64{
		1, 0,
		0, 1,
	})
	p := hyperplane.NewProjector(x)
	dst := make([]float64, 2)
	mu, err := p.Project(dst, []float64{3, 4}, hyperplane.PatternOf(x, []float64{1, -1}), nil)
	fmt.Println(dst, mu, err)
	// Output: [3 0] [{1 4}] <nil>
}

// Sums over the active rows, kept up to date along a sweep.
func ExampleArrangement_Sweep() {
	x := mat.NewDense(3, 2, []float64{0, 1, 1, 1, 2, 1})
	nu := []float64{1, -3, 2}
	a, err := hyperplane.NewArrangement(x)
	if err != nil {
		fmt.Println(err)
		return
	}
	active := make([]bool, 3)
	sum, best := 0.0, 0.0
	for flips, err := range a.Sweep(context.Background()) {
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, i := range flips {
			if active[i] = !active[i]; active[i] {
				sum += nu[i]
			} else {
				sum -= nu[i]
			}
		}
		best = min(best, sum)
	}
	fmt.Println(best)
	// Output: -2
}
