package grade

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"
)

// Fit trains a model of numbers: x is n x d, *mat.Dense or *sparse.CSR, y has n targets.
// The options are DefaultOptions after every function of set had its way with them. It is
// NewData and Train, and returns their errors.
func Fit(ctx context.Context, x mat.Matrix, y []float64, set ...func(*Options)) (*Run, error) {
	data, err := NewData(x, y)
	if err != nil {
		return nil, err
	}
	o := DefaultOptions()
	for i, change := range set {
		if change == nil {
			return nil, fmt.Errorf("grade: option %d is nil, want a function that changes the options", i)
		}
		change(&o)
	}
	return Train(ctx, data, o)
}
