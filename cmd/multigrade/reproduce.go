package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"text/tabwriter"

	"github.com/urfave/cli/v2"
	"gonum.org/v1/gonum/mat"

	"multigrade/grade"
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
			"in one table.\n\n" +
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
	}
	e, err := findExperiment(args[0])
	if err != nil {
		return err
	}
	if (e.needs != "") != (len(args) == 2) {
		if e.needs == "" {
			return bad(fmt.Errorf("experiment %s makes its own data, got %q", e.name, args[1]))
		}
		return bad(fmt.Errorf("experiment %s needs %s: multigrade reproduce %s PATH", e.name, e.needs, e.name))
	}
	r, err := reproduceOne(c, s, e, append(args, "")[1], c.String("out"))
	if err != nil {
		return err
	}
	return r.show(c, s)
}

// reproduceOne runs an experiment, given its file, into the run directory out,
// runs/NAME if that is empty.
func reproduceOne(c *cli.Context, s streams, e *experiment, file, out string) (*reproduced, error) {
	t, err := e.prepare(file)
	if err != nil {
		return nil, bad(err)
	}
	o, err := experimentOptions(c, e, t)
	if err != nil {
		return nil, err
	}
	return runExperiment(c, s, e, t, o, out)
}

func listExperiments(c *cli.Context, s streams) error {
	type listed struct {
		Name      string      `json:"name"`
		Title     string      `json:"title"`
		Needs     string      `json:"needs,omitempty"`
		Measure   string      `json:"measure"`
		Source    string      `json:"source"`
		Published []published `json:"published"`
	}
	list := []listed{}
	for _, e := range experiments() {
		list = append(list, listed{e.name, e.title, e.needs, e.measure.name, e.source, e.published})
	}
	if c.Bool("json") {
		return writeJSON(s.out, map[string]any{"experiments": list})
	}
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
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

// experimentOptions are those of the variant, with what the flags change.
func experimentOptions(c *cli.Context, e *experiment, t *trial) (grade.Options, error) {
	o := grade.DefaultOptions()
	o.Seed, o.Shares.Holdout = c.Uint64("seed"), t.holdout
	set := e.quick
	if c.Bool("full") {
		set = e.full
	}
	if e.classes {
		o.Loss = solver.Logistic
	}
	set(&o)
	if c.IsSet("width") {
		if o.Width = c.Int("width"); o.Width == 0 {
			d := grade.DefaultOptions()
			o.Work, o.MaxIter, o.BoundLeaves = d.Work, d.MaxIter, d.BoundLeaves
		}
	}
	if c.IsSet("grades") {
		o.Grades = c.Int("grades")
	}
	if c.IsSet("beta") {
		o.Beta, o.ChooseBeta = c.Float64("beta"), false
	}
	return o, bad(o.Validate())
}

// reproduced is the outcome of an experiment.
type reproduced struct {
	Experiment string           `json:"experiment"`
	Title      string           `json:"title"`
	Source     string           `json:"source"`
	Variant    string           `json:"variant"`
	Measure    string           `json:"measure"` // of all values below
	Rows       int              `json:"rows"`    // trained on
	TestRows   int              `json:"test_rows"`
	Width      int              `json:"width"` // 0: without a budget
	Seconds    float64          `json:"seconds"`
	Status     string           `json:"status"`
	Run        string           `json:"run"`
	Grades     []reproducedStep `json:"grades"`
	Test       float64          `json:"test"`
	Baseline   *published       `json:"baseline"` // without training, measured here; null for none
	Published  []published      `json:"published"`
	// Better says of the best published multigrade number, else of the first
	// published one, whether the test value is better; null where there is none.
	Better *bool `json:"better"`

	status solver.Status
}

// reproducedStep is a grade.
type reproducedStep struct {
	Grade     int        `json:"grade"`
	Neurons   int        `json:"neurons"`
	Beta      float64    `json:"beta"`
	Train     float64    `json:"train"`
	Test      float64    `json:"test"`
	Published *float64   `json:"published"` // after that grade
	Objective float64    `json:"objective"` // of the grade's network
	Bound     float64    `json:"bound"`     // of the convex program over the patterns listed or, where the network is below it, over all
	Seconds   float64    `json:"seconds"`
	Width     *widthJSON `json:"width,omitempty"`
}

// runExperiment trains on the data, which the run directory keeps, and measures
// every grade on the test points.
func runExperiment(c *cli.Context, s streams, e *experiment, t *trial, o grade.Options, out string) (*reproduced, error) {
	src := t.source(e.name)
	table, err := src.parse(nil)
	if err != nil {
		return nil, err
	}
	task := grade.Regression.String()
	if e.classes {
		task = ""
	}
	data, err := trainingData(table, task)
	if err != nil {
		return nil, err
	}
	if out == "" {
		out = filepath.Join("runs", e.name)
	}
	trained, err := trainInto(c, s, out, src, nil, data, o)
	if err != nil {
		return nil, err
	}
	r := &reproduced{Experiment: e.name, Title: e.title, Source: e.source, Variant: "quick", Measure: e.measure.name, Width: o.Width,
		Seconds: trained.total, Status: trained.run.Status.String(), status: trained.run.Status, Run: trained.dir, Published: e.published, Grades: []reproducedStep{}}
	if c.Bool("full") {
		r.Variant = "full"
	}
	return r, r.fill(e, t, trained)
}

// fill measures the run.
func (r *reproduced) fill(e *experiment, t *trial, trained *solveReport) error {
	m := trained.run.Model
	trainX, trainY := t.training(m)
	r.Rows, r.TestRows = len(trainY), len(t.testY)
	for k, g := range trained.run.Grades {
		train := trained.run.Ledger.Find(k+1, grade.OnTrain)
		account := newAccountJSON(g.Sum(), g.Scope, train)
		step := reproducedStep{Grade: k + 1, Neurons: train.Neurons, Beta: train.Beta, Objective: account.Primal, Bound: account.Dual, Seconds: trained.seconds[k], Width: account.Width}
		if account.Width != nil {
			step.Objective = account.Width.Objective
		}
		if step.Bound > step.Objective { // the network has patterns that are not listed
			step.Bound = g.Sum().GlobalBound
		}
		var errs [2]error
		step.Train, errs[0] = e.error(m, k+1, trainX, trainY)
		step.Test, errs[1] = e.error(m, k+1, t.testX, t.testY)
		if err := errors.Join(errs[:]...); err != nil {
			return failed(err)
		}
		if k < len(e.perGrade) {
			step.Published = &e.perGrade[k]
		}
		r.Grades = append(r.Grades, step)
		r.Test = step.Test
	}
	if t.baseline != nil {
		r.Baseline = &published{Name: t.baselineName, Value: e.measure.of(t.testY, t.baseline)}
	}
	if len(r.Published) > 0 && len(r.Grades) > 0 {
		better := e.measure.better(r.Test, r.Published[0].Value)
		r.Better = &better
	}
	return nil
}

// error measures what the first k grades predict at x.
func (e *experiment) error(m *grade.Model, k int, x *mat.Dense, y []float64) (float64, error) {
	predicted, err := m.PredictGrades(x, k)
	if err != nil {
		return 0, err
	}
	if e.classes {
		return e.measure.of(y, classNumbers(m, predicted)), nil
	}
	return e.measure.of(y, mat.Col(nil, 0, predicted)), nil
}

// show writes the outcome; a limit that came first is no failure here, where
// the numbers are what counts.
func (r *reproduced) show(c *cli.Context, s streams) error {
	var err error
	switch {
	case c.Bool("json"):
		err = writeJSON(s.out, r)
	case !c.Bool("quiet"):
		err = r.table(s.out)
	}
	if err != nil {
		return failed(err)
	}
	if r.status == solver.Interrupted {
		return &failure{status: statusInterrupted}
	}
	if len(r.Grades) == 0 {
		return failed(errors.New("no grade was trained"))
	}
	return nil
}

func (r *reproduced) table(out io.Writer) error {
	fmt.Fprintf(out, "%s (%s): %s. %d training and %d test rows, %s.\nPublished: %s.\n\n", r.Experiment, r.Variant, r.Title, r.Rows, r.TestRows, r.Measure, r.Source)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
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
	w = tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
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
