//go:build !unix

package experiment

// processorTime is unknown.
func processorTime() (seconds float64, known bool) { return 0, false }
