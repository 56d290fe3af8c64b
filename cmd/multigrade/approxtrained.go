package main

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"time"

	"github.com/urfave/cli/v2"

	"multigrade/approx"
	"multigrade/internal/construct"
	"multigrade/internal/exit"
	"multigrade/internal/run"
	"multigrade/internal/terminal"
)

// approximateTrained trains the scheme, writes the run directory and reports.
func approximateTrained(c *cli.Context, s streams) error {
	target, fit, o, err := trainedInput(c)
	if err != nil {
		return err
	}
	start := time.Now()
	bar := approxProgress(c, s, o.Grades)
	o.Progress = func(*approx.TrainedGrade) { bar.Add(1) }
	train := approx.Train
	if fit.Composed {
		train = approx.TrainComposed
	}
	scheme, err := train(c.Context, target, fit.Fit, o)
	bar.Clear()
	if err != nil {
		return exit.Bad(inExpression(err))
	}
	return tellTrained(c, s, scheme, start, "what each trained grade leaves")
}

// tellTrained writes the run directory and reports; what is the table's title.
func tellTrained(c *cli.Context, s streams, scheme *approx.TrainedScheme, start time.Time, what string) error {
	built := &run.Construction{Save: func(dir string) error { return approx.SaveTrained(dir, scheme) }, Dim: scheme.Target.Dim(), Grades: len(scheme.Grades),
		Network: func(k, _ int) (*approx.Network, error) { return scheme.Network(k) }}
	dir, err := writeConstruction(c, built)
	if err != nil {
		return err
	}
	r, err := newTrainedReport(scheme, dir, time.Since(start))
	if err != nil {
		return exit.Failed(err)
	}
	r.Checked = !built.Unchecked
	r.what = what
	if c.Bool("compare") && c.Context.Err() == nil {
		if r.Grid, err = compareGrid(c, scheme); err != nil {
			return exit.Bad(inExpression(err))
		}
	}
	return tellScheme(c, s, r, scheme.Interrupted || c.Context.Err() != nil)
}

// mostNeurons bounds those of a grade.
const mostNeurons = 4096

// trainedInput reads the target and the options.
func trainedInput(c *cli.Context) (*approx.Expr, *construct.TrainedFit, approx.TrainOptions, error) {
	o := approx.DefaultTrainOptions(c.Int("samples"))
	if c.IsSet("grades") {
		o.Grades = c.Int("grades")
	}
	o.Threads = runtime.GOMAXPROCS(0)
	for _, name := range []string{"table", "adaptive", "halving", "narrow", "compare"} {
		if c.IsSet(name) {
			return nil, nil, o, exit.Bad(fmt.Errorf("--%s does not go with --trained", name))
		}
	}
	if err := checkTargetFlags(c); err != nil {
		return nil, nil, o, err
	}
	target, err := expressionTarget(c, "one expression (in quotes)")
	if err != nil {
		return nil, nil, o, err
	}
	fit := &construct.TrainedFit{Neurons: c.Int("trained"), Growth: c.Float64("growth"), Seed: c.Uint64("seed"), Composed: c.Bool("composed")}
	if fit.Composed && !c.IsSet("growth") {
		fit.Growth = 1
	}
	switch most := fit.Budget(o.Grades); {
	case fit.Neurons < 1:
		return nil, nil, o, exit.Bad(fmt.Errorf("--trained %d: want at least 1 neuron", fit.Neurons))
	case fit.Composed && fit.Neurons < 3:
		return nil, nil, o, exit.Bad(fmt.Errorf("--trained %d with --composed: want at least 3 neurons, two of which undo the dead zone before", fit.Neurons))
	case !(fit.Growth >= 1):
		return nil, nil, o, exit.Bad(fmt.Errorf("--growth %g: want at least 1", fit.Growth))
	case o.Grades >= 1 && most > mostNeurons:
		return nil, nil, o, exit.Bad(fmt.Errorf("grade %d would have %d neurons: want at most %d; ask for fewer grades or less growth", o.Grades, most, mostNeurons))
	case !c.IsSet("samples"):
		o.Samples = samplesFor(target.Dim(), most)
	}
	if target.Dim() > 2 {
		o.Sharp = sharpInSpace
	}
	if err := o.Validate(target.Dim()); err != nil {
		return nil, nil, o, exit.Bad(fmt.Errorf("approx: %w", err))
	}
	return target, fit, o, nil
}

// sharpInSpace is how much wider a dead zone may be in three variables and more than it has to be. Of sin(pi (x + y + z)) the first of 8 neurons takes
// 190,000 bisections within a hundredth, a minute, most of them where the target bends at its largest.
const sharpInSpace = 1.2

// samplesFor is the least power of two of cells per coordinate for four samples a neuron, at least 512 of them for one
// variable and 4096 for two. With 1024 for two, four composed grades of 16 neurons leave 2.2e-2 of
// sin(2 pi x) cos(pi y) + |x - y|/2, with 4096 1.5e-2, in 2.6 times the CPU time.
func samplesFor(dim, neurons int) int {
	const perNeuron = 4
	least := 512
	if dim == 2 {
		least = 4096
	}
	n := 2
	for math.Pow(float64(n), float64(dim)) < float64(max(least, perNeuron*neurons)) {
		n *= 2
	}
	return n
}

// trainedReport is the JSON object of approx --trained.
type trainedReport struct {
	Status  string              `json:"status"`
	Stopped string              `json:"stopped,omitempty"`
	Seconds float64             `json:"seconds"`
	Checked bool                `json:"checked"` // by the checker, before it was published
	Run     string              `json:"run"`
	Target  string              `json:"target"`
	Dim     int                 `json:"dim"`
	Samples int                 `json:"samples"`
	Initial approx.ModelInitial `json:"initial"`
	Grades  []trainedRow        `json:"grades"`
	cubeDomain
	Condition string `json:"condition,omitempty"` // what all bounds are subject to
	what      string // the rows say

	Grid []gridRow `json:"grid,omitempty"` // of as many grades of the scheme on grids, with --compare
}

// gridRow is a grade of the scheme on grids.
type gridRow struct {
	Grade    int     `json:"grade"`
	N        int     `json:"n"`
	Hats     int     `json:"hats"`
	Width    int     `json:"width"`
	Depth    int     `json:"depth"`
	SupBound float64 `json:"sup_bound"`
}

type trainedRow struct {
	approx.TrainedRow
	Ratio float64 `json:"ratio"` // of the sup bound to the previous grade's
}

func newTrainedReport(scheme *approx.TrainedScheme, dir string, took time.Duration) (*trainedReport, error) {
	m, err := approx.DescribeTrained(scheme)
	if err != nil {
		return nil, err
	}
	r := &trainedReport{Status: m.Status, Stopped: m.Stopped, Seconds: took.Seconds(), Run: dir, Target: m.Target.Text, Dim: m.Target.Dim,
		Samples: m.Samples, Initial: m.Initial, Grades: []trainedRow{}, Condition: condition(m.Target.Lipschitz)}
	before := m.Initial.Linf[1]
	for _, g := range m.Grades {
		r.Grades = append(r.Grades, trainedRow{g.TrainedRow, boundRatio(g.SupBound, before)})
		before = g.SupBound
	}
	return r, nil
}

// table writes a row per grade; grade 0 is the target.
func (r *trainedReport) table(out io.Writer) error {
	fmt.Fprintf(out, "%s: %s, for the whole cube, %s%s\n\n", r.domain(r.Target, r.Dim), r.what, standing(!r.Checked), comma(r.Condition))
	w := terminal.NewTable(out, terminal.Right)
	fmt.Fprint(w, "grade\tneurons\tdead zone\twidth\tdepth\t|e| <=\tratio\tL1 norm\tL2 norm\tmax norm\tboxes\t\n")
	fmt.Fprintf(w, "0\t\t\t\t\t%.4g\t\t%s\t%s\t%s\t\t\n", r.Initial.Linf[1], span(r.Initial.L1), span(r.Initial.L2), span(r.Initial.Linf))
	for _, g := range r.Grades {
		fmt.Fprintf(w, "%d\t%d\t%.4g\t%d\t%d\t%.4g\t%.3f\t%s\t%s\t%s\t%d\t\n", g.Grade, g.Neurons, g.Eps, g.Width, g.Depth,
			g.SupBound, g.Ratio, span(g.L1), span(g.L2), span(g.Linf), g.Boxes)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := r.tableBeside(out); err != nil {
		return err
	}
	switch {
	case r.Status != "done":
		fmt.Fprintf(out, "\nStatus %s: fewer grades than asked for.\n", r.Status)
	case r.Stopped != "":
		fmt.Fprintf(out, "\nLess than asked for: %s.\n", r.Stopped)
	}
	if len(r.Grades) > 0 {
		fmt.Fprintf(out, "\nNo network is further from the residual before it than its dead zone is wide, so the residual falls or stays at every\n"+
			"point and falls in every L^p norm%s.\n", comma(r.Condition))
	}
	_, err := fmt.Fprintf(out, "%.1f seconds. Run directory: %s\n%sCheck it with: multigrade verify %s\n", r.Seconds, r.Run, unchecked(!r.Checked), r.Run)
	return err
}
