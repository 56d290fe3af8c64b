package export

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/grade"
)

// In double precision the evaluation is the model's, up to rounding; in single
// precision it is as near as its numbers are, and no nearer.
func TestSinglePrecision(t *testing.T) {
	eachShape(t, func(t *testing.T, m *grade.Model, f *grade.Flat, x, y *mat.Dense) {
		n, _ := x.Dims()
		for i := range n {
			for k, v := range outputsOf[float64](f, x.RawRowView(i)) {
				if want := y.At(i, k); math.Abs(v-want) > 1e-13*mat.Norm(y, math.Inf(1)) {
					t.Fatalf("row %d, output %d: %v, want %v", i, k, v, want)
				}
			}
		}
		if f.Layers == nil || f.Layers[0].G != nil { // gates may flip
			return
		}
		d := SinglePrecision(f)
		if !(d.Relative > 1e-9 && d.Relative < 1e-3) || d != SinglePrecision(f) {
			t.Errorf("%+v", d)
		}
	})
}

// Inputs and outputs far from 0 for their spread are what single precision loses.
func TestSinglePrecisionOfOffsets(t *testing.T) {
	eachShape(t, func(t *testing.T, m *grade.Model, f *grade.Flat, x, y *mat.Dense) {
		if f.Layers == nil || slices.ContainsFunc(f.Layers, func(l grade.FlatLayer) bool { return l.W == nil }) {
			return
		}
		far := *f
		far.Input.Shift = slices.Clone(f.Input.Shift)
		far.Input.Shift[0] = 1e9
		if d := SinglePrecision(&far); !(d.Relative > 1e-2) {
			t.Errorf("an input about 1e9: %+v", d)
		}
		far = *f
		far.Output.Shift = slices.Clone(f.Output.Shift)
		far.Output.Shift[0] = 1e9
		if d := SinglePrecision(&far); !(d.Relative > 1e-2) {
			t.Errorf("an output about 1e9: %+v", d)
		}
		far.Output.Shift[0] = 1e300 // beyond the largest number of single precision
		if d := SinglePrecision(&far); d.Relative <= 1e10 {
			t.Errorf("an output about 1e300: %+v", d)
		}
	})
}
