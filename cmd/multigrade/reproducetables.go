package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"multigrade/internal/exit"
	"multigrade/internal/experiment"
	"multigrade/internal/run"
	"multigrade/internal/terminal"
	"multigrade/solver"
)

// allTables is the name under which reproduce runs all experiments on measured
// data.
const allTables = "tables"

// reproduceTables runs the experiments on measured data in a folder, each in a
// run directory of its name, and prints one table.
func reproduceTables(c *cli.Context, s streams, args []string) error {
	if len(args) != 1 {
		return exit.Bad(errors.New("reproduce tables needs the folder with NAME/NAME.csv: multigrade reproduce tables DIR"))
	}
	out := c.String("out")
	if out == "" {
		out = "runs"
	}
	var done []*experiment.Outcome
	for _, e := range experiment.All() {
		if !e.Table {
			continue
		}
		if err := run.CheckOut(filepath.Join(out, e.Name), args[0]); err != nil {
			return exit.Bad(err)
		}
		r, err := reproduceWith(c, s, &e, args[0], filepath.Join(out, e.Name))
		if err != nil {
			return err
		}
		done = append(done, r)
		if r.Ended == solver.Interrupted {
			break
		}
	}
	return showTables(c, s, done)
}

func showTables(c *cli.Context, s streams, done []*experiment.Outcome) error {
	if err := present(c, s.out, map[string]any{"tables": done}, nil, func(out io.Writer) error { return tableOfTables(out, done) }); err != nil {
		return exit.Failed(err)
	}
	if done[len(done)-1].Ended == solver.Interrupted {
		return &exit.Failure{Status: exit.StatusInterrupted}
	}
	return nil
}

// bestName names the best of the ordinary tools on the data set.
func bestName(r *experiment.Outcome) string {
	if r.Best == nil {
		return "-"
	}
	return r.Best.Name
}

// tableOfTables has a line per experiment: what was measured here, and what
// ordinary tools reach on the same rows.
func tableOfTables(out io.Writer, done []*experiment.Outcome) error {
	fmt.Fprintf(out, "Test rows: every tenth. Regressions: root mean square error in the target's units, less is better;\n"+
		"classes: share of them that is right. The columns from %q on are ordinary tools on the same rows.\n\n", experiment.WideName)
	w := terminal.NewTable(out, terminal.Right)
	fmt.Fprintf(w, "\trows\tmeasure\tmultigrade\tgrades\tseconds\tstatus\t%s\t%s\t%s\tlinear or logistic\tbest of these\t\n", experiment.WideName, experiment.DeepName, experiment.TreesName)
	for _, r := range done {
		fmt.Fprintf(w, "%s\t%d\t%s\t%.4g\t%d\t%.0f\t%s\t%s\t%s\t%s\t%s\t%s\t\n", r.Experiment, r.Rows, r.Measure, r.Test, len(r.Grades), r.Seconds, r.Status,
			r.Beside(experiment.WideName), r.Beside(experiment.DeepName), r.Beside(experiment.TreesName), r.Beside(experiment.LinearName, experiment.LogisticName), bestName(r))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\nStatus is that of the worst grade. Check a run with: multigrade verify %s\n", done[len(done)-1].Run)
	return err
}
