package sphere

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// A search over pieces whose bound will not come below the closed form is left.
func TestPiecesAboveTheClosedFormAreLeft(t *testing.T) {
	const pieces, rows, d = 120, 4, 24
	rng := rand.New(rand.NewPCG(1, 2))
	knots := make([][]float64, pieces+1)
	for k := range knots {
		for range d {
			knots[k] = append(knots[k], rng.NormFloat64())
		}
	}
	x, nu, line := mat.NewDense(pieces*rows, d, nil), make([]float64, pieces*rows), make([]float64, pieces*rows)
	for i := range nu {
		k, theta := i/rows, float64(i%rows)/rows
		for j := range d {
			x.Set(i, j, (1-theta)*knots[k][j]+theta*knots[k+1][j])
		}
		nu[i], line[i] = rng.NormFloat64(), float64(i)
	}
	for _, hopeless := range []float64{0, math.Inf(1)} {
		o := DefaultBoundOptions()
		o.Line, o.Hopeless, o.MaxLeaves, o.Work = line, hopeless, 2000, 6e9
		b, err := MaxNeuron(context.Background(), x, nu, o)
		if err != nil {
			t.Fatal(err)
		}
		if b.Left != (hopeless > 0) || b.Method != "closed form" {
			t.Errorf("hopeless %v: left %v after %d nodes, %s, [%v, %v]", hopeless, b.Left, b.Leaves, b.Method, b.Lower, b.Upper)
		}
	}
}
