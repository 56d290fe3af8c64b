package run

import (
	"fmt"

	"multigrade/proofs/internal/certificate"
	"multigrade/proofs/internal/table"
)

// weights say how training rows count in the loss.
type weights struct {
	Column   string `json:"column"`   // of the data file; "": every row has 1
	Balanced bool   `json:"balanced"` // by the number of training rows of the row's class
}

// balancedWord is what options.class_weight says of balanced classes.
const balancedWord = "balanced"

func (m *model) formWeights() error {
	w := m.Weights
	switch {
	case w == nil:
		return nil
	case w.Column == "" && !w.Balanced:
		return fmt.Errorf("weights: neither a column nor balanced classes")
	case !certificate.Losses[m.Loss].Weights:
		return fmt.Errorf("weights: loss %s has none", m.Loss)
	case w.Balanced && m.Task == table.TaskRegression:
		return fmt.Errorf("weights: balanced classes in a regression")
	case w.Column != "" && m.Data.Kind != table.KindCSV:
		return fmt.Errorf("weights: a column of a file of kind %s", m.Data.Kind)
	}
	return nil
}

// column is the column of weights, "" without one.
func (w *weights) column() string {
	if w == nil {
		return ""
	}
	return w.Column
}

// classes is what options.class_weight has to say.
func (w *weights) classes() string {
	if w == nil || !w.Balanced {
		return ""
	}
	return balancedWord
}

// weigh re-derives the weights of the training rows: those of the file, divided by how
// many rows the class has, and all of them by their mean; none where they are equal.
func (m *model) weigh(t *table.Table, rows []int) []float64 {
	if m.Weights == nil {
		return nil
	}
	share := func(int) float64 { return 1 }
	if m.Weights.Balanced {
		of := func(i int) int { // the class: the last output that is +1, counted from 1
			class := 0
			for t, y := range t.Y {
				if y[i] > 0 {
					class = t + 1
				}
			}
			return class
		}
		sizes := map[int]int{}
		for _, i := range rows {
			sizes[of(i)]++
		}
		share = func(i int) float64 { return float64(sizes[of(i)]) }
	}
	var all []float64
	sum, equal := 0.0, true
	for _, i := range rows {
		v := 1.0
		if m.Weights.Column != "" {
			v = t.Weights[i]
		}
		all = append(all, v/share(i))
		sum += all[len(all)-1]
		equal = equal && all[len(all)-1] == all[0]
	}
	if equal {
		return nil
	}
	mean := sum / float64(len(all))
	for k := range all {
		all[k] /= mean
	}
	return all
}
