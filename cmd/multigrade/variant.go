package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"gonum.org/v1/gonum/mat"

	"multigrade/grade"
	"multigrade/solver"
)

// variant is how large an experiment is run, and where.
type variant struct {
	full          bool // as large as the published one; otherwise seconds
	seed          uint64
	width, grades *int     // nil: the experiment's
	beta          *float64 // relative to beta_max, nil: the experiment's
	out           string   // the run directory, "" for runs/NAME
	command       []string
	progress      func(grade.Progress) // nil: not told
}

// reproduce runs an experiment, given its file if it needs one.
func (v *variant) reproduce(ctx context.Context, e *experiment, file string) (*reproduced, error) {
	t, err := e.prepare(file)
	if err != nil {
		return nil, bad(err)
	}
	o, err := v.options(e, t)
	if err != nil {
		return nil, err
	}
	return v.run(ctx, e, t, o)
}

// options are the experiment's, with what the variant changes.
func (v *variant) options(e *experiment, t *trial) (grade.Options, error) {
	o := grade.DefaultOptions()
	o.Seed, o.Shares.Holdout = v.seed, t.holdout
	set := e.quick
	if v.full {
		set = e.full
	}
	if e.classes {
		o.Loss = solver.Logistic
	}
	set(&o)
	if v.width != nil {
		if o.Width = *v.width; o.Width == 0 {
			d := grade.DefaultOptions()
			o.Work, o.MaxIter, o.BoundLeaves = d.Work, d.MaxIter, d.BoundLeaves
		}
	}
	if v.grades != nil {
		o.Grades = *v.grades
	}
	if v.beta != nil {
		o.Beta, o.ChooseBeta = *v.beta, false
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

	ended solver.Status
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

// run trains on the data, which the run directory keeps, and measures every grade
// on the test points.
func (v *variant) run(ctx context.Context, e *experiment, t *trial, o grade.Options) (*reproduced, error) {
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
	out := v.out
	if out == "" {
		out = filepath.Join("runs", e.name)
	}
	trained, err := (&training{out: out, source: src, data: data, options: o, command: v.command, progress: v.progress}).run(ctx)
	if err != nil {
		return nil, err
	}
	r := &reproduced{Experiment: e.name, Title: e.title, Source: e.source, Variant: "quick", Measure: e.measure.name, Width: o.Width,
		Seconds: trained.total, Status: trained.run.Status.String(), ended: trained.run.Status, Run: trained.dir, Published: e.published, Grades: []reproducedStep{}}
	if v.full {
		r.Variant = "full"
	}
	return r, r.fill(e, t, trained)
}

// fill measures the run.
func (r *reproduced) fill(e *experiment, t *trial, trained *outcome) error {
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

// beside is the value of the first of the names that the experiment is compared
// with.
func (r *reproduced) beside(names ...string) string {
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
