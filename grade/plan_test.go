package grade

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"multigrade/solver"
)

// choose changes how beta is chosen.
func (o *Options) choose(change func(*CrossValidation)) {
	cv := o.Beta.(CrossValidation)
	change(&cv)
	o.Beta = cv
}

// chosenBy is the option set of a choice by validation.
func chosenBy(change func(*Options)) func(*Options) {
	return func(o *Options) {
		cv := DefaultCrossValidation()
		cv.Iterations, cv.Work = 100, 2
		o.Beta, o.Shares = cv, Shares{Holdout: 0.1, Validation: 0.25}
		o.Limits.Work, o.Limits.BoundLeaves = 10, 100
		if change != nil {
			change(o)
		}
	}
}

// A run that chooses beta has certified grades at the betas of its plan, each of
// which was tried, and is the best of what was tried, or with one standard error
// at least as large.
func TestChosenBeta(t *testing.T) {
	for name, c := range map[string]struct {
		data   *Data
		change func(*Options)
	}{
		"one input":          {wave(60), func(o *Options) { o.Grades = 2 }},
		"two inputs":         {plane(60, 2), nil},
		"refit":              {plane(60, 2), func(o *Options) { o.Shares.Refit, o.Grades = true, 1 }},
		"one standard error": {plane(100, 2), func(o *Options) { o.choose(func(cv *CrossValidation) { cv.OneStandardError = true }); o.Grades = 2 }},
		"listed":             {plane(80, 2), func(o *Options) { o.Patterns = 20 }},
		"gated":              {plane(80, 2), func(o *Options) { o.Patterns, o.Activation, o.Grades = 20, solver.Gated, 1 }},
		"l1":                 {plane(60, 2), func(o *Options) { o.Patterns, o.Loss, o.Grades = 10, solver.L1, 1 }},
		"two targets":        {twoTargets(40), func(o *Options) { o.Grades, o.Patterns = 2, 10 }},
		"one constant":       {withConstant(60), func(o *Options) { o.Grades = 1 }},
		"carry":              {plane(60, 2), func(o *Options) { o.Carry, o.Grades = true, 2 }},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			run := train(t, c.data, chosenBy(func(o *Options) {
				if c.change != nil {
					c.change(o)
				}
				asked = o.Grades
			}))
			if len(run.Grades) == 0 || len(run.Grades) != len(run.Plan.Choices) {
				t.Fatalf("%d grades, %d planned: %s", len(run.Grades), len(run.Plan.Choices), run.Stopped)
			}
			checkLedger(t, run, c.data)
			loss := run.Plan.Before.Loss
			for k, g := range run.Grades {
				if g.Choice != &run.Plan.Choices[k] {
					t.Fatalf("grade %d: choice %v is not the plan's", k+1, g.Choice)
				}
				checkChoice(t, k+1, g, name == "one standard error")
				if !(g.Choice.Loss < loss) {
					t.Errorf("grade %d takes the loss from %v to %v", k+1, loss, g.Choice.Loss)
				}
				loss = g.Choice.Loss
			}
			if len(run.Grades) < asked && run.Stopped == "" {
				t.Errorf("%d grades and no reason", len(run.Grades))
			}
		})
	}
}

func checkChoice(t *testing.T, k int, g *Trained, larger bool) {
	t.Helper()
	c := g.Choice
	tried := slices.IndexFunc(c.Trials, func(s Trial) bool { return s.Ratio == c.Ratio && reflect.DeepEqual(s.Score, c.Score) })
	if tried < 0 {
		t.Fatalf("grade %d: ratio %v and score %+v, tried were %+v", k, c.Ratio, c.Score, c.Trials)
	}
	for _, s := range c.Trials {
		if s.Share > c.Trials[tried].Share && !larger {
			t.Errorf("grade %d: ratio %v was trained longer than %v, which was chosen", k, s.Ratio, c.Ratio)
		}
	}
	if !slices.IsSortedFunc(c.Trials, func(a, b Trial) int { return cmp.Compare(b.Ratio, a.Ratio) }) {
		t.Errorf("grade %d: trials %v, want falling ratios", k, c.Trials)
	}
	for _, s := range g.Outputs {
		if want := c.Ratio * s.BetaMax; s.Output.Beta != want && !(len(s.Output.Neurons) == 0 && s.BetaMax <= s.Output.Beta) { // nothing to gain
			t.Errorf("grade %d: beta %v, want %v", k, s.Output.Beta, want)
		}
	}
}

// The last grade's ratio is the best of those that were trained as long.
func TestChosenIsBest(t *testing.T) {
	run := train(t, plane(80, 2), chosenBy(func(o *Options) {
		o.choose(func(cv *CrossValidation) { cv.Folds = 4 })
		o.Grades, o.Shares.Validation = 1, 0
	}))
	c := run.Plan.Choices[0]
	for _, s := range c.Trials {
		if s.Share == 1 && s.Loss < c.Loss {
			t.Errorf("ratio %v has loss %v, %v was chosen with %v", s.Ratio, s.Loss, c.Ratio, c.Loss)
		}
	}
	if cv := run.CV(); cv == nil || *cv != c.Score || !(cv.L2SE > 0) || cv.R2 == nil || cv.Accuracy != nil {
		t.Errorf("score %+v", cv)
	}
}

// Where there is nothing to learn the run ends without a grade, and says why.
func TestChosenNothing(t *testing.T) {
	d := plane(60, 2)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range d.Y[0] {
		d.Y[0][i] = rng.NormFloat64()
	}
	run := train(t, d, chosenBy(nil))
	if len(run.Grades) > 0 || !strings.Contains(run.Stopped, "cross-validated loss") {
		t.Errorf("%d grades, stopped: %q", len(run.Grades), run.Stopped)
	}
}

// The choice does not see the test rows, and is the same for any number of threads.
func TestChosenDeterministic(t *testing.T) {
	model := func(d *Data) string {
		var b bytes.Buffer
		if err := train(t, d, chosenBy(func(o *Options) { o.Grades = 2 })).Model.Save(&b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	d := plane(60, 2)
	want := model(d)
	split := NewSplit(d.Rows, 0.1, 0.25)
	for _, i := range split.Test {
		d.Y[0][i] += 100
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if got := model(d); got != want {
		t.Error("another model for other test targets and one thread")
	}
}

// A plan that is given is followed, and not made again.
func TestGivenPlan(t *testing.T) {
	d := plane(60, 2)
	var made *Plan
	set := chosenBy(func(o *Options) { o.Grades, o.Shares.Refit = 2, true })
	first := resume(t, d, set, Earlier{}, told{planned: func(p *Plan, lasting bool) error {
		if !lasting {
			t.Error("a plan that will not last")
		}
		made = p
		return nil
	}})
	if made == nil || made != first.Plan {
		t.Fatalf("planned %v, the run has %v", made, first.Plan)
	}
	second := resume(t, d, set, Earlier{Plan: made}, told{planned: func(*Plan, bool) error { t.Error("planned again"); return nil }})
	if !reflect.DeepEqual(first.Model, second.Model) {
		t.Error("another model")
	}
}

func TestChosenLimits(t *testing.T) {
	o := DefaultOptions()
	chosenBy(nil)(&o)
	o.Limits.Time = time.Nanosecond
	run, err := Train(context.Background(), plane(60, 2), o)
	if err != nil || run.Status != solver.TimeLimit || !strings.Contains(run.Stopped, "time limit") {
		t.Errorf("error %v, status %v, %q", err, run.Status, run.Stopped)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	o.Limits.Time = 0
	run, err = Train(ended, plane(60, 2), o)
	if err != nil || run.Status != solver.Interrupted {
		t.Errorf("error %v, status %v", err, run.Status)
	}
	for _, share := range []float64{1e-3, 0.99} {
		o.Shares.Validation = share
		if _, err = Train(context.Background(), plane(60, 2), o); !errors.Is(err, ErrData) {
			t.Errorf("validation %v: %v", share, err)
		}
	}
	for _, wrong := range []func(*Options){
		func(o *Options) { o.Shares.Validation = 0 },
		func(o *Options) { o.Beta, o.Shares.Refit = DefaultBeta, true },
		func(o *Options) { o.Activation = solver.Gated },
		func(o *Options) { o.choose(func(cv *CrossValidation) { cv.Folds = 1 }) },
		func(o *Options) { o.choose(func(cv *CrossValidation) { cv.Repeats = 0 }) },
		func(o *Options) { o.choose(func(cv *CrossValidation) { cv.Stratified = true }) },
		func(o *Options) { o.choose(func(cv *CrossValidation) { cv.Folds, cv.Ahead, cv.Repeats = 3, true, 2 }) },
		func(o *Options) { o.choose(func(cv *CrossValidation) { cv.Iterations = 0 }) },
		func(o *Options) { o.choose(func(cv *CrossValidation) { cv.Work = math.Inf(1) }) },
	} {
		o := DefaultOptions()
		chosenBy(wrong)(&o)
		if o.Validate() == nil {
			t.Errorf("accepted %+v", o)
		}
	}
}

// cutting cancels a choice of beta at a trial.
type cutting struct {
	Silent
	cancel context.CancelFunc
	at     string // in the phase
}

func (c *cutting) Progress(p Progress) {
	if strings.Contains(p.Phase, c.at) {
		c.cancel()
	}
}

// Where the time for a choice ends while a further grade is tried for the first time, that is
// why there is none, and not a grade without neurons.
func TestPlanCutShort(t *testing.T) {
	for at, want := range map[string]string{
		fmt.Sprintf("round %d:", len(rounds)+1): "the time for choosing beta was over before grade 2 had been tried",
		"round 1:":                              "the time for choosing beta was over before anything was tried",
	} {
		o := DefaultOptions()
		chosenBy(nil)(&o)
		ctx, cancel := context.WithCancel(t.Context())
		plan, err := newPlan(ctx, &o, o.Beta.(CrossValidation), plane(60, 2), &cutting{cancel: cancel, at: at})
		if err != nil || len(plan.Choices) != 1 || plan.Stopped != want {
			t.Errorf("cut at %q: %d grades, %q, %v; want one and %q", at, len(plan.Choices), plan.Stopped, err, want)
		}
	}
}
