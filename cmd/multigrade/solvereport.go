package main

import (
	"github.com/urfave/cli/v2"

	"multigrade/solver"
)

// solveReport is what solve has to say at the end.
type solveReport struct{ *outcome }

// show writes the report and turns the run's status into the exit status.
func (r *solveReport) show(c *cli.Context, s streams) error {
	switch {
	case c.Bool("json"):
		if err := writeJSON(s.out, r.summary()); err != nil {
			return failed(err)
		}
	case !c.Bool("quiet"):
		if err := r.table(s.out); err != nil {
			return failed(err)
		}
	}
	switch r.run.Status {
	case solver.Optimal, solver.Priced:
		return nil
	case solver.Interrupted:
		return &failure{status: statusInterrupted}
	}
	return &failure{status: statusFailed}
}
