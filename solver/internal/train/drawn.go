package train

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/operator"
)

// Drawn are the variables of m random candidates, of both signs and each of
// the same root mean square, together as large as the target varies:
//
//	|a_j relu(Xw_j)| = |y - mean y| / sqrt(m).
//
// Of many random functions, output weights fitted to the target would be large
// and cancel each other at the rows of X, and nowhere else. From small ones
// training has to move the kinks, and the network stays smooth between the rows.
func (t *FixedWidth) Drawn(m int) []float64 {
	pool := t.Candidates(m)
	q := NewMarquardt(t.X, &t.P, m)
	v := make([]float64, len(q.Grad))
	copy(q.Weights(v).Data, pool.Data)
	q.At(v)
	c, rest := q.idle()
	target := append([]float64(nil), rest...)
	floats.AddConst(-c, target)
	size := floats.Norm(target, 2) / math.Sqrt(float64(m))
	for j := range m {
		if norm := floats.Norm(operator.RowOf(q.H, j), 2); norm > 0 {
			q.Outputs(v)[j] = float64(1-2*(j/3%2)) * size / norm
		}
	}
	*q.Constant(v) = c
	return v
}
