package train

import (
	"errors"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// Spread returns the network of one input, two columns, that has its kinks where
// they cut the rows into parts of equal number, alternately open to either
// side, with output weights of least squares. It does not fit as well as a trained
// one, but a grade on top of it can fold everywhere: training draws kinks together
// where the target bends most and leaves long pieces without any elsewhere, on which
// the next grade is linear but for the kinks it manages to move there.
func (t *FixedWidth) Spread() (program.Network, error) {
	n, d := t.X.Dims()
	if d != 2 {
		return program.Network{}, errors.New("solver: kinks are spread along one input, two columns")
	}
	m := min(t.o.Neurons, n)
	pool := operator.NewGeneral(m, d)
	for k, i := range t.quantiles(m) {
		sign := float64(1 - 2*(k%2))
		t.X.Row(i, func(col int, v float64) { pool.Data[k*d+1-col] = sign * v * float64(1-2*col) })
	}
	return t.Network(t.Pursue(pool, m)), nil
}

// quantiles are the rows that cut all rows, by falling angle of the two columns,
// into m parts of equal number, each in the middle of its part.
func (t *FixedWidth) quantiles(m int) []int {
	n, _ := t.X.Dims()
	ratio, order := make([]float64, n), make([]int, n)
	for i := range n {
		var row [2]float64
		t.X.Row(i, func(col int, v float64) { row[col] = v })
		ratio[i] = row[0] / row[1]
	}
	floats.Argsort(ratio, order)
	cuts := make([]int, m)
	for k := range cuts {
		cuts[k] = order[(2*k+1)*n/(2*m)]
	}
	return cuts
}
