package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/urfave/cli/v2"

	"multigrade/grade"
	"multigrade/internal/exit"
	"multigrade/internal/run"
	"multigrade/internal/terminal"
	"multigrade/solver"
)

func pathCommand(s streams) *cli.Command {
	d, o := grade.DefaultOptions(), solver.DefaultPathOptions()
	return &cli.Command{
		Name:      "path",
		Usage:     "the regularisation path of the first grade",
		ArgsUsage: "DATA",
		Description: "Solves the first grade from beta_max, where the network is zero, down to a small part of it, every\n" +
			"point with a certified gap. Errors are root mean squares in the target's units.\n\n" +
			"Example: multigrade path diabetes.csv --holdout 0.1 --plot path.svg",
		Flags: append([]cli.Flag{
			&cli.StringSliceFlag{Name: "target", Usage: "target `COLUMN`", DefaultText: "the last"},
			&cli.IntFlag{Name: "points", Usage: "number `N` of values of beta", Value: o.Points},
			&cli.Float64Flag{Name: "ratio", Usage: "smallest over largest beta, `R`", Value: o.Ratio},
			&cli.Float64Flag{Name: "holdout", Usage: "`SHARE` of rows held out for the test"},
			&cli.Float64Flag{Name: "validation", Usage: "`SHARE` of the other rows for choosing beta"},
			weightsFlag(),
			&cli.StringFlag{Name: "activation", Usage: "`ACTIVATION`: relu, leaky:S, abs or gated", Value: d.Activation.String()},
			&cli.IntFlag{Name: "patterns", Usage: "number `N` of Gaussian gates sampled", DefaultText: "as solve"},
			&cli.StringFlag{Name: "gates", Usage: "`FILE` of gate vectors (CSV without header, or .npy)"},
			&cli.BoolFlag{Name: "no-bias", Usage: "leave out the bias column"},
			&cli.BoolFlag{Name: "no-standardize", Usage: "use the inputs and the target as they are"},
			&cli.BoolFlag{Name: "no-intercept", Usage: "no free constant"},
			&cli.Float64Flag{Name: "tol", Usage: "relative duality gap `T` of every point", Value: d.Tol},
			methodFlag(),
			&cli.IntFlag{Name: "max-iter", Usage: "most iterations `N` of a point", Value: d.Limits.Iterations},
			&cli.DurationFlag{Name: "time-limit", Usage: "end the path after this `TIME`, such as 30s", DefaultText: "none"},
			&cli.BoolFlag{Name: "csv", Usage: "the rows as CSV on standard output"},
			&cli.StringFlag{Name: "out", Usage: "`FILE` for the rows as CSV"},
			&cli.StringFlag{Name: "plot", Usage: "`FILE` for a picture, .png, .svg or .pdf"},
		}, readingFlags()...),
		Action: func(c *cli.Context) error { return path(c, s) },
	}
}

// pathJSON is the JSON object of path.
type (
	pathJSON struct {
		Status  string        `json:"status"`
		Seconds float64       `json:"seconds"`
		BetaMax float64       `json:"beta_max"`
		Best    *int          `json:"best"` // the point with the least validation error, null without validation rows
		Points  []pathRowJSON `json:"points"`
	}
	pathRowJSON struct {
		Beta       float64  `json:"beta"`
		Primal     float64  `json:"primal"`
		Dual       float64  `json:"dual"`
		RelGap     float64  `json:"rel_gap"`
		Neurons    int      `json:"neurons"`
		Screened   int      `json:"screened"`
		Iterations int      `json:"iterations"`
		Status     string   `json:"status"`
		Train      float64  `json:"train"`
		Validation *float64 `json:"validation"`
		Test       *float64 `json:"test"`
	}
)

func path(c *cli.Context, s streams) error {
	args, err := arguments(c, 1, 1, "one data file")
	if err == nil {
		err = checkOutFile(c, args)
	}
	if err != nil {
		return err
	}
	o, err := pathOptions(c)
	if err != nil {
		return err
	}
	reading, err := readingOptions(c)
	if err != nil {
		return err
	}
	src, err := run.ReadSource(args[0], s.in, reading.Limits)
	if err != nil {
		return err
	}
	data, err := src.Parse(c.Context, reading, o.Shares)
	if err != nil {
		return err
	}
	if err := readGates(c, data.Features(), reading.Limits, &o); err != nil {
		return err
	}
	training, err := run.TrainingData(data, grade.Regression.String())
	if err != nil {
		return err
	}
	bar := newProgress(c, s)
	bar.steps = "point"
	started := time.Now()
	points, err := grade.Path(c.Context, training, o, c.Int("points"), c.Float64("ratio"), bar.show)
	bar.clear()
	if grade.Refused(err) {
		return exit.Bad(fmt.Errorf("%s: %w", src.Name, err))
	}
	if err != nil {
		return exit.Failed(err)
	}
	j := newPathJSON(points, c.Int("points"), time.Since(started).Seconds(), c.Context.Err() != nil)
	return j.show(c, s)
}

// pathOptions turns the flags into options.
func pathOptions(c *cli.Context) (grade.Options, error) {
	o := grade.DefaultOptions()
	o.Grades = 1
	o.Shares = grade.Shares{Holdout: c.Float64("holdout"), Validation: c.Float64("validation")}
	o.Bias, o.Standardize, o.Intercept = !c.Bool("no-bias"), !c.Bool("no-standardize"), !c.Bool("no-intercept")
	o.Tol, o.Limits.Iterations, o.Limits.Time = c.Float64("tol"), c.Int("max-iter"), c.Duration("time-limit")
	o.Patterns, o.Seed = c.Int("patterns"), c.Uint64("seed")
	if c.IsSet("patterns") && (c.IsSet("gates") || o.Patterns < 1) {
		return o, exit.Bad(errors.New("--patterns wants at least 1 gate, and not --gates with it"))
	}
	if c.Bool("csv") && c.Bool("json") {
		return o, exit.Bad(errors.New("--csv and --json given, want one of them"))
	}
	if c.IsSet("plot") {
		if err := checkPlotName(c.String("plot")); err != nil {
			return o, err
		}
	}
	po := solver.PathOptions{Options: solver.DefaultOptions(), Points: c.Int("points"), Ratio: c.Float64("ratio")}
	if err := po.Validate(); err != nil {
		return o, exit.Bad(fmt.Errorf("--points, --ratio: %w", err))
	}
	var err error
	if o.Method, err = parseMethod(c); err != nil {
		return o, err
	}
	if o.Activation, err = parseActivation(c.String("activation")); err != nil {
		return o, err
	}
	return o, exit.Bad(o.Validate())
}

func newPathJSON(points []grade.PathPoint, asked int, seconds float64, interrupted bool) *pathJSON {
	j := &pathJSON{Seconds: seconds, Points: []pathRowJSON{}}
	status := solver.Optimal
	if len(points) < asked {
		status = solver.TimeLimit
	}
	if interrupted {
		status = solver.Interrupted
	}
	for k, pt := range points {
		j.BetaMax = pt.BetaMax
		status = max(status, pt.Status)
		r := pathRowJSON{Beta: pt.Beta, Primal: pt.Primal, Dual: pt.Dual, RelGap: pt.RelGap, Neurons: len(pt.Network.Neurons),
			Screened: pt.Screened, Iterations: pt.Iterations, Status: pt.Status.String(), Train: pt.Norms[grade.OnTrain].L2}
		r.Validation, r.Test = normOn(pt, grade.OnValidation), normOn(pt, grade.OnTest)
		j.Points = append(j.Points, r)
		if r.Validation != nil && (j.Best == nil || *r.Validation < *j.Points[*j.Best].Validation) {
			j.Best = &k
		}
	}
	j.Status = status.String()
	return j
}

// normOn is the root mean square residual on a part of the data, nil if that
// has no rows.
func normOn(pt grade.PathPoint, part string) *float64 {
	if n, ok := pt.Norms[part]; ok {
		return &n.L2
	}
	return nil
}

// show writes the rows in every form asked for and turns the status into the
// exit status.
func (j *pathJSON) show(c *cli.Context, s streams) error {
	if name := c.String("plot"); name != "" {
		if err := plotPath(j, name); err != nil {
			return exit.Failed(err)
		}
	}
	if name := c.String("out"); name != "" {
		if err := run.WriteWhole(name, j.writeCSV); err != nil {
			return exit.Failed(err)
		}
	}
	if err := present(c, s.out, j, j.writeCSV, j.table); err != nil {
		return exit.Failed(err)
	}
	switch {
	case j.Status == solver.Interrupted.String():
		return &exit.Failure{Status: exit.StatusInterrupted}
	case len(j.Points) == 0:
		return exit.Failed(errors.New("no point of the path is done"))
	}
	return nil
}

// writeCSV writes a row per point; errors on parts without rows are empty.
func (j *pathJSON) writeCSV(out io.Writer) error {
	w := csv.NewWriter(out)
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	optional := func(v *float64) string {
		if v == nil {
			return ""
		}
		return number(*v)
	}
	w.Write([]string{"beta", "primal", "dual", "rel_gap", "neurons", "screened", "iterations", "status", "train", "validation", "test"})
	for _, r := range j.Points {
		w.Write([]string{number(r.Beta), number(r.Primal), number(r.Dual), number(r.RelGap), strconv.Itoa(r.Neurons), strconv.Itoa(r.Screened),
			strconv.Itoa(r.Iterations), r.Status, number(r.Train), optional(r.Validation), optional(r.Test)})
	}
	w.Flush()
	return w.Error()
}

// table writes the points for a reader.
func (j *pathJSON) table(out io.Writer) error {
	w := terminal.NewTable(out, terminal.Right)
	fmt.Fprint(w, "beta/beta_max\tneurons\tobjective\tfrom optimum\ttrain r.m.s.\t")
	first := j.first()
	if first.Validation != nil {
		fmt.Fprint(w, "validation\t")
	}
	if first.Test != nil {
		fmt.Fprint(w, "test\t")
	}
	fmt.Fprint(w, "status\t\n")
	for k, r := range j.Points {
		fmt.Fprintf(w, "%.4g\t%d\t%.6g\t<= %.1e\t%.4g\t", r.Beta/j.BetaMax, r.Neurons, r.Primal, r.RelGap, r.Train)
		for _, v := range []*float64{r.Validation, r.Test} {
			if v != nil {
				fmt.Fprintf(w, "%.4g\t", *v)
			}
		}
		mark := ""
		if j.Best != nil && *j.Best == k {
			mark = " best on validation"
		}
		fmt.Fprintf(w, "%s%s\t\n", r.Status, mark)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	most := ""
	if first.Status == solver.TimeLimit.String() || first.Status == solver.Interrupted.String() {
		most = "at most " // its search may have been ended, too
	}
	_, err := fmt.Fprintf(out, "beta_max %s%.6g, %.1f seconds\n", most, j.BetaMax, j.Seconds)
	return err
}

// first is the first point, an empty one if there is none.
func (j *pathJSON) first() pathRowJSON {
	if len(j.Points) == 0 {
		return pathRowJSON{}
	}
	return j.Points[0]
}
