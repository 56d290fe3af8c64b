package grade

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// Weights whose ratio float64 does not bear are refused before the training, those up
// to there train.
func TestWeightsThatCannotBe(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for _, c := range []struct {
		low, high float64
		refused   bool
	}{
		{1, 1e15, false}, {1e-200, 1e-190, false}, {1e190, 1e200, false},
		{1, 1e16, true}, {1e-300, 1e300, true}, {1e-320, 2e-320, true}, {1e305, 1e308, true},
		{0, 1, true}, {-1, 1, true}, {math.NaN(), 1, true}, {1, math.Inf(1), true},
	} {
		const n = 12
		data := &Data{Source: Source{Target: []string{"y"}}, X: mat.NewDense(n, 1, nil), Labels: Labels{Y: [][]float64{make([]float64, n)}}, Weight: make([]float64, n), WeightColumn: "w"}
		for i := range n {
			data.X.(*mat.Dense).Set(i, 0, rng.NormFloat64())
			data.Y[0][i] = rng.NormFloat64()
			if data.Weight[i] = c.high; i%3 == 0 {
				data.Weight[i] = c.low
			}
		}
		o := DefaultOptions()
		o.Grades = 1
		if _, err := Train(context.Background(), data, o); Refused(err) != c.refused || err != nil && !c.refused {
			t.Errorf("weights %g and %g: %v", c.low, c.high, err)
		}
	}
}
