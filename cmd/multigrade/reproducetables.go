package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"multigrade/solver"
)

// allTables is the name under which reproduce runs all experiments on measured
// data.
const allTables = "tables"

// reproduceTables runs the experiments on measured data in a folder, each in a
// run directory of its name, and prints one table.
func reproduceTables(c *cli.Context, s streams, args []string) error {
	if len(args) != 1 {
		return bad(errors.New("reproduce tables needs the folder with NAME/NAME.csv: multigrade reproduce tables DIR"))
	}
	out := c.String("out")
	if out == "" {
		out = "runs"
	}
	var done []*reproduced
	for _, e := range experiments() {
		if !e.table {
			continue
		}
		r, err := reproduceWith(c, s, &e, args[0], filepath.Join(out, e.name))
		if err != nil {
			return err
		}
		done = append(done, r)
		if r.ended == solver.Interrupted {
			break
		}
	}
	return showTables(c, s, done)
}

func showTables(c *cli.Context, s streams, done []*reproduced) error {
	var err error
	switch {
	case c.Bool("json"):
		err = writeJSON(s.out, map[string]any{"tables": done})
	case !c.Bool("quiet"):
		err = tableOfTables(s.out, done)
	}
	if err != nil {
		return failed(err)
	}
	if done[len(done)-1].ended == solver.Interrupted {
		return &failure{status: statusInterrupted}
	}
	return nil
}

// tableOfTables has a line per experiment: what was measured here, and what
// ordinary tools reach on the same rows.
func tableOfTables(out io.Writer, done []*reproduced) error {
	fmt.Fprintf(out, "Test rows: every tenth. Regressions: root mean square error in the target's units, less is better;\n"+
		"classes: share of them that is right. The columns from %q on are ordinary tools on the same rows.\n\n", wideName)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "\trows\tmeasure\tmultigrade\tgrades\tseconds\tstatus\t%s\t%s\t%s\tlinear or logistic\t\n", wideName, deepName, treesName)
	for _, r := range done {
		fmt.Fprintf(w, "%s\t%d\t%s\t%.4g\t%d\t%.0f\t%s\t%s\t%s\t%s\t%s\t\n", r.Experiment, r.Rows, r.Measure, r.Test, len(r.Grades), r.Seconds, r.Status,
			r.beside(wideName), r.beside(deepName), r.beside(treesName), r.beside(linearName, logisticName))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\nStatus is that of the worst grade. Check a run with: multigrade verify %s\n", done[len(done)-1].Run)
	return err
}
