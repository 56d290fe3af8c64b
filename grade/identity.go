package grade

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// Few neurons, chosen for what they explain, need not tell all inputs apart:
// where none of them is active the next grade sees nothing. So, under a width, a
// grade that is not the last spends one neuron per input of the model on an identity
// channel, a skip connection past its other neurons, where that is at most an eighth of
// the budget. In the first grade the
// neuron is x_j less its least value on the training rows, so that it is active
// on all of them; in a later one it is the feature of the grade before.
//
// These neurons have alpha = 0: they change neither prediction nor objective. Where
// cross-validation judges what networks lead to there are none, for it has none.
func (t *trainer) identityChannels(p *program, budget int) []Neuron {
	const share = 8
	d := t.run.Model.Data.Features
	if p.planned() || t.o.Carry || !t.o.Bias || p.target > 0 || p.grade == t.o.Grades || d > budget/share {
		return nil
	}
	_, dim := p.X.Dims()
	first, least := t.identityAt(p.grade), make([]float64, d)
	if first < 0 {
		return nil
	}
	if p.grade == 1 {
		least = columnMinima(t.splits[0].h)
	}
	neurons := make([]Neuron, d)
	for j := range neurons {
		w := make([]float64, dim)
		w[first+j], w[dim-1] = 1, -least[j]
		neurons[j] = Neuron{W: w}
	}
	return neurons
}

// identityAt is the column of X_k where the identity channels begin, -1 without.
func (t *trainer) identityAt(k int) int {
	if k == 1 {
		return 0
	}
	before := t.run.Model.Grades[k-2].Outputs[0]
	if before.Width == nil || before.Width.Identity == 0 {
		return -1
	}
	return len(before.Neurons) - before.Width.Identity
}

// columnMinima are the least values of the columns; what a sparse row does not
// store is 0.
func columnMinima(x mat.Matrix) []float64 {
	n, d := x.Dims()
	least := make([]float64, d)
	for j := range least {
		least[j] = math.Inf(1)
		for i := range n {
			least[j] = math.Min(least[j], x.At(i, j))
		}
	}
	return least
}
