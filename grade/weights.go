package grade

import (
	"fmt"
	"slices"
	"strings"

	"multigrade/solver"
)

// Weights say how the training rows are weighted in the loss of every grade,
// (1/n) sum_i w_i phi(z_i, y_i): w is the number in a column, divided by the number of
// training rows of the row's class where classes are balanced, and by the mean of that
// over the training rows, so that beta means the same with and without. Where all are
// the same the loss has none. The rows held out, standardisation and the residuals of
// the ledger are without weights; its loss on the training rows is with them.
type Weights struct {
	Column   string `json:"column,omitempty"` // "": every row has 1
	Balanced bool   `json:"balanced,omitempty"`
}

// String says by what rows are weighted, "" of nil.
func (w *Weights) String() string {
	var by []string
	if w != nil && w.Column != "" {
		by = append(by, "column "+w.Column)
	}
	if w != nil && w.Balanced {
		by = append(by, "the number of rows of their class")
	}
	return strings.Join(by, " and ")
}

const (
	// maxWeightRatio bounds the ratio of two weights: beyond it a row counts for less
	// than the rounding of another, 2^-52.
	maxWeightRatio = 1e15
	maxWeight      = 1e200 // their sum, and the least over their mean, are normal numbers
)

// checkWeights reports weights that do not go with the other options or the data.
func (o *Options) checkWeights(data *Data) error {
	n, _ := data.X.Dims()
	switch {
	case o.BalancedClasses && data.Task == Regression:
		return fmt.Errorf("%w: weights of classes for a target of numbers", ErrOptions)
	case data.Weight == nil && !o.BalancedClasses:
		return nil
	case data.Weight != nil && len(data.Weight) != n:
		return fmt.Errorf("%w: %d weights for %d rows", ErrData, len(data.Weight), n)
	case o.Width != nil || o.choosesWidth():
		return fmt.Errorf("%w: a width is for rows without weights", ErrOptions)
	case o.Method == solver.Newton || o.Method == solver.Rows:
		return fmt.Errorf("%w: method %v is for rows without weights", ErrOptions, o.Method)
	}
	if data.Weight != nil {
		if low, high := slices.Min(data.Weight), slices.Max(data.Weight); low > 0 && (high > low*maxWeightRatio || low < 1/maxWeight || high > maxWeight) {
			return fmt.Errorf("%w: weights from %g to %g, want them in [%g, %g] and none more than %g times another", ErrData, low, high, 1/maxWeight, float64(maxWeight), float64(maxWeightRatio))
		}
	}
	if _, err := solver.Weighted(o.Loss, data.Weight); err != nil {
		return fmt.Errorf("%w: %w", ErrData, err)
	}
	return nil
}

// of are the weights of the training rows, of mean 1; nil where all are the same.
func (w *Weights) of(data *Data, rows []int) []float64 {
	if w == nil {
		return nil
	}
	weight := make([]float64, len(rows))
	for k, i := range rows {
		weight[k] = 1
		if data.Weight != nil {
			weight[k] = data.Weight[i]
		}
	}
	if w.Balanced {
		classes, count := data.Numbers(), map[float64]float64{}
		for _, i := range rows {
			count[classes[i]]++
		}
		for k, i := range rows {
			weight[k] /= count[classes[i]]
		}
	}
	if slices.Min(weight) == slices.Max(weight) {
		return nil
	}
	sum := 0.0
	for _, v := range weight {
		sum += v
	}
	mean := sum / float64(len(weight))
	for k := range weight {
		weight[k] /= mean
	}
	return weight
}
