package solver

import "fmt"

// Status is how the mathematics of a solve ended.
type Status int

const (
	// Optimal: the certified relative gap is at most Options.Tol.
	Optimal Status = iota
	// Limit: an iteration or time limit came first, or no further progress
	// was possible in float64; the bounds reported hold all the same.
	Limit
	// Interrupted: the context ended first; the bounds reported hold.
	Interrupted
)

var statusNames = [...]string{Optimal: "optimal", Limit: "limit", Interrupted: "interrupted"}

func (s Status) String() string {
	if s < 0 || int(s) >= len(statusNames) {
		return fmt.Sprintf("Status(%d)", int(s))
	}
	return statusNames[s]
}
