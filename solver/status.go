package solver

import (
	"context"
	"fmt"
)

// Status is how the mathematics of a solve ended, the better the smaller. Whatever
// it is, the bounds reported hold.
type Status int

const (
	// Optimal: the certified relative gap is at most Options.Tol.
	Optimal Status = iota
	// Priced (of SolveGlobal): the gap over the listed patterns is at most
	// Options.Tol and no neuron was found that is violated by so much that it would not be
	// with its pattern listed, but the proved gap over all patterns is larger.
	Priced
	// Limit: a limit of iterations, rounds or work came first.
	Limit
	// TimeLimit: the time limit, or the deadline of the context, came first.
	TimeLimit
	// Stalled: no further progress is possible in float64.
	Stalled
	// Interrupted: the context was cancelled first.
	Interrupted
)

var statusNames = [...]string{Optimal: "optimal", Priced: "priced", Limit: "limit", TimeLimit: "time", Stalled: "stalled", Interrupted: "interrupted"}

// Statuses lists all, from the best to the worst.
func Statuses() []Status {
	all := make([]Status, len(statusNames))
	for s := range all {
		all[s] = Status(s)
	}
	return all
}

// endedBy is the status of what ctx, which has ended, ended.
func endedBy(ctx context.Context) Status {
	if ctx.Err() == context.DeadlineExceeded {
		return TimeLimit
	}
	return Interrupted
}

func (s Status) String() string {
	if s < 0 || int(s) >= len(statusNames) {
		return fmt.Sprintf("Status(%d)", int(s))
	}
	return statusNames[s]
}

// ParseStatus is the inverse of Status.String.
func ParseStatus(name string) (Status, error) {
	for s, n := range statusNames {
		if name == n {
			return Status(s), nil
		}
	}
	return 0, fmt.Errorf("status %q, want one of %q", name, statusNames)
}
