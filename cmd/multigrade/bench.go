package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"multigrade/internal/chart"
	"multigrade/internal/exit"
	"multigrade/internal/experiment"
	"multigrade/internal/run"
	"multigrade/internal/terminal"
	"multigrade/solver"
)

func benchCommand(s streams) *cli.Command {
	return &cli.Command{
		Name:  "bench",
		Usage: "time the standard problems",
		Description: "Solves the program of one grade on each standard problem, both activations, to a certified\n" +
			"gap. Seconds are the median of the runs, for the solver alone.\n\n" +
			"Example: multigrade bench --patterns 500 --each-method --csv",
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "patterns", Usage: "number `N` of Gaussian gates sampled", Value: 100},
			&cli.IntFlag{Name: "repeat", Usage: "number `N` of runs of each problem; lines that take long (--long) are run once", Value: 3},
			&cli.Float64Flag{Name: "tol", Usage: "relative duality gap `T`", Value: solver.DefaultOptions().Tol},
			methodFlag(),
			&cli.StringFlag{Name: "loss", Usage: solver.LossUsage() + "; labels are the signs of the targets", DefaultText: "squared"},
			&cli.BoolFlag{Name: "intercept", Usage: "with a constant free of charge"},
			&cli.BoolFlag{Name: "each-method", Usage: "by every method that suits, one after the other"},
			&cli.StringFlag{Name: "suite", Usage: "`NAME`: " + standardSuite + ", or " + scaleSuite + ": how the time grows with rows, inputs, gates and neurons, and what one waits for", Value: standardSuite},
			&cli.StringFlag{Name: "only", Usage: "the problem, of the suite " + scaleSuite + " the axis or the line, `NAME` alone"},
			&cli.BoolFlag{Name: "long", Usage: "of the suite " + scaleSuite + " those lines, too, that take long, in processor seconds: " + longLines()},
			&cli.StringFlag{Name: "data", Usage: "`FOLDER` of data sets, NAME/FILE each: of the suite " + scaleSuite + " those lines, too, whose data are in it, of " + folderLines()},
			&cli.DurationFlag{Name: "time-limit", Usage: "end a run after this `TIME`", DefaultText: "none"},
			&cli.BoolFlag{Name: "csv", Usage: "the rows as CSV"},
			&cli.StringFlag{Name: "plot", Usage: "draw the gap of every method over time, for the problem of --only, or the time along the axes of the suite " + scaleSuite + ", into `FILE` (" + strings.Join(chart.Formats, ", ") + ")"},
		},
		Action: func(c *cli.Context) error { return bench(c, s) },
	}
}

// longLines names them, with what they take.
func longLines() string {
	var long []experiment.Aim
	for _, a := range experiment.Aims {
		if a.Takes > 0 {
			long = append(long, a)
		}
	}
	return linesTaking(long)
}

// folderLines names the files, and the lines with what they take.
func folderLines() string {
	files, lines := experiment.FolderLines()
	return strings.Join(files, ", ") + ": " + linesTaking(lines)
}

func linesTaking(lines []experiment.Aim) string {
	var names []string
	for _, a := range lines {
		names = append(names, fmt.Sprintf("%s (%.0f)", a.Name, a.Takes))
	}
	return strings.Join(names, "; ")
}

// The suites of bench.
const (
	standardSuite = "standard"
	scaleSuite    = "scale"
)

func bench(c *cli.Context, s streams) error {
	if _, err := arguments(c, 0, 0, "no arguments"); err != nil {
		return err
	}
	if suite := c.String("suite"); suite != standardSuite && suite != scaleSuite {
		return exit.Bad(fmt.Errorf("--suite %q: want %s or %s", suite, standardSuite, scaleSuite))
	}
	o := solver.DefaultOptions()
	o.Tol, o.TimeLimit = c.Float64("tol"), c.Duration("time-limit")
	var err error
	if o.Method, err = parseMethod(c); err != nil {
		return err
	}
	if err := o.Validate(); err != nil {
		return exit.Bad(err)
	}
	if c.Int("patterns") < 1 || c.Int("repeat") < 1 {
		return exit.Bad(errors.New("--patterns and --repeat want at least 1"))
	}
	methods := []solver.Method{o.Method}
	switch {
	case c.Bool("each-method") && c.IsSet("method"):
		return exit.Bad(errors.New("--each-method and --method given, want one of them"))
	case c.Bool("each-method"):
		methods = solver.Methods()
	}
	if name := c.String("plot"); name != "" {
		if err := checkPlotName(name); err != nil {
			return err
		}
		if c.String("only") == "" && c.String("suite") != scaleSuite {
			return exit.Bad(errors.New("--plot draws one problem, want --only NAME"))
		}
	}
	if c.Bool("csv") && c.Bool("json") {
		return exit.Bad(errors.New("--csv and --json given, want one of them"))
	}
	if c.String("suite") == scaleSuite {
		return benchScale(c, s, o)
	}
	for _, flag := range []string{"long", "data"} {
		if c.IsSet(flag) {
			return exit.Bad(fmt.Errorf("--%s is for the suite %s", flag, scaleSuite))
		}
	}
	chosen, err := experiment.FindProblems(c.String("only"))
	if err != nil {
		return err
	}
	l := solver.Squared
	if name := c.String("loss"); name != "" {
		if l, err = solver.ParseLoss(name); err != nil {
			return exit.Bad(err)
		}
	}
	for k, b := range chosen {
		chosen[k] = b.WithLoss(l, c.Bool("intercept"))
	}
	rows, status, err := experiment.TimeAll(c.Context, chosen, c.Int("patterns"), c.Int("repeat"), c.Uint64("seed"), methods, o)
	if err != nil {
		return exit.Failed(err)
	}
	t := timings(rows)
	if err := present(c, s.out, map[string]any{"status": status.String(), "problems": rows}, t.writeCSV, t.table); err != nil {
		return exit.Failed(err)
	}
	if name := c.String("plot"); name != "" && status != solver.Interrupted {
		charts, err := experiment.GapCharts(c.Context, chosen[0], c.Int("patterns"), c.Uint64("seed"), o)
		if err == nil {
			err = drawCharts(name, charts)
		}
		if err != nil {
			return exit.Failed(err)
		}
	}
	if status == solver.Interrupted {
		return &exit.Failure{Status: exit.StatusInterrupted}
	}
	return nil
}

// drawCharts writes a file of charts.
func drawCharts(name string, charts []*chart.Chart) error {
	return run.WriteWhole(name, func(w io.Writer) error { return chart.Write(w, plotFormat(name), charts...) })
}

// timings are the rows of bench.
type timings []experiment.Timing

func (rows timings) writeCSV(out io.Writer) error {
	w := csv.NewWriter(out)
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	w.Write([]string{"problem", "rows", "columns", "patterns", "activation", "beta", "seconds", "iterations", "primal", "rel_gap", "neurons", "status", "asked", "method", "loss", "intercept", "cpu_seconds"})
	for _, r := range rows {
		w.Write([]string{r.Problem, strconv.Itoa(r.Rows), strconv.Itoa(r.Columns), strconv.Itoa(r.Patterns), r.Activation, number(r.Beta),
			number(r.Seconds), strconv.Itoa(r.Iterations), number(r.Primal), number(r.RelGap), strconv.Itoa(r.Neurons), r.Status, r.Asked, r.Method, r.Loss, strconv.FormatBool(r.Intercept), processorSeconds(&r, "%g")})
	}
	w.Flush()
	return w.Error()
}

func (rows timings) table(out io.Writer) error {
	w := terminal.NewTable(out, terminal.Right)
	fmt.Fprint(w, "problem\tsize\tpatterns\tactivation\tmethod\tseconds\titerations\tobjective\tfrom optimum\tneurons\tstatus\t\n")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%d x %d\t%d\t%s\t%s\t%.3f\t%d\t%.8g\t<= %.1e\t%d\t%s\t\n", r.Problem, r.Rows, r.Columns, r.Patterns, r.Activation, r.Asked,
			r.Seconds, r.Iterations, r.Primal, r.RelGap, r.Neurons, r.Status)
	}
	return w.Flush()
}
