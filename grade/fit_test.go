package grade

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// What no model can be trained on, or how, is an error.
func TestFitRefuses(t *testing.T) {
	x, y := mat.NewDense(3, 1, []float64{0, 1, 2}), []float64{0, 1, 0}
	keep := func(*Options) {}
	for name, c := range map[string]struct {
		x   mat.Matrix
		y   []float64
		set func(*Options)
	}{
		"no x":          {nil, y, keep},
		"an empty x":    {&mat.Dense{}, y, keep},
		"a nil x":       {(*mat.Dense)(nil), y, keep},
		"no y":          {x, nil, keep},
		"a short y":     {x, y[:2], keep},
		"NaN":           {mat.NewDense(3, 1, []float64{0, math.NaN(), 2}), y, keep},
		"infinite":      {x, []float64{0, math.Inf(1), 0}, keep},
		"no loss":       {x, y, func(o *Options) { o.Loss = nil }},
		"no beta":       {x, y, func(o *Options) { o.Beta = nil }},
		"beta NaN":      {x, y, func(o *Options) { o.Beta = RelativeBeta(math.NaN()) }},
		"no grades":     {x, y, func(o *Options) { o.Grades = 0 }},
		"tolerance NaN": {x, y, func(o *Options) { o.Tol = math.NaN() }},
		"wrong gates":   {x, y, func(o *Options) { o.Gates = mat.NewDense(1, 7, nil) }},
		"empty gates":   {x, y, func(o *Options) { o.Gates = &mat.Dense{} }},
		"no width":      {x, y, func(o *Options) { o.Width = &Budget{} }},
		"negative":      {x, y, func(o *Options) { o.Limits.Iterations = -1 }},
		"a nil option":  {x, y, nil},
		"shares":        {x, y, func(o *Options) { o.Shares.Holdout = math.NaN() }},
	} {
		t.Run(name, func(t *testing.T) {
			if run, err := Fit(t.Context(), c.x, c.y, c.set); err == nil {
				t.Errorf("no error, status %v", run.Status)
			}
		})
	}
}
