package grade

import (
	"fmt"
	"math"
	"time"

	"multigrade/solver"
)

// Limits bound what a run may cost. All but the time are counted so that the run does
// not depend on the speed of the machine.
type Limits struct {
	// Rounds >= 1 of pricing within a grade in scope global.
	Rounds int `json:"rounds"`
	// Work >= 0 of an output of a grade, in 1e9 floating-point operations
	// as solver.Account counts them, every phase included, 0: no limit. With one input, where
	// the optimum can be proved, it is four times as much; the training of a width has a limit
	// of its own (Budget), and so has that along the steps of a plan (CrossValidation). It is
	// exceeded by at most a tenth and by what an answer takes at least: over all patterns a draft is
	// proved instead of a search where less is allowed than a draft takes, over listed ones they
	// are priced once or twice and a neuron is made of the best.
	Work float64 `json:"work"`
	// BoundLeaves of each search for the bound over all patterns; 0: the closed form,
	// -1: by the sizes.
	BoundLeaves int `json:"bound_leaves"`
	// Iterations >= 1 of the solver within a grade.
	Iterations int `json:"max_iter"`
	// Time ends the run with the grade in work; 0 is no limit.
	Time time.Duration `json:"-"`
}

// WorkOf is a Work for data of so many rows and features: that of DefaultLimits up to
// 20,000 numbers, of which a pricing of all gates takes a few percent; beyond it grows with
// the root of their number, since the time that one waits should not grow as they do. In
// scope restricted, where the optimum is within reach, it is listedWork times as much.
func WorkOf(scope Scope, rows, features int) float64 {
	const few = 20_000
	work := DefaultLimits().Work * math.Sqrt(max(1, float64(rows)*float64(features)/few))
	if scope == Restricted {
		work *= listedWork
	}
	return work
}

// listedWork is several times what planted programs over 100 listed patterns were seen to
// take, in units of the work in scope global: 0.07 (62,500 x 10) to 1.04 (2000 x 50).
const listedWork = 10

// DefaultLimits returns 60 rounds, 4e11 operations, leaves by the sizes, the solver's
// own iterations, and no time.
func DefaultLimits() Limits {
	return Limits{Rounds: 60, Work: 400, BoundLeaves: -1, Iterations: solver.DefaultOptions().MaxIter}
}

// Validate reports the first limit out of its range.
func (l *Limits) Validate() error {
	switch {
	case l.Rounds < 1:
		return fmt.Errorf("rounds of pricing is %d, want at least 1", l.Rounds)
	case l.BoundLeaves < -1:
		return fmt.Errorf("bound leaves is %d, want at least 0, or -1", l.BoundLeaves)
	case !(l.Work >= 0) || math.IsInf(l.Work, 0):
		return fmt.Errorf("work is %v, want a finite number >= 0", l.Work)
	case l.Iterations < 1:
		return fmt.Errorf("max-iter is %d, want at least 1", l.Iterations)
	case l.Time < 0:
		return fmt.Errorf("time limit is %v, want >= 0", l.Time)
	}
	return nil
}
