package operator

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func TestRowNorms(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 8))
	for _, size := range []float64{1, 1e-200, 1e200, 5e-324} {
		x := mat.NewDense(20, 7, nil)
		for i := 1; i < 20; i++ {
			for j := range 7 {
				if rng.IntN(3) > 0 {
					x.Set(i, j, size*rng.NormFloat64())
				}
			}
		}
		d, err := NewDesign(x)
		if err != nil {
			t.Fatal(err)
		}
		for i, got := range RowNorms(d) {
			want := 0.0
			for _, v := range x.RawRowView(i) {
				want = math.Hypot(want, v)
			}
			if math.Abs(got-want) > 1e-15*want {
				t.Errorf("row %d of size %v: %v, want %v", i, size, got, want)
			}
		}
	}
}
