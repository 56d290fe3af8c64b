package grade

import (
	"strings"
	"testing"

	"multigrade/solver"
)

// The account of every output stays within the limit of work, and that of the choice of beta
// within its own, with half as much for the second grade.
func TestWorkIsKept(t *testing.T) {
	for name, d := range map[string]*Data{"squares": plane(120, 2), "classes": thirds(120)} {
		run := train(t, d, chosenBy(func(o *Options) {
			o.Grades, o.Limits.Work, o.Limits.BoundLeaves = 2, 0.5, -1
			o.Loss = d.Task.Loss()
			o.choose(func(cv *CrossValidation) { cv.Work = 6 })
		}))
		const limit = 6 * (1 + laterWork)
		if w := run.Plan.Work; !(w > 0) || w > 1.2*limit {
			t.Errorf("%s: choosing beta took %v of %v", name, w, limit)
		}
		alone := train(t, d, func(o *Options) {
			o.Grades, o.Limits.Work, o.Limits.BoundLeaves, o.Beta = 2, 0.5, -1, RelativeBeta(0.01)
			o.Loss = d.Task.Loss()
		})
		for k, g := range alone.Grades {
			for j, s := range g.Outputs {
				if !(s.Work > 0) || s.Work > 1.1*0.5 {
					t.Errorf("%s: output %d of grade %d took %v of 0.5", name, j+1, k+1, s.Work)
				}
			}
		}
	}
}

// A grade over listed patterns keeps to the limit, too, and says what it took.
func TestWorkIsKeptRestricted(t *testing.T) {
	for _, work := range []float64{0.02, 0.2} {
		run := train(t, plane(300, 6), func(o *Options) {
			o.Scope, o.Patterns, o.Grades, o.Limits.Work, o.Beta = Restricted, 60, 2, work, RelativeBeta(0.01)
		})
		for k, g := range run.Grades {
			s := g.Outputs[0]
			const pricing = 0.001 // once more, for a neuron
			if !(s.Work > 0) || s.Work > 1.1*work+pricing {
				t.Errorf("grade %d took %v of %v", k+1, s.Work, work)
			}
			if work == 0.02 && s.Status != solver.Limit {
				t.Errorf("grade %d with %v of work is %v, want a limit", k+1, work, s.Status)
			}
		}
	}
}

// With less work than a draft takes every grade of a run over all patterns is a draft, proved, and the
// run says so.
func TestScarceWorkLeavesTheDraft(t *testing.T) {
	run := train(t, plane(300, 6), func(o *Options) {
		o.Grades, o.Limits.Work, o.Beta = 2, 0.001, RelativeBeta(0.01)
	})
	if len(run.Grades) != 2 || run.Status != solver.Limit || !strings.Contains(run.Stopped, "drafts") || run.Cut {
		t.Fatalf("%d grades, %v, %q, cut %v", len(run.Grades), run.Status, run.Stopped, run.Cut)
	}
	for k, g := range run.Grades {
		s := g.Outputs[0]
		if g.Grade.Neurons() == 0 || !(s.Dual > 0) || s.Work > 0.1 {
			t.Errorf("grade %d: %d neurons, bound %v, %v of work", k+1, g.Grade.Neurons(), s.Dual, s.Work)
		}
	}
}
