package hyperplane

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// A cell between hyperplanes that differ in the last bit of one number has room for float64 vectors, but rounding a
// vector inside hardly ever gives one.
func TestGatesOfSlivers(t *testing.T) {
	a := []float64{0.7, -1.3, 0.2, 1}
	x := mat.NewDense(4, 4, nil)
	for i := range 4 {
		x.SetRow(i, a)
		if i > 0 {
			x.Set(i, i-1, math.Nextafter(a[i-1], 9))
		}
	}
	cells := enumerate(t, x)
	if len(cells) != 16 {
		t.Errorf("%d cells, want 16", len(cells))
	}
}
