package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/urfave/cli/v2"

	"multigrade/internal/exit"
	"multigrade/internal/experiment"
	"multigrade/internal/run"
	"multigrade/internal/terminal"
	"multigrade/solver"
)

func reproduceCommand(s streams) *cli.Command {
	return &cli.Command{
		Name:      "reproduce",
		Usage:     "list the built-in experiments, or run one beside the published numbers",
		ArgsUsage: "[NAME [FILE]]",
		Description: "Without a NAME the experiments are listed. The quick variant takes seconds, --full is as large\n" +
			"as the published experiment. The run directory that is written can be verified. With the NAME\n" +
			"tables all experiments on measured data are run, whose files are FILE/NAME/NAME.csv, and compared\n" +
			"in one table. With the NAME proofs grades on data with one input are trained at --width 8, beta 0.03\n" +
			"and 0.01, and it is told how far each is proved; FILE is a folder with more such data.\n\n" +
			"Example: multigrade reproduce synthetic1 --full",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "full", Usage: "the variant as large as the published one"},
			&cli.IntFlag{Name: "width", Usage: "at most `M` neurons per grade; 0: as many as the optimum has", DefaultText: "the experiment's"},
			&cli.IntFlag{Name: "grades", Usage: "number of grades `K`", DefaultText: "the experiment's"},
			&cli.Float64Flag{Name: "beta", Usage: "regularisation `R` relative to beta_max of the grade", DefaultText: "the experiment's"},
			&cli.StringFlag{Name: "out", Usage: "run directory `DIR`; an earlier run in it is replaced", DefaultText: "runs/NAME"},
		},
		Action: func(c *cli.Context) error { return reproduce(c, s) },
	}
}

func reproduce(c *cli.Context, s streams) error {
	args, err := arguments(c, 0, 2, "the name of an experiment, and its file if it needs one")
	if err != nil {
		return err
	}
	switch {
	case len(args) == 0:
		return listExperiments(c, s)
	case args[0] == allTables:
		return reproduceTables(c, s, args[1:])
	case args[0] == allProofs:
		return reproduceProofs(c, s, args[1:])
	}
	e, err := experiment.Find(args[0])
	if err != nil {
		return err
	}
	if (e.Needs != "") != (len(args) == 2) {
		if e.Needs == "" {
			return exit.Bad(fmt.Errorf("experiment %s makes its own data, got %q", e.Name, args[1]))
		}
		return exit.Bad(fmt.Errorf("experiment %s needs %s: multigrade reproduce %s PATH", e.Name, e.Needs, e.Name))
	}
	file := append(args, "")[1]
	if err := run.CheckOut(c.String("out"), file); err != nil {
		return exit.Bad(err)
	}
	r, err := reproduceWith(c, s, e, file, c.String("out"))
	if err != nil {
		return err
	}
	return showReproduced(c, s, r)
}

// reproduceWith runs an experiment with a bar.
func reproduceWith(c *cli.Context, s streams, e *experiment.Experiment, file, out string) (*experiment.Outcome, error) {
	v := &experiment.Variant{Full: c.Bool("full"), Seed: c.Uint64("seed"), Out: out, Command: os.Args}
	if c.IsSet("width") {
		v.Width = pointer(c.Int("width"))
	}
	if c.IsSet("grades") {
		v.Grades = pointer(c.Int("grades"))
	}
	if c.IsSet("beta") {
		v.Beta = pointer(c.Float64("beta"))
	}
	bar := newProgress(c, s)
	v.Progress = bar.show
	defer bar.clear()
	return v.Reproduce(c.Context, e, file)
}

func pointer[T any](v T) *T { return &v }

func listExperiments(c *cli.Context, s streams) error {
	type listed struct {
		Name      string                 `json:"name"`
		Title     string                 `json:"title"`
		Needs     string                 `json:"needs,omitempty"`
		Measure   string                 `json:"measure"`
		Source    string                 `json:"source"`
		Published []experiment.Published `json:"published"`
	}
	list := []listed{}
	for _, e := range experiment.All() {
		list = append(list, listed{e.Name, e.Title, e.Needs, e.Measure.Name, e.Source, e.Published})
	}
	if c.Bool("json") {
		return writeJSON(s.out, map[string]any{"experiments": list})
	}
	w := terminal.NewTable(s.out, terminal.Left)
	fmt.Fprintln(w, "name\tneeds\twhat\tmeasure\tpublished")
	for _, e := range list {
		best := "-"
		if len(e.Published) > 0 {
			best = fmt.Sprintf("%.3g (%s)", e.Published[0].Value, e.Published[0].Name)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", e.Name, e.Needs, e.Title, e.Measure, best)
	}
	return w.Flush()
}

// show writes the outcome; a limit that came first is no failure here, where
// the numbers are what counts.
func showReproduced(c *cli.Context, s streams, r *experiment.Outcome) error {
	if err := present(c, s.out, r, nil, func(out io.Writer) error { return reproducedTable(out, r) }); err != nil {
		return exit.Failed(err)
	}
	if r.Ended == solver.Interrupted {
		return &exit.Failure{Status: exit.StatusInterrupted}
	}
	if len(r.Grades) == 0 {
		return exit.Failed(errors.New("no grade was trained"))
	}
	return nil
}

func reproducedTable(out io.Writer, r *experiment.Outcome) error {
	fmt.Fprintf(out, "%s (%s): %s. %d training and %d test rows, %s.\nPublished: %s.\n\n", r.Experiment, r.Variant, r.Title, r.Rows, r.TestRows, r.Measure, r.Source)
	w := terminal.NewTable(out, terminal.Right)
	fmt.Fprint(w, "grade\tneurons\ttrain\ttest\tpublished\tobjective\tbound\tseconds\t\n")
	for _, g := range r.Grades {
		known := ""
		if g.Published != nil {
			known = fmt.Sprintf("%.3g", *g.Published)
		}
		fmt.Fprintf(w, "%d\t%d\t%.4g\t%.4g\t%s\t%.4g\t%.4g\t%.1f\t\n", g.Grade, g.Neurons, g.Train, g.Test, known, g.Objective, g.Bound, g.Seconds)
	}
	fmt.Fprint(w, "\t\t\t\t\t\t\t\t\n")
	if err := w.Flush(); err != nil {
		return err
	}
	w = terminal.NewTable(out, terminal.Left)
	fmt.Fprintf(w, "\ttest %s\tseconds\n", r.Measure)
	fmt.Fprintf(w, "multigrade, measured\t%.4g\t%.1f\n", r.Test, r.Seconds)
	for _, p := range r.Published {
		fmt.Fprintf(w, "%s, published\t%.4g\t%s\n", p.Name, p.Value, secondsOf(p.Seconds))
	}
	if r.Baseline != nil {
		fmt.Fprintf(w, "%s, measured\t%.4g\t\n", r.Baseline.Name, r.Baseline.Value)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\nThe objective of a grade is that of its network, the bound that of the convex program over the\n"+
		"patterns listed or, where the network has others and is below that, over all patterns.\n"+
		"Run directory: %s\nCheck it with: multigrade verify %s\n", r.Run, r.Run)
	return err
}

func secondsOf(s float64) string {
	if s == 0 || math.IsNaN(s) {
		return "-"
	}
	return fmt.Sprintf("%.0f", s)
}
