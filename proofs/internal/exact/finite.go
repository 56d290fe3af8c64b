package exact

import (
	"fmt"
	"math"
)

// FiniteAll names the first number of v that is NaN or infinite.
func FiniteAll(field string, v []float64) error {
	for k, x := range v {
		if !Finite(x) {
			return fmt.Errorf("%s: number %d is %v, expected a finite one", field, k, x)
		}
	}
	return nil
}

func Finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
