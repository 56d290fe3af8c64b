package grade

import (
	"context"
	"testing"

	"multigrade/solver"
)

// A run that ended by a limit of work says so only where nothing else had a part in it, and an optimum is one whoever
// looked at the clock.
func TestConclude(t *testing.T) {
	interrupted, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		ctx         context.Context
		cut         bool
		found, want solver.Status
	}{
		{t.Context(), false, solver.Limit, solver.Limit},
		{t.Context(), true, solver.Limit, solver.TimeLimit},
		{interrupted, true, solver.Limit, solver.Interrupted},
		{interrupted, false, solver.Limit, solver.Limit},
		{t.Context(), true, solver.Optimal, solver.Optimal},
		{interrupted, true, solver.Priced, solver.Priced},
	} {
		run := &trainer{run: &Run{Status: c.found}}
		run.cut.Store(c.cut)
		run.conclude(c.ctx)
		if run.run.Status != c.want || run.run.Cut != (c.want > solver.Limit) {
			t.Errorf("%v, cut %v: %v, resumable %v, want %v", c.found, c.cut, run.run.Status, run.run.Cut, c.want)
		}
	}
}
