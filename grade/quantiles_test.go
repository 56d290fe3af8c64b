package grade

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/solver"
)

// Predictions of quantiles rise everywhere, far from the data, too, and behind every
// grade; rearranged they are in sum no worse in the quantile loss than the outputs.
func TestQuantilesDoNotCross(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 5))
	const n = 60
	x, y := mat.NewDense(n, 2, nil), make([]float64, n)
	for i := range n {
		a, b := rnd.NormFloat64(), rnd.NormFloat64()
		x.SetRow(i, []float64{a, b})
		y[i] = a + b*rnd.NormFloat64() // whose spread is b
	}
	levels := []float64{0.1, 0.4, 0.5, 0.9}
	run, err := Fit(context.Background(), x, y, func(o *Options) {
		o.Loss, o.Quantiles, o.Grades, o.Beta, o.Limits.Work = solver.Quantile(levels[0]), levels, 2, RelativeBeta(1e-3), 1
	})
	if err != nil {
		t.Fatal(err)
	}
	m := run.Model
	wide := mat.NewDense(400, 2, nil)
	wide.Apply(func(_, _ int, _ float64) float64 { return 5 * rnd.NormFloat64() }, wide)
	stages, err := m.PredictStages(wide)
	if err != nil {
		t.Fatal(err)
	}
	for k, at := range stages {
		for i := range 400 {
			if !slices.IsSorted(at.RawRowView(i)) {
				t.Fatalf("grade %d row %d: %v", k, i, at.RawRowView(i))
			}
		}
	}
	sorted, err := m.Predict(x)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		now, before := 0.0, 0.0
		for q, level := range levels {
			l := solver.Quantile(level)
			now += l.Value(sorted.RawRowView(i)[q:q+1], y[i:i+1])
			e := float64(m.Output.Scale[q] * quantileOutputs(m, x)[q][i]) // shifts and scales are alike
			before += l.Value([]float64{m.Output.Shift[q] + e}, y[i:i+1])
		}
		if now > before+1e-12 {
			t.Errorf("row %d: loss %v, of the outputs %v", i, now, before)
		}
	}
	crossed := false
	for i := range 400 {
		var row []float64
		for _, f := range quantileOutputs(m, wide) {
			row = append(row, f[i])
		}
		crossed = crossed || !slices.IsSorted(row)
	}
	if !crossed {
		t.Error("the outputs cross nowhere, so that nothing was shown")
	}
}

// quantileOutputs are f_1 + ... by output, as they were trained.
func quantileOutputs(m *Model, x mat.Matrix) [][]float64 {
	rows, _ := x.Dims()
	sums := make([][]float64, m.Outputs())
	sum := mat.NewDense(rows, m.Outputs(), nil)
	if _, err := m.walk(x, len(m.Grades), func(v *evaluation) { v.addTo(sum) }); err != nil {
		panic(err)
	}
	for q := range sums {
		sums[q] = mat.Col(nil, q, sum)
	}
	return sums
}

func TestQuantilesRefused(t *testing.T) {
	x, y := mat.NewDense(4, 1, []float64{1, 2, 3, 4}), []float64{1, 2, 2, 5}
	for _, c := range []struct {
		levels []float64
		loss   solver.Loss
	}{
		{[]float64{0.5}, solver.Quantile(0.5)}, {[]float64{0.5, 0.4}, solver.Quantile(0.5)}, {[]float64{0, 0.4}, solver.Quantile(0.5)},
		{[]float64{0.5, 1}, solver.Quantile(0.5)}, {[]float64{0.1, 0.4}, solver.Squared}, {[]float64{0.1, 0.4}, solver.Huber(0.1)},
	} {
		if _, err := Fit(context.Background(), x, y, func(o *Options) { o.Quantiles, o.Loss = c.levels, c.loss }); err == nil {
			t.Errorf("%v with %s is taken", c.levels, c.loss.Name())
		}
	}
	two := &Data{X: x, Labels: Labels{Y: [][]float64{y, y}}, Source: Source{Rows: 4, Features: 1, Columns: []string{"x"}, Target: []string{"a", "b"}}}
	o := DefaultOptions()
	o.Quantiles, o.Loss = []float64{0.1, 0.5}, solver.Quantile(0.1)
	if _, err := Train(context.Background(), two, o); !errors.Is(err, ErrOptions) {
		t.Errorf("two targets: %v", err)
	}
}
