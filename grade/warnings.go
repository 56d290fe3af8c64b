package grade

import (
	"fmt"
	"math"

	"multigrade/solver"
)

// apart is how many times larger than the training error an error on other rows may be
// without a word.
const apart = 10

// Warnings are what a reader of the scores should not miss: an error on rows the model
// was not trained on far beyond the training error, grades that raise it, and a
// constraint that leaves no network.
func (l Ledger) Warnings(m *Model) []string {
	var w []string
	last := len(m.Grades)
	train := l.Find(last, OnTrain)
	if m.Task == Regression.String() {
		for _, split := range []string{OnCV, OnValidation, OnTest} {
			if e := l.Find(last, split); e != nil && e.L2 > apart*train.L2 {
				w = append(w, fmt.Sprintf("%s the r.m.s. error is %.4g, on the rows trained on %.2g: the latter says nothing about new rows", onSplit[split], e.L2, train.L2))
			}
		}
	}
	for _, split := range []string{OnCV, OnValidation, OnTest} {
		for k := 1; k <= last; k++ {
			before, now := l.Find(k-1, split), l.Find(k, split)
			if before != nil && now != nil && now.Loss > before.Loss && !math.IsNaN(before.Loss) {
				w = append(w, fmt.Sprintf("grade %d raises the loss %s from %.4g to %.4g", k, onSplit[split], before.Loss, now.Loss))
			}
		}
	}
	if m.Loss == solver.Monotone.Name() && len(m.Grades) > 0 && m.Grades[0].Neurons() == 0 {
		w = append(w, "with --monotone no residual of a training row may grow, which for noisy targets no network can keep to: nothing is left but the mean; leave --monotone out, or use --dead-zone --loss linf")
	}
	return w
}

// onSplit says where an error was measured.
var onSplit = map[string]string{OnCV: "on rows held out in cross-validation", OnValidation: "on the validation rows", OnTest: "on the test rows"}
