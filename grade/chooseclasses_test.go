package grade

import (
	"testing"

	"multigrade/solver"
)

// Classes have their beta chosen, too, over all patterns: by training where the
// loss has slopes, else over a few patterns; every grade added lowers the
// validation loss.
func TestChosenBetaOfClasses(t *testing.T) {
	for _, loss := range []solver.Loss{solver.Logistic, solver.Hinge} {
		run := train(t, halves(50), chosenBy(func(o *Options) { o.Loss, o.Grades, o.Work = loss, 1, 1 }))
		if len(run.Grades) == 0 {
			t.Fatalf("%s: no grades: %s", loss.Name(), run.Stopped)
		}
		for k, g := range run.Grades {
			before, after := run.Ledger.Find(k, OnValidation).Loss, run.Ledger.Find(k+1, OnValidation).Loss
			if !(after < before) || g.Choice == nil || len(g.Choice.Trials) == 0 {
				t.Errorf("%s, grade %d: validation loss from %v to %v, choice %+v", loss.Name(), k+1, before, after, g.Choice)
			}
		}
	}
}
