package proofs

import (
	"fmt"
	"math"
)

// finiteAll names the first number of v that is NaN or infinite.
func finiteAll(field string, v []float64) error {
	for k, x := range v {
		if !finite(x) {
			return fmt.Errorf("%s: number %d is %v, expected a finite one", field, k, x)
		}
	}
	return nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
