package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"multigrade/internal/exit"
	"multigrade/internal/run"
	"multigrade/solver"
)

// solveReport is what solve has to say at the end.
type solveReport struct{ *run.Outcome }

// show writes the report and turns the outcome into the exit status.
func (r *solveReport) show(c *cli.Context, s streams) error {
	switch {
	case c.Bool("json"):
		if err := writeJSON(s.out, r.Summary()); err != nil {
			return exit.Failed(err)
		}
	case !c.Bool("quiet"):
		if err := r.table(s.out, c.Bool("explain")); err != nil {
			return exit.Failed(err)
		}
	}
	if run.Resumable(r.Dir) && !c.Bool("quiet") {
		fmt.Fprintf(s.err, "To go on where it ended: %s\n", resumeCommand(os.Args, r.Dir))
	}
	return r.exit(c.String("require"))
}

// exit is nil where what was written holds and is as good as required.
func (r *solveReport) exit(required string) error {
	status := r.Run.Status
	switch {
	case status == solver.Interrupted:
		return &exit.Failure{Status: exit.StatusInterrupted}
	case len(r.Run.Grades) == 0 && status > solver.Priced:
		return exit.Failed(errors.New("no grade was trained: " + r.Run.Stopped))
	case required == "":
		return nil
	}
	if least, err := solver.ParseStatus(required); err != nil || status > least {
		reason := ""
		if r.Run.Stopped != "" {
			reason = ": " + r.Run.Stopped
		}
		return exit.Failed(fmt.Errorf("the status is %s, --require %s%s", status, required, reason))
	}
	return nil
}
