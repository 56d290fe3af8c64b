package proofs

import "math"

// Names of the parts of a data set, in the ledger's order.
const (
	splitTrain      = "train"
	splitValidation = "validation"
	splitTest       = "test"
)

// splitRows deals N rows out: row i is a test row iff floor((i+1) holdout) >
// floor(i holdout) in float64; the rows left, counted from 0, go to validation
// by the same rule with that share; the others are for training, in file order.
func splitRows(n int, holdout, validation float64) (train, valid, test []int) {
	left := 0
	for i := range n {
		if dealt(i, holdout) {
			test = append(test, i)
			continue
		}
		if dealt(left, validation) {
			valid = append(valid, i)
		} else {
			train = append(train, i)
		}
		left++
	}
	return train, valid, test
}

func dealt(i int, share float64) bool {
	return math.Floor(float64(i+1)*share) > math.Floor(float64(i)*share)
}
