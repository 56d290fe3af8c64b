package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"multigrade/internal/exit"
	"multigrade/internal/run"
)

// guarded runs f; a panic in it ends as one line and a file to report.
func guarded(s streams, args []string, f func() int) (status int) {
	defer func() {
		if p := recover(); p != nil {
			report := bugReport(args, p, debug.Stack())
			what, _, _ := strings.Cut(fmt.Sprint(p), "\n") // of one in another goroutine its stack follows
			fmt.Fprintf(s.err, "multigrade: a mistake in the program: %s; %s\n", what, report)
			status = exit.StatusFailed
		}
	}()
	return f()
}

// bugReport writes what is needed to look for the mistake and says where it is.
func bugReport(args []string, panicked any, stack []byte) string {
	f, err := os.CreateTemp("", "multigrade-bug-*.txt")
	if err != nil {
		return "no report could be written: " + err.Error()
	}
	defer f.Close()
	fmt.Fprintf(f, "command: %s\n", strings.Join(args, " "))
	if err := versionLines(f, run.Versions()); err != nil {
		return "no report could be written: " + err.Error()
	}
	fmt.Fprintf(f, "\n%v\n\n%s", panicked, stack)
	return "please report it with the file " + f.Name()
}
