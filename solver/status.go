package solver

import "fmt"

// Status is how the mathematics of a solve ended.
type Status int

const (
	// Optimal: the certified relative gap is at most Options.Tol.
	Optimal Status = iota
	// Priced (of SolveGlobal): the gap over the listed patterns is at most
	// Options.Tol and no violated neuron was found, but the proved gap over
	// all patterns is larger.
	Priced
	// Limit: an iteration or time limit came first, or no further progress
	// was possible in float64; the bounds reported hold all the same.
	Limit
	// Interrupted: the context ended first; the bounds reported hold.
	Interrupted
)

var statusNames = [...]string{Optimal: "optimal", Priced: "priced", Limit: "limit", Interrupted: "interrupted"}

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
