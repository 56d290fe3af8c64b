package approx_test

import (
	"context"
	"fmt"

	"multigrade/approx"
)

// Six grades for a wave with a kink: the residual never grows at any point, and its
// bound on the whole interval falls with every grade.
func ExampleBuild() {
	f, err := approx.ParseExpr("sin(2*pi*x) + abs(x-1/3)/2", 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	o := approx.DefaultOptions()
	o.Grades = 6
	s, err := approx.Build(context.Background(), f, o)
	if err != nil {
		fmt.Println(err)
		return
	}
	before, falls := 1.5, true // above the supremum of |f|
	for _, g := range s.Grades {
		if !g.Trivial() {
			falls = falls && g.Sup < before
			before = g.Sup
		}
	}
	fmt.Println(s.Nontrivial(), falls, before < 0.1)
	// Output: 6 true true
}
