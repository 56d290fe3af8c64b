package grade

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"multigrade/solver"
)

// chosenBy is the option set of a choice by validation.
func chosenBy(change func(*Options)) func(*Options) {
	return func(o *Options) {
		o.ChooseBeta, o.Shares = true, Shares{Holdout: 0.1, Validation: 0.25}
		o.Work, o.BoundLeaves = 10, 100
		if change != nil {
			change(o)
		}
	}
}

// A run that chooses beta has certified grades each of which lowers the
// validation error; what was chosen was tried, and is the best of what was
// tried, or with one standard error at least as large.
func TestChosenBeta(t *testing.T) {
	for name, c := range map[string]struct {
		data   *Data
		change func(*Options)
	}{
		"one input":          {wave(60), func(o *Options) { o.Grades = 2 }},
		"two inputs":         {plane(60, 2), nil},
		"one standard error": {plane(100, 2), func(o *Options) { o.OneStandardError = true }},
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
			if len(run.Grades) == 0 {
				t.Fatalf("no grades: %s", run.Stopped)
			}
			checkLedger(t, run, c.data)
			for k, g := range run.Grades {
				if g.Choice == nil {
					t.Fatalf("grade %d: no choice", k+1)
				}
				checkChoice(t, k+1, g, name == "one standard error")
				before, after := run.Ledger.Find(k, OnValidation), run.Ledger.Find(k+1, OnValidation)
				if !(after.Loss < before.Loss) {
					t.Errorf("grade %d takes the validation error from %v to %v", k+1, before.Loss, after.Loss)
				}
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
	least := slices.MinFunc(c.Trials, func(a, b Trial) int {
		if a.Error < b.Error {
			return -1
		}
		return 1
	})
	if larger && c.Ratio < least.Ratio || !larger && c.Ratio != least.Ratio {
		t.Errorf("grade %d: ratio %v chosen, the least error is at %v", k, c.Ratio, least.Ratio)
	}
	if !slices.IsSortedFunc(c.Trials, func(a, b Trial) int { return int(1e6 * (b.Ratio - a.Ratio)) }) {
		t.Errorf("grade %d: trials %v, want falling ratios", k, c.Trials)
	}
	for _, s := range g.Outputs {
		if want := c.Ratio * s.BetaMax; s.Output.Beta != want {
			t.Errorf("grade %d: beta %v, want %v", k, s.Output.Beta, want)
		}
	}
}

// Where whatever is learnt from the training rows is wrong on the validation rows
// the run ends without a grade, and says why.
func TestChosenNothing(t *testing.T) {
	d := plane(60, 2)
	split := NewSplit(d.Rows, 0.1, 0.25)
	mean := 0.0
	for _, i := range split.Train {
		mean += d.Y[0][i] / float64(len(split.Train))
	}
	for _, i := range split.Validation {
		d.Y[0][i] = 2*mean - d.Y[0][i]
	}
	run := train(t, d, chosenBy(nil))
	if len(run.Grades) > 0 || !strings.Contains(run.Stopped, "validation error") {
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

func TestChosenLimits(t *testing.T) {
	o := DefaultOptions()
	chosenBy(nil)(&o)
	o.TimeLimit = time.Nanosecond
	run, err := Train(context.Background(), plane(60, 2), o)
	if err != nil || run.Status != solver.Limit || !strings.Contains(run.Stopped, "time limit") {
		t.Errorf("error %v, status %v, %q", err, run.Status, run.Stopped)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	o.TimeLimit = 0
	run, err = Train(ended, plane(60, 2), o)
	if err != nil || run.Status != solver.Interrupted {
		t.Errorf("error %v, status %v", err, run.Status)
	}
	o.Shares.Validation = 1e-3
	if _, err = Train(context.Background(), plane(60, 2), o); !errors.Is(err, ErrData) {
		t.Errorf("no validation rows: %v", err)
	}
	for _, wrong := range []func(*Options){
		func(o *Options) { o.Shares.Validation = 0 },
		func(o *Options) { o.BetaAbsolute = true },
		func(o *Options) { o.ChooseBeta, o.OneStandardError = false, true },
	} {
		o := DefaultOptions()
		chosenBy(wrong)(&o)
		if o.Validate() == nil {
			t.Errorf("accepted %+v", o)
		}
	}
}
