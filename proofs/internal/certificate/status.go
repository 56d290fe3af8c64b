package certificate

import "slices"

// How a solve ended.
const (
	StatusOptimal     = "optimal"     // rel_gap <= tol is claimed
	StatusPriced      = "priced"      // no violated neuron was found, and the global gap proved is larger than tol
	StatusLimit       = "limit"       // a limit of iterations, rounds or work came first
	StatusTime        = "time"        // the time limit came first
	StatusStalled     = "stalled"     // no further progress was possible in float64
	StatusInterrupted = "interrupted" // the solve was stopped from outside
)

// Statuses are those of a run and of section global, from the best to the worst.
var Statuses = []string{StatusOptimal, StatusPriced, StatusLimit, StatusTime, StatusStalled, StatusInterrupted}

// listedStatuses are those of section gap, where nothing is priced.
var listedStatuses = slices.DeleteFunc(slices.Clone(Statuses), func(s string) bool { return s == StatusPriced })
