package run

import (
	"fmt"
	"math"

	"multigrade/grade"
	"multigrade/solver"
)

// apart is how many times larger than the training error an error on other rows may be
// without a word.
const apart = 10

// Warnings are what a reader of the scores should not miss: an error on rows the model
// was not trained on far beyond the training error, grades that raise it, and a
// constraint that leaves no network.
func (r *Outcome) Warnings() []string {
	var w []string
	last := len(r.Run.Grades)
	train := r.Run.Ledger.Find(last, grade.OnTrain)
	if r.Run.Model.Task == grade.Regression.String() {
		for _, split := range []string{grade.OnCV, grade.OnValidation, grade.OnTest} {
			if e := r.Run.Ledger.Find(last, split); e != nil && e.L2 > apart*train.L2 {
				w = append(w, fmt.Sprintf("%s the r.m.s. error is %.4g, on the rows trained on %.2g: the latter says nothing about new rows", onSplit[split], e.L2, train.L2))
			}
		}
	}
	for _, split := range []string{grade.OnCV, grade.OnValidation, grade.OnTest} {
		for k := 1; k <= last; k++ {
			before, now := r.Run.Ledger.Find(k-1, split), r.Run.Ledger.Find(k, split)
			if before != nil && now != nil && now.Loss > before.Loss && !math.IsNaN(before.Loss) {
				w = append(w, fmt.Sprintf("grade %d raises the loss %s from %.4g to %.4g", k, onSplit[split], before.Loss, now.Loss))
			}
		}
	}
	if r.monotoneWithoutNeurons() {
		w = append(w, "with --monotone no residual of a training row may grow, which for noisy targets no network can keep to: nothing is left but the mean; leave --monotone out, or use --dead-zone --loss linf")
	}
	return w
}

// onSplit says where an error was measured.
var onSplit = map[string]string{grade.OnCV: "on rows held out in cross-validation", grade.OnValidation: "on the validation rows", grade.OnTest: "on the test rows"}

// monotoneWithoutNeurons reports whether the first grade has no neuron under the
// constraints of monotone.
func (r *Outcome) monotoneWithoutNeurons() bool {
	return r.Run.Model.Loss == solver.Monotone.Name() && len(r.Run.Grades) > 0 && r.Run.Grades[0].Grade.Neurons() == 0
}
