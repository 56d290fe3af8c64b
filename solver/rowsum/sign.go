package rowsum

import (
	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
)

// signOf is the sign of a row's product with w, decided exactly.
func signOf(row, w []float64) int {
	x := mat.NewDense(1, len(row), row)
	if hyperplane.PatternOf(x, w).Active(0) {
		return 1
	}
	minus := make([]float64, len(w))
	for j, v := range w {
		minus[j] = -v
	}
	if hyperplane.PatternOf(x, minus).Active(0) {
		return -1
	}
	return 0
}
