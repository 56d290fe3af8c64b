package run

import (
	"math"

	"multigrade/proofs/internal/table"
)

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
	var left []int
	for i := range n {
		if dealt(i, holdout) {
			test = append(test, i)
		} else {
			left = append(left, i)
		}
	}
	train, valid = splitLeft(left, validation)
	return train, valid, test
}

// splitLast makes the last floor(n holdout) rows, in float64, the test's and deals
// out those before them as splitRows.
func splitLast(n int, holdout, validation float64) (train, valid, test []int) {
	first := n - int(math.Floor(float64(n)*holdout))
	var left []int
	for i := range n {
		if i < first {
			left = append(left, i)
		} else {
			test = append(test, i)
		}
	}
	train, valid = splitLeft(left, validation)
	return train, valid, test
}

func splitLeft(left []int, validation float64) (train, valid []int) {
	for k, i := range left {
		if dealt(k, validation) {
			valid = append(valid, i)
		} else {
			train = append(train, i)
		}
	}
	return train, valid
}

// split deals out the rows of the data file, none for validation with refit: with a stride, of an image, all
// pixels are test rows, and those in columns and lines that are multiples of it
// are left.
func (m *model) split(t *table.Table) (train, valid, test []int) {
	stride, validation := m.Split.Stride, m.Split.Validation
	if m.Split.Refit {
		validation = 0
	}
	if m.Split.Last {
		return splitLast(t.X.Rows, m.Split.Holdout, validation)
	}
	if stride < 2 {
		return splitRows(t.X.Rows, m.Split.Holdout, validation)
	}
	var left []int
	for i := range t.X.Rows {
		test = append(test, i)
		if i%t.Width%stride == 0 && i/t.Width%stride == 0 {
			left = append(left, i)
		}
	}
	train, valid = splitLeft(left, validation)
	return train, valid, test
}

func dealt(i int, share float64) bool {
	return math.Floor(float64(i+1)*share) > math.Floor(float64(i)*share)
}
