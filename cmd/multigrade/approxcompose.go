package main

import (
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/urfave/cli/v2"

	"multigrade/approx"
	"multigrade/internal/exit"
	"multigrade/internal/terminal"
)

// approximateComposed builds the grades by squares, writes the run directory and reports.
func approximateComposed(c *cli.Context, s streams) error {
	target, o, err := composeInput(c)
	if err != nil {
		return err
	}
	start := time.Now()
	bar := approxProgress(c, s, o.Grades)
	o.Progress = func(*approx.TrainedGrade) { bar.Add(1) }
	scheme, err := approx.Compose(c.Context, target, o)
	bar.Clear()
	if err != nil {
		return exit.Bad(inExpression(err))
	}
	return tellTrained(c, s, scheme, start, "what each grade of tents leaves")
}

// composeInput reads the target and the options.
func composeInput(c *cli.Context) (*approx.Expr, approx.TrainOptions, error) {
	o := approx.DefaultTrainOptions(1)
	o.Sharp, o.Threads = 0, runtime.GOMAXPROCS(0)
	if c.IsSet("grades") {
		o.Grades = c.Int("grades")
	}
	for _, name := range []string{"table", "adaptive", "halving", "narrow", "trained", "composed", "growth", "samples", "lipschitz"} {
		if c.IsSet(name) {
			return nil, o, exit.Bad(fmt.Errorf("--%s does not go with --compose", name))
		}
	}
	if err := checkTargetFlags(c); err != nil {
		return nil, o, err
	}
	target, err := expressionTarget(c, "one expression (in quotes)")
	if err != nil {
		return nil, o, err
	}
	if err := o.ValidateCompose(target.Dim()); err != nil {
		return nil, o, exit.Bad(fmt.Errorf("approx: %w", err))
	}
	return target, o, nil
}

// compareGrid builds as many grades on grids; none is kept.
func compareGrid(c *cli.Context, s *approx.TrainedScheme) ([]gridRow, error) {
	o := approx.DefaultOptions()
	o.Grades, o.Threads = max(1, len(s.Grades)), runtime.GOMAXPROCS(0)
	grid, err := approx.Build(c.Context, s.Target, o)
	if err != nil {
		return nil, err
	}
	m, err := approx.Describe(grid)
	if err != nil {
		return nil, err
	}
	var rows []gridRow
	for _, g := range m.Grades {
		if g.Nontrivial {
			rows = append(rows, gridRow{len(rows) + 1, g.N, g.Hats, g.Width, g.Depth, g.SupBound})
		}
	}
	return rows, nil
}

// tableBeside writes the grades and those on grids side by side.
func (r *trainedReport) tableBeside(out io.Writer) error {
	if len(r.Grid) == 0 {
		return nil
	}
	fmt.Fprint(out, "\nBeside the scheme on grids, by nontrivial grades:\n\n")
	w := terminal.NewTable(out, terminal.Right)
	fmt.Fprint(w, "grade\tdepth\t|e| <=\tratio\tgrid: N\tdepth\t|e| <=\tratio\t\n")
	before := r.Initial.Linf[1]
	for k := range max(len(r.Grades), len(r.Grid)) {
		fmt.Fprintf(w, "%d\t", k+1)
		if k < len(r.Grades) {
			g := r.Grades[k]
			fmt.Fprintf(w, "%d\t%.4g\t%.3f\t", g.Depth, g.SupBound, g.Ratio)
		} else {
			fmt.Fprint(w, "\t\t\t")
		}
		if k < len(r.Grid) {
			g := r.Grid[k]
			fmt.Fprintf(w, "%d\t%d\t%.4g\t%.3f\t\n", g.N, g.Depth, g.SupBound, boundRatio(g.SupBound, before))
			before = g.SupBound
		} else {
			fmt.Fprint(w, "\t\t\t\t\n")
		}
	}
	return w.Flush()
}
