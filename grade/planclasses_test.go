package grade

import (
	"testing"

	"multigrade/solver"
)

// Classes have their beta chosen, too, over all patterns: by training where the
// loss has slopes, else over a few patterns.
func TestChosenBetaOfClasses(t *testing.T) {
	for _, loss := range []solver.Loss{solver.Logistic, solver.Hinge} {
		run := train(t, halves(50), chosenBy(func(o *Options) { o.Loss, o.Grades, o.Limits.Work = loss, 1, 1 }))
		if len(run.Grades) == 0 {
			t.Fatalf("%s: no grades: %s", loss.Name(), run.Stopped)
		}
		if c := run.Grades[0].Choice; !(c.Loss < run.Plan.Before.Loss) || len(c.Trials) == 0 || c.Accuracy == nil || (c.LogLoss == nil) == (loss == solver.Logistic) {
			t.Errorf("%s: the score was %v, choice %+v", loss.Name(), run.Plan.Before, c)
		}
	}
}
