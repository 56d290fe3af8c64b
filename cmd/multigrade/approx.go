package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"multigrade/approx"
	"multigrade/internal/dataset"
	"multigrade/internal/exit"
	"multigrade/internal/run"
	"multigrade/internal/terminal"
)

func approxCommand(s streams) *cli.Command {
	return &cli.Command{
		Name:      "approx",
		Usage:     "the constructive scheme for a target on the cube [0,1]^d, with proved bounds",
		ArgsUsage: "EXPR",
		Description: "EXPR is a formula in x (= x1), y (= x2), z (= x3), x1..x9 with + - * / ^, sin cos tan exp log sqrt\n" +
			"abs min max pow floor, pi and e. Each grade corrects the residual on a grid of 2, 4, 8, .. cells\n" +
			"per coordinate; the residual never grows anywhere.\n" +
			"With --trained every grade is a network with one hidden layer, trained on the residual at samples\n" +
			"and followed by a dead zone of proved width, instead of an interpolant; with --composed it is a layer\n" +
			"on the hidden neurons of the grade before.\n" +
			"With --compose grades are composed of tents: each leaves a quarter of a polynomial of degree 2, at the\n" +
			"cost of one layer, and of other smooth targets at the cost of a few.\n\n" +
			"Example: multigrade approx \"sin(2*pi*x) + abs(x-1/3)/2\" --grades 8",
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "grades", Usage: "number of grades `K` that correct something", Value: approx.DefaultOptions().Grades},
			&cli.IntFlag{Name: "dim", Usage: "dimension `D` of the cube", DefaultText: "the variables of EXPR, or the shape of the table"},
			&cli.StringFlag{Name: "box", Usage: "another hypercube [`LO,HI`]^d for x; everything is said in the coordinates of [0,1]^d, norms being means over the box", DefaultText: "0,1"},
			&cli.Float64Flag{Name: "lipschitz", Usage: "Lipschitz constant `L` of the target in the max-norm, taken on trust", DefaultText: "bounds by interval arithmetic"},
			&cli.StringFlag{Name: "table", Usage: "`FILE` of samples on a grid (CSV or .npy) instead of EXPR: the piecewise linear target through them, or with --lipschitz every function through them with that constant"},
			&cli.BoolFlag{Name: "adaptive", Usage: "refine where the residual is large, not everywhere; up to three variables"},
			&cli.BoolFlag{Name: "halving", Usage: "refine as often as it takes for each grade to halve the bound"},
			&cli.IntFlag{Name: "trained", Usage: "train the grades, the first with at most `M` neurons"},
			&cli.BoolFlag{Name: "composed", Usage: "with --trained: every grade sees x and the hidden neurons of the grade before, frozen"},
			&cli.BoolFlag{Name: "compose", Usage: "grades that compute squares by tents: for polynomials of degree 2 all of the same size, for other smooth targets of one or two variables ever deeper; each leaves about a quarter"},
			&cli.BoolFlag{Name: "compare", Usage: "with --compose: what as many grades on grids leave, beside"},
			&cli.Float64Flag{Name: "growth", Usage: "with --trained: `G` times as many neurons from grade to grade", Value: 2, DefaultText: "2, with --composed 1"},
			&cli.IntFlag{Name: "samples", Usage: "with --trained: `N` cells per coordinate of the lattice whose nodes, and more where the residual bends, are the samples", DefaultText: "by the dimension and the neurons"},
			&cli.BoolFlag{Name: "network", Usage: "write the explicit ReLU network of every grade to network.json"},
			&cli.BoolFlag{Name: "narrow", Usage: "with --network: width d+2 instead of d+6, deeper"},
			&cli.StringFlag{Name: "out", Usage: "run directory `DIR`; an earlier run in it is replaced", DefaultText: "runs/approx"},
		},
		Action: func(c *cli.Context) error {
			if err := run.CheckOut(c.String("out"), c.String("table")); err != nil {
				return exit.Bad(err)
			}
			switch {
			case c.Bool("compose"):
				return approximateComposed(c, s)
			case c.IsSet("trained"):
				return approximateTrained(c, s)
			}
			return approximate(c, s)
		},
	}
}

// approximate builds the scheme, writes the run directory and reports.
func approximate(c *cli.Context, s streams) error {
	target, o, err := approxInput(c, s)
	if err != nil {
		return err
	}
	start := time.Now()
	bar := approxProgress(c, s, o.Grades)
	o.Progress = func(*approx.Grade) { bar.Add(1) }
	scheme, err := approx.Build(c.Context, target, o)
	bar.Clear()
	if err != nil {
		return exit.Bad(inExpression(err))
	}
	kind := approx.Wide
	if c.Bool("narrow") {
		kind = approx.Narrow
	}
	built := &run.Construction{Save: func(dir string) error { return approx.Save(dir, scheme) }, Dim: scheme.Target.Dim(), Grades: len(scheme.Grades),
		Network: func(k, layers int) (*approx.Network, error) { return scheme.Grades[k].Network(kind, layers) }}
	dir, err := writeConstruction(c, built)
	if err != nil {
		return err
	}
	r, err := newApproxReport(scheme, dir, time.Since(start))
	if err != nil {
		return exit.Failed(err)
	}
	r.asked, r.cubeDomain = o.Grades, newCubeDomain(c)
	r.Checked = !built.Unchecked
	return tellScheme(c, s, r, scheme.Interrupted || c.Context.Err() != nil)
}

// writeConstruction writes the run directory that the flags ask for.
func writeConstruction(c *cli.Context, r *run.Construction) (string, error) {
	r.Out, r.Command, r.Options = c.String("out"), os.Args, map[string]any{}
	for _, name := range []string{"grades", "dim", "box", "lipschitz", "table", "adaptive", "halving", "network", "narrow", "trained", "composed", "compose", "growth", "samples", "seed"} {
		r.Options[name] = c.Value(name)
	}
	if !c.Bool("network") {
		r.Network = nil
	}
	return r.Write(c.Context)
}

// tellScheme writes the outcome as JSON or as a table; an interrupted scheme has
// the grades so far.
func tellScheme(c *cli.Context, s streams, r interface{ table(io.Writer) error }, interrupted bool) error {
	if err := present(c, s.out, r, nil, r.table); err != nil {
		return exit.Failed(err)
	}
	if interrupted {
		return &exit.Failure{Status: exit.StatusInterrupted, Err: errors.New("interrupted")}
	}
	return nil
}

// approxProgress is a bar over the grades on standard error if that is a terminal.
func approxProgress(c *cli.Context, s streams, grades int) *progressbar.ProgressBar {
	out := io.Discard
	if f, ok := s.err.(*os.File); ok && !c.Bool("quiet") && term.IsTerminal(int(f.Fd())) {
		out = s.err
	}
	return progressbar.NewOptions(grades, progressbar.OptionSetWriter(out), progressbar.OptionSetDescription("grades"),
		progressbar.OptionSetWidth(20), progressbar.OptionClearOnFinish())
}

// approxInput reads the target and the options.
func approxInput(c *cli.Context, s streams) (approx.Target, approx.Options, error) {
	o := approx.DefaultOptions()
	o.Grades, o.Threads = c.Int("grades"), runtime.GOMAXPROCS(0)
	if o.Adaptive = c.Bool("adaptive"); o.Adaptive && c.Bool("halving") {
		return nil, o, exit.Bad(errors.New("--halving is for uniform grids: with --adaptive every grade refines until its bounds have fallen"))
	}
	if c.Bool("halving") {
		o.Refinement = approx.Halving
	}
	for _, needs := range [][2]string{{"growth", "trained"}, {"samples", "trained"}, {"composed", "trained"}, {"compare", "compose"}} {
		if c.IsSet(needs[0]) {
			return nil, o, exit.Bad(fmt.Errorf("--%s is for --%s", needs[0], needs[1]))
		}
	}
	if err := o.Validate(); err != nil {
		return nil, o, exit.Bad(fmt.Errorf("approx: %w", err))
	}
	if err := checkTargetFlags(c); err != nil {
		return nil, o, err
	}
	if c.IsSet("table") {
		if c.IsSet("box") {
			return nil, o, exit.Bad(errors.New("--box does not go with --table"))
		}
		t, err := tableTarget(c, s, &o)
		return t, o, err
	}
	e, err := expressionTarget(c, "one expression (in quotes), or --table FILE")
	return e, o, err
}

func checkTargetFlags(c *cli.Context) error {
	if l := c.Float64("lipschitz"); c.IsSet("lipschitz") && !(l > 0 && !math.IsInf(l, 1)) {
		return exit.Bad(fmt.Errorf("--lipschitz %g: want a positive number", l))
	}
	if d := c.Int("dim"); c.IsSet("dim") && (d < 1 || d > 9) {
		return exit.Bad(fmt.Errorf("--dim %d: want 1 to 9", d))
	}
	return nil
}

// expressionTarget reads the one argument.
func expressionTarget(c *cli.Context, want string) (*approx.Expr, error) {
	args, err := arguments(c, 1, 1, want)
	if err != nil {
		return nil, err
	}
	text, l := args[0], c.Float64("lipschitz")
	if c.IsSet("box") {
		lo, hi, _ := strings.Cut(c.String("box"), ",")
		if text, err = approx.OnBox(text, lo, hi); err != nil {
			return nil, exit.Bad(inExpression(err))
		}
		l *= approx.BoxSide(lo, hi)
	}
	e, err := approx.ParseExpr(text, c.Int("dim"))
	if err == nil {
		err = e.Continuous()
	}
	if err != nil {
		return nil, exit.Bad(inExpression(err))
	}
	return e.WithLipschitz(l), nil
}

// inExpression names the place of an error that has a column.
func inExpression(err error) error {
	var syntax *approx.SyntaxError
	var domain *approx.DomainError
	if errors.As(err, &syntax) || errors.As(err, &domain) {
		return fmt.Errorf("expression, %w", err)
	}
	return err
}

// tableTarget reads --table. Samples of a Lipschitz function end the grades at their grid.
func tableTarget(c *cli.Context, s streams, o *approx.Options) (approx.Target, error) {
	if _, err := arguments(c, 0, 0, "no expression with --table"); err != nil {
		return nil, err
	}
	src, err := run.ReadSource(c.String("table"), s.in, dataset.DefaultLimits())
	if err != nil {
		return nil, err
	}
	data, err := approx.ReadTable(src.Raw, c.Int("dim"))
	if err != nil {
		return nil, exit.Bad(fmt.Errorf("%s: %w", src.Name, err))
	}
	if !c.IsSet("lipschitz") {
		t, err := approx.NewTable(data.Dim, data.M, data.Values)
		return t, exit.Bad(err)
	}
	if !c.IsSet("grades") {
		o.Grades = max(1, min(o.Grades, int(math.Log2(float64(data.M)))))
	}
	t, err := approx.NewSamples(data.Dim, data.M, data.Values, c.Float64("lipschitz"))
	return t, exit.Bad(err)
}

// approxReport is the JSON object of approx.
type approxReport struct {
	Status  string              `json:"status"`
	Stopped string              `json:"stopped,omitempty"` // why there are fewer nontrivial grades than asked for
	Seconds float64             `json:"seconds"`
	Checked bool                `json:"checked"` // by the checker, before it was published
	Run     string              `json:"run"`
	Target  string              `json:"target"`
	Dim     int                 `json:"dim"`
	Initial approx.ModelInitial `json:"initial"`
	Grades  []approxGradeReport `json:"grades"`

	cubeDomain
	Condition         string `json:"condition,omitempty"` // what all bounds are subject to
	asked, nontrivial int
}

type approxGradeReport struct {
	approx.ModelGrade
	Ratio float64 `json:"ratio"` // of the sup bound to the previous grade's
}

// cubeDomain is the formula and the box as they were given, if a box was.
type cubeDomain struct {
	Formula string `json:"formula,omitempty"`
	Box     string `json:"box,omitempty"`
}

func newCubeDomain(c *cli.Context) cubeDomain {
	if !c.IsSet("box") {
		return cubeDomain{}
	}
	return cubeDomain{c.Args().First(), c.String("box")}
}

// domain says what is approximated where.
func (d cubeDomain) domain(target string, dim int) string {
	if d.Box == "" {
		return fmt.Sprintf("%s on [0,1]^%d", target, dim)
	}
	return fmt.Sprintf("%s on [%s]^%d, in the coordinates of [0,1]^%d", d.Formula, d.Box, dim, dim)
}

func newApproxReport(scheme *approx.Scheme, dir string, took time.Duration) (*approxReport, error) {
	m, err := approx.Describe(scheme)
	if err != nil {
		return nil, err
	}
	r := &approxReport{Status: m.Status, Stopped: m.Stopped, nontrivial: scheme.Nontrivial(), Seconds: took.Seconds(), Run: dir, Target: m.Target.Text, Dim: m.Target.Dim,
		Initial: m.Initial, Grades: []approxGradeReport{}, Condition: condition(m.Target.Lipschitz)}
	if r.Target == "" {
		r.Target = fmt.Sprintf("%s of %d values per coordinate", m.Target.Kind, m.Target.N+1)
	}
	before := m.Initial.Linf[1]
	for _, g := range m.Grades {
		r.Grades = append(r.Grades, approxGradeReport{g, boundRatio(g.SupBound, before)})
		before = g.SupBound
	}
	return r, nil
}

// condition is what the bounds of a target with a constant taken on trust are subject to.
func condition(lipschitz float64) string {
	if lipschitz > 0 {
		return fmt.Sprintf("if %v is a Lipschitz constant of the target", lipschitz)
	}
	return ""
}

func comma(clause string) string {
	if clause == "" {
		return ""
	}
	return ", " + clause
}

// boundRatio is that of a sup bound to the one before, 1 where nothing was left.
func boundRatio(bound, before float64) float64 {
	if before > 0 {
		return bound / before
	}
	return 1
}

// table writes a row per grade; grade 0 is the target. "f below" and "f above" are how far f is from its interpolant at most, on either side.
func (r *approxReport) table(out io.Writer) error {
	fmt.Fprintf(out, "%s: what each grade leaves on the whole cube, %s%s\n\n", r.domain(r.Target, r.Dim), standing(!r.Checked), comma(r.Condition))
	w := terminal.NewTable(out, terminal.Right)
	fmt.Fprint(w, "grade\tN\tcells\tf below\tf above\tthreshold\twidth\tdepth\thats\t|e| <=\tratio\tL1 norm\tL2 norm\tmax norm\t\t\n")
	fmt.Fprintf(w, "0\t\t\t\t\t\t\t\t\t%.4g\t\t%s\t%s\t%s\ttarget\t\n", r.Initial.Linf[1], span(r.Initial.L1), span(r.Initial.L2), span(r.Initial.Linf))
	for _, g := range r.Grades {
		kind := "nontrivial"
		if !g.Nontrivial {
			kind = "trivial"
		}
		fmt.Fprintf(w, "%d\t%s\t%d\t%.3g\t%.3g\t%.4g\t%d\t%d\t%d\t%.4g\t%.3f\t%s\t%s\t%s\t%s\t\n", g.Grade, g.Resolution(), g.CellCount(r.Dim), g.EpsBelow, g.EpsAbove, g.Tau, g.Width, g.Depth, g.Hats,
			g.SupBound, g.Ratio, span(g.L1), span(g.L2), span(g.Linf), kind)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if r.Status != "done" {
		fmt.Fprintf(out, "\nStatus %s: fewer grades than asked for.\n", r.Status)
	}
	if len(r.Grades) > 0 {
		fmt.Fprintf(out, "\nThe residual falls or stays at every point, and falls in every L^p norm at nontrivial grades%s.\n", comma(r.Condition))
	}
	_, err := fmt.Fprintf(out, "%.1f seconds. Run directory: %s\n%sCheck it with: multigrade verify %s\n", r.Seconds, r.Run, unchecked(!r.Checked), r.Run)
	if err == nil && r.Stopped != "" {
		_, err = fmt.Fprintf(out, "%d of %d nontrivial grades: %s.\n", r.nontrivial, r.asked, r.Stopped)
	}
	return err
}

func span(p [2]float64) string { return fmt.Sprintf("[%.4g, %.4g]", p[0], p[1]) }
