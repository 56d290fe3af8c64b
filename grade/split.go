package grade

import "math"

// The names of the parts of a data set.
const (
	OnTrain      = "train"
	OnValidation = "validation"
	OnTest       = "test"
)

// Split holds the row numbers of each part, ascending.
type Split struct {
	Train, Validation, Test []int
}

// NewSplit shares out n rows. Row i is a test row iff
// floor((i+1) holdout) > floor(i holdout); of the remaining rows, counted
// consecutively, the same rule with validation picks the validation rows. Both
// shares lie in [0, 1); 0.1 takes every tenth row.
func NewSplit(n int, holdout, validation float64) Split {
	var s Split
	rest := 0
	for i := range n {
		if picked(i, holdout) {
			s.Test = append(s.Test, i)
			continue
		}
		if picked(rest, validation) {
			s.Validation = append(s.Validation, i)
		} else {
			s.Train = append(s.Train, i)
		}
		rest++
	}
	return s
}

func picked(i int, share float64) bool {
	return math.Floor(float64(float64(i+1)*share)) > math.Floor(float64(float64(i)*share))
}
