package experiment

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"gonum.org/v1/gonum/mat"

	"multigrade/grade"
	"multigrade/internal/exit"
	"multigrade/internal/run"
	"multigrade/solver"
)

// Variant is how large an experiment is run, and where.
type Variant struct {
	Full          bool // as large as the published one; otherwise seconds
	Seed          uint64
	Width, Grades *int     // nil: the experiment's
	Beta          *float64 // relative to beta_max, nil: the experiment's
	Out           string   // the run directory, "" for runs/NAME
	Command       []string
	Progress      func(grade.Progress) // nil: not told
}

// Reproduce runs an experiment, given its file if it needs one.
func (v *Variant) Reproduce(ctx context.Context, e *Experiment, file string) (*Outcome, error) {
	t, err := e.prepare(file)
	if err != nil {
		return nil, exit.Bad(err)
	}
	o, err := v.options(e, t)
	if err != nil {
		return nil, err
	}
	return v.run(ctx, e, t, o)
}

// options are the experiment's, with what the variant changes.
func (v *Variant) options(e *Experiment, t *trial) (grade.Options, error) {
	o := grade.DefaultOptions()
	o.Seed, o.Shares.Holdout = v.Seed, t.holdout
	set := e.quick
	if v.Full {
		set = e.full
	}
	if e.classes {
		o.Loss = solver.Logistic
	}
	set(&o)
	switch {
	case v.Width == nil:
	case *v.Width == 0:
		o.Width, o.Limits = nil, grade.DefaultLimits()
	case o.Width == nil:
		o.Width = grade.NewBudget(*v.Width)
	default:
		o.Width.Neurons = *v.Width
	}
	if v.Grades != nil {
		o.Grades = *v.Grades
	}
	if v.Beta != nil {
		o.Beta = grade.RelativeBeta(*v.Beta)
	}
	return o, exit.Bad(o.Validate())
}

// Outcome is the outcome of an experiment.
type Outcome struct {
	Experiment string      `json:"experiment"`
	Title      string      `json:"title"`
	Source     string      `json:"source"`
	Variant    string      `json:"variant"`
	Measure    string      `json:"measure"` // of all values below
	Rows       int         `json:"rows"`    // trained on
	TestRows   int         `json:"test_rows"`
	Width      int         `json:"width"` // 0: without a budget
	Seconds    float64     `json:"seconds"`
	Status     string      `json:"status"`
	Run        string      `json:"run"`
	Grades     []Step      `json:"grades"`
	Test       float64     `json:"test"`
	Baseline   *Published  `json:"baseline"` // without training, measured here; null for none
	Published  []Published `json:"published"`
	// Best is the best of Baseline and Published; null where there is none.
	Best *Published `json:"best"`
	// Better says of the best published multigrade number, else of the first
	// published one, whether the test value is better; null where there is none.
	Better *bool `json:"better"`

	Ended solver.Status
}

// Step is a grade.
type Step struct {
	Grade     int            `json:"grade"`
	Neurons   int            `json:"neurons"`
	Beta      float64        `json:"beta"`
	Train     float64        `json:"train"`
	Test      float64        `json:"test"`
	Published *float64       `json:"published"` // after that grade
	Objective float64        `json:"objective"` // of the grade's network
	Bound     float64        `json:"bound"`     // of the convex program over the patterns listed or, where the network is below it, over all
	Seconds   float64        `json:"seconds"`
	Width     *run.WidthJSON `json:"width,omitempty"`
}

// run trains on the data, which the run directory keeps, and measures every grade
// on the test points.
func (v *Variant) run(ctx context.Context, e *Experiment, t *trial, o grade.Options) (*Outcome, error) {
	src := t.source(e.Name)
	table, err := src.PlainTable()
	if err != nil {
		return nil, err
	}
	task := grade.Regression.String()
	if e.classes {
		task = ""
	}
	data, err := run.TrainingData(table, task)
	if err != nil {
		return nil, err
	}
	out := v.Out
	if out == "" {
		out = filepath.Join("runs", e.Name)
	}
	trained, err := (&run.Training{Out: out, Source: src, Data: data, Options: o, Command: v.Command, Progress: v.Progress}).Run(ctx)
	if err != nil {
		return nil, err
	}
	r := &Outcome{Experiment: e.Name, Title: e.Title, Source: e.Source, Variant: "quick", Measure: e.Measure.Name,
		Seconds: trained.Total, Status: trained.Run.Status.String(), Ended: trained.Run.Status, Run: trained.Dir, Published: e.Published, Grades: []Step{}}
	if v.Full {
		r.Variant = "full"
	}
	if o.Width != nil {
		r.Width = o.Width.Neurons
	}
	return r, r.fill(e, t, trained)
}

// fill measures the run.
func (r *Outcome) fill(e *Experiment, t *trial, trained *run.Outcome) error {
	m := trained.Run.Model
	trainX, trainY := t.training(m)
	r.Rows, r.TestRows = len(trainY), len(t.testY)
	for k, g := range trained.Run.Grades {
		train := trained.Run.Ledger.Find(k+1, grade.OnTrain)
		account := run.NewAccountJSON(g.Sum(), g.Scope, train)
		step := Step{Grade: k + 1, Neurons: train.Neurons, Beta: train.Beta, Objective: account.Primal, Bound: account.Dual, Seconds: trained.Seconds[k], Width: account.Width}
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
			return exit.Failed(err)
		}
		if k < len(e.perGrade) {
			step.Published = &e.perGrade[k]
		}
		r.Grades = append(r.Grades, step)
		r.Test = step.Test
	}
	if t.baseline != nil {
		r.Baseline = &Published{Name: t.baselineName, Value: e.Measure.of(t.testY, t.baseline)}
	}
	r.Best = r.best(e.Measure)
	if len(r.Published) > 0 && len(r.Grades) > 0 {
		better := e.Measure.better(r.Test, r.Published[0].Value)
		r.Better = &better
	}
	return nil
}

// error measures what the first k grades predict at x.
func (e *Experiment) error(m *grade.Model, k int, x *mat.Dense, y []float64) (float64, error) {
	predicted, err := m.PredictGrades(x, k)
	if err != nil {
		return 0, err
	}
	if e.classes {
		return e.Measure.of(y, classNumbers(m, predicted)), nil
	}
	return e.Measure.of(y, mat.Col(nil, 0, predicted)), nil
}

// best is the best of the values that the experiment is compared with; nil where there
// are none.
func (r *Outcome) best(m measure) *Published {
	all := r.Published
	if r.Baseline != nil {
		all = append(slices.Clip(all), *r.Baseline)
	}
	var best *Published
	for k := range all {
		if best == nil || m.better(all[k].Value, best.Value) {
			best = &all[k]
		}
	}
	return best
}

// Beside is the value of the first of the names that the experiment is compared
// with.
func (r *Outcome) Beside(names ...string) string {
	all := r.Published
	if r.Baseline != nil {
		all = append(slices.Clip(all), *r.Baseline)
	}
	for _, p := range all {
		if slices.Contains(names, p.Name) {
			return fmt.Sprintf("%.4g", p.Value)
		}
	}
	return "-"
}
