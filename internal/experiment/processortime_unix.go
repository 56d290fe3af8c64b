//go:build unix

package experiment

import "syscall"

// processorTime is what the process has used so far on all processors, in seconds; false
// where the system does not say.
func processorTime() (seconds float64, known bool) {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0, false
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9, true
}
