package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"

	"multigrade/internal/exit"
	"multigrade/internal/experiment"
	"multigrade/internal/terminal"
	"multigrade/solver"
)

// allProofs is the name under which reproduce tells how far the grades of data with one
// input are proved.
const allProofs = "proofs"

// reproduceProofs trains on the data that are part of the program, and on those in a folder
// if one is given, each in a run directory of its name and beta, and prints one table.
func reproduceProofs(c *cli.Context, s streams, args []string) error {
	if c.Bool("full") {
		return exit.Bad(errors.New("reproduce proofs has one variant, want no --full"))
	}
	t := &experiment.ProofTable{Folder: append(args, "")[0], Width: experiment.ProofWidth, Grades: experiment.ProofGrades, Betas: experiment.ProofBetas,
		Seed: c.Uint64("seed"), Out: c.String("out"), Command: os.Args}
	if t.Out == "" {
		t.Out = "runs"
	}
	if c.IsSet("width") {
		t.Width = c.Int("width")
	}
	if c.IsSet("grades") {
		t.Grades = c.Int("grades")
	}
	if c.IsSet("beta") {
		t.Betas = []float64{c.Float64("beta")}
	}
	bar := newProgress(c, s)
	t.Progress = bar.show
	proved, status, err := t.Prove(c.Context)
	bar.clear()
	if err != nil {
		return err
	}
	if err := present(c, s.out, map[string]any{"width": t.Width, "grades": proved}, nil, func(out io.Writer) error { return tableOfProofs(out, t, proved) }); err != nil {
		return exit.Failed(err)
	}
	if status == solver.Interrupted {
		return &exit.Failure{Status: exit.StatusInterrupted}
	}
	return nil
}

// tableOfProofs has a line per grade.
func tableOfProofs(out io.Writer, t *experiment.ProofTable, proved []experiment.ProvedGrade) error {
	fmt.Fprintf(out, "One input, at most %d neurons a grade. Gap: of the convex program's objective to what is proved for all\n"+
		"patterns, of that objective; pieces and nodes of the search that proved most.\n\n", t.Width)
	w := terminal.NewTable(out, terminal.Right)
	fmt.Fprint(w, "data\tbeta\tgrade\trank\tpieces\tnodes\tgap\tseconds\tstatus\t\n")
	for _, g := range proved {
		pieces := "-"
		if g.Pieces > 0 {
			pieces = fmt.Sprint(g.Pieces)
		}
		fmt.Fprintf(w, "%s\t%v\t%d\t%d\t%s\t%d\t%.2g\t%.1f\t%s\t\n", g.Data, g.Beta, g.Grade, g.Rank, pieces, g.Nodes, g.Gap, g.Seconds, g.Status)
	}
	if err := w.Flush(); err != nil || len(proved) == 0 {
		return err
	}
	_, err := fmt.Fprintf(out, "\nCheck a run with: multigrade verify %s\n", proved[len(proved)-1].Run)
	return err
}
