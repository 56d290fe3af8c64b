package solver

import (
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/madeup"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// Neurons made together are those made one by one, in their cones exactly, whether they begin inside, outside or on a wall.
func TestNeuronsTogether(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 2))
	for range 20 {
		n, d := 5+rng.IntN(60), 2+rng.IntN(6)
		p := madeup.Planted(t, rng, loss.Squared, program.ReLU, n, d, 3, rng.IntN(2) == 0)
		x, err := p.Design()
		if err != nil {
			t.Fatal(err)
		}
		n, d = x.Dims()
		rec := &program.Recoverer{P: p, X: x, RowNorm: operator.RowNorms(x), Zero: operator.ZeroRows(x)}
		u := operator.NewGeneral(len(p.Cells), d)
		blocks, centre := make([]operator.Block, u.Rows), make([][]float64, u.Rows)
		for k, c := range p.Cells {
			blocks[k], centre[k] = operator.Block{Cell: k, Sign: float64(1 - 2*rng.IntN(2))}, c.Gate
			row := operator.RowOf(u, k)
			floats.ScaleTo(row, rng.ExpFloat64(), c.Gate)
			for j := range row {
				row[j] += float64(k%3) / 4 * rng.NormFloat64()
			}
		}
		net := &program.Network{Activation: p.Activation}
		together, ok := rec.Neurons(blocks, u, centre)
		for k, nr := range together {
			alone, reached := rec.Neuron(blocks[k], operator.RowOf(u, k), centre[k])
			if reached != ok[k] || alone.Alpha != nr.Alpha || !slices.Equal(alone.W, nr.W) {
				t.Fatalf("neuron %d of %d x %d: %v %v together, %v %v alone", k, n, d, nr, ok[k], alone, reached)
			}
			if ok[k] {
				net.Neurons = append(net.Neurons, nr)
			}
		}
		if len(net.Neurons) == 0 {
			t.Fatal("no neuron reached its cone")
		}
		if v, err := ConeViolation(p, net); err != nil || v != 0 {
			t.Fatalf("violation %v, %v", v, err)
		}
	}
}
