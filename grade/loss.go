package grade

import "multigrade/solver"

// fit is what a grade left of one target on one split of the data: the residual
// e_k, the prediction f_1 + ... + f_k and the target, in the program's units, and the
// weights of the rows, nil without.
type fit struct{ e, total, y, weight []float64 }

// lossOf is the value of the loss in e_k, or for labels in the margins, defined to
// the bit but for the logarithms of the logistic one: the terms are summed from
// the first to the last. What monotone forbids is about the grade before; here it
// is squares.
func lossOf(l solver.Loss, f fit) float64 {
	if f.weight != nil {
		var err error
		if l, err = solver.Weighted(l, f.weight); err != nil {
			panic(err) // checkWeights has seen the loss, aim the weights
		}
	}
	if l.Labels() {
		return l.Value(f.total, f.y)
	}
	return l.Value(make([]float64, len(f.e)), f.e)
}
