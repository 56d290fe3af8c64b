package train

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Two neurons are three straight pieces, the outer one for x^2 on [0, 1] a constant: the
// best are off by 1/50. Least squares leave more, and reweighting, which keeps their
// constant, comes closer.
func TestMinimax(t *testing.T) {
	const n = 65
	x, y := mat.NewDense(n, 2, nil), make([]float64, n)
	for i := range n {
		u := float64(i) / (n - 1)
		x.SetRow(i, []float64{2*u - 1, 1})
		y[i] = u * u
	}
	largest := func(rounds int) float64 {
		net, err := Minimax(context.Background(), x, y, MinimaxOptions{Neurons: 2, Surplus: 4, Rounds: rounds, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		if len(net.Neurons) > 2 {
			t.Errorf("%d neurons", len(net.Neurons))
		}
		return floats.Norm((&lawson{x: x, y: y}).errors(net), math.Inf(1))
	}
	squares, minimax := largest(0), largest(40)
	t.Logf("%.5f by squares, %.5f reweighted", squares, minimax)
	if minimax < 0.999/50 || minimax > 1.2/50 || squares < 1.1*minimax {
		t.Errorf("largest error %v by squares, %v reweighted, want 1/50 to 1.2/50", squares, minimax)
	}
	if _, err := Minimax(context.Background(), x, y, MinimaxOptions{Surplus: 1}); err == nil {
		t.Error("no neuron is a budget")
	}
}
