package grade

import (
	"testing"

	"multigrade/solver"
)

// With monotone grades no training residual ever grows, exactly, and yet they
// learn something.
func TestMonotone(t *testing.T) {
	for name, c := range map[string]struct {
		data   *Data
		change func(*Options)
	}{
		"one input":    {wave(60), func(o *Options) { o.Patterns = 60 }},
		"two inputs":   {plane(60, 2), func(o *Options) { o.Patterns, o.Beta = 40, RelativeBeta(0.05) }},
		"no intercept": {plane(60, 2), func(o *Options) { o.Patterns, o.Intercept, o.Carry = 40, false, true }},
		"all patterns": {plane(40, 2), func(o *Options) { o.Limits.Work, o.Limits.BoundLeaves, o.Grades = 5, 100, 1 }},
		"gated":        {plane(60, 2), func(o *Options) { o.Patterns, o.Activation, o.Grades = 40, solver.Gated, 1 }},
	} {
		t.Run(name, func(t *testing.T) {
			run := train(t, c.data, func(o *Options) {
				o.Loss, o.Grades, o.Tol = solver.Monotone, 2, 1e-3
				c.change(o)
			})
			checkLedger(t, run, c.data)
			for k := range run.Grades {
				if share := run.Ledger.Find(k+1, OnTrain).Nonincreasing; share != 1 {
					t.Errorf("grade %d: |e| rises at a share %v of the rows", k+1, 1-share)
				}
			}
			if after, before := run.Ledger.Find(1, OnTrain).L2, run.Ledger.Find(0, OnTrain).L2; !(after < 0.95*before) {
				t.Errorf("the first grade takes the residual from %v to %v", before, after)
			}
			if g := run.Grades[0]; g.Status() > solver.Priced {
				t.Errorf("the first grade ends with %v, gap %v", g.Status(), g.Sum().RelGap)
			}
		})
	}
}
