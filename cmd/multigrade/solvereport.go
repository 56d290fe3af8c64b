package main

import (
	"github.com/urfave/cli/v2"

	"multigrade/internal/exit"
	"multigrade/internal/run"
	"multigrade/solver"
)

// solveReport is what solve has to say at the end.
type solveReport struct{ *run.Outcome }

// show writes the report and turns the run's status into the exit status.
func (r *solveReport) show(c *cli.Context, s streams) error {
	switch {
	case c.Bool("json"):
		if err := writeJSON(s.out, r.Summary()); err != nil {
			return exit.Failed(err)
		}
	case !c.Bool("quiet"):
		if err := r.table(s.out); err != nil {
			return exit.Failed(err)
		}
	}
	switch r.Run.Status {
	case solver.Optimal, solver.Priced:
		return nil
	case solver.Interrupted:
		return &exit.Failure{Status: exit.StatusInterrupted}
	}
	return &exit.Failure{Status: exit.StatusFailed}
}
