package grade

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"multigrade/solver"
)

// A run that is over before it began, out of time or interrupted, is its draft: every grade
// that was told of leaves less than the one before, and what is certified of it is about
// what was told.
func TestDraftStands(t *testing.T) {
	patiently(t)
	leaky, err := solver.ParseActivation("leaky:0.2")
	if err != nil {
		t.Fatal(err)
	}
	abs, err := solver.ParseActivation("abs")
	if err != nil {
		t.Fatal(err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for name, change := range map[string]func(*Options){
		"squares": func(*Options) {},
		"l1":      func(o *Options) { o.Loss = solver.L1 },
		"leaky":   func(o *Options) { o.Activation = leaky },
		"abs":     func(o *Options) { o.Activation = abs },
		"carry":   func(o *Options) { o.Carry = true },
		"beta":    func(o *Options) { o.Beta = AbsoluteBeta(1e-3) },
	} {
		for _, end := range []struct {
			ctx    context.Context
			limit  time.Duration
			status solver.Status
		}{{t.Context(), time.Nanosecond, solver.TimeLimit}, {over, 0, solver.Interrupted}} {
			o := DefaultOptions()
			o.Limits.Time = end.limit
			change(&o)
			var draft *Draft
			run, err := Resume(end.ctx, plane(1200, 3), o, Earlier{}, told{drafted: func(d *Draft) { draft = d }})
			if err != nil {
				t.Fatal(err)
			}
			if draft == nil || len(draft.Grades) < 2 || len(run.Grades) != len(draft.Grades) || run.Status != end.status || !run.Cut {
				t.Errorf("%s, %v: %d grades, %v, of a draft %+v", name, end.status, len(run.Grades), run.Status, draft)
				continue
			}
			for k, g := range run.Grades {
				a, of := g.Sum(), draft.Grades[k]
				if a.Status != end.status || g.Grade.Neurons() == 0 || a.Primal > 1.25*of.Objective || !(a.GlobalBound <= a.Primal) {
					t.Errorf("%s: grade %d is %v, %d neurons, objective %v in [%v, ..], drafted %v", name, k+1, a.Status, g.Grade.Neurons(), a.Primal, a.GlobalBound, of.Objective)
				}
				if now, before := run.Ledger.Find(k+1, OnTrain).Loss, run.Ledger.Find(k, OnTrain).Loss; !(now < before) {
					t.Errorf("%s: grade %d leaves %v of %v", name, k+1, now, before)
				}
			}
		}
	}
}

// patiently waits for a draft as long as it takes.
func patiently(t *testing.T) {
	before := draftGrace
	draftGrace = time.Minute
	t.Cleanup(func() { draftGrace = before })
}

// Where a run ends in its first grade, and that is worse than the draft, the draft is the model;
// classes and chosen betas are drafted, too.
func TestDraftOfClasses(t *testing.T) {
	data := thirds(300)
	for name, change := range map[string]func(*Options){
		"given":  func(*Options) {},
		"chosen": func(o *Options) { o.Shares.Validation, o.Beta = 0.3, DefaultCrossValidation() },
	} {
		o := DefaultOptions()
		o.Loss, o.Limits.Time = data.Task.Loss(), time.Nanosecond
		change(&o)
		run, err := Train(t.Context(), data, o)
		if err != nil {
			t.Fatal(err)
		}
		if a := run.Ledger.Find(len(run.Grades), OnTrain).Accuracy; len(run.Grades) == 0 || run.Grades[0].Grade.Neurons() == 0 || !(a > 0.8) {
			t.Errorf("%s: %d grades, accuracy %v, %s", name, len(run.Grades), a, run.Stopped)
		}
	}
}

// A draft whose outputs all have no neurons says nothing: a run that is over before it begins finds some nevertheless.
func TestDraftWithoutNeurons(t *testing.T) {
	patiently(t)
	rng := rand.New(rand.NewPCG(11, 3)) // noise of which the rows of the sketch say nothing about the others
	d := plane(3000, 40)
	d.Y, d.Source.Target = nil, nil
	for j := range 8 {
		y := make([]float64, 3000)
		for i := range y {
			y[i] = rng.NormFloat64()
		}
		d.Y, d.Source.Target = append(d.Y, y), append(d.Source.Target, fmt.Sprint("y", j))
	}
	o := DefaultOptions()
	o.Loss, o.Limits.Time = solver.L1, time.Nanosecond
	var draft *Draft
	run, err := Resume(t.Context(), d, o, Earlier{}, told{drafted: func(d *Draft) { draft = d }})
	if err != nil {
		t.Fatal(err)
	}
	if draft == nil || draft.Grades[0].Neurons > 0 {
		t.Fatalf("the draft is %+v, want one without neurons", draft)
	}
	if len(run.Grades) == 0 || run.Grades[0].Grade.Neurons() == 0 {
		t.Errorf("%d grades, none has neurons: %s", len(run.Grades), run.Stopped)
	}
}

// Where its share of the time ends before the first grade of many outputs is as good as the draft, the draft is the model,
// although the run is not over.
func TestCutGradeIsNoWorseThanTheDraft(t *testing.T) {
	patiently(t)
	d := plane(1200, 12)
	x := d.X.(*mat.Dense)
	first := d.Y[0]
	for j := range 11 {
		y := make([]float64, len(first))
		for i := range y {
			y[i] = math.Abs(x.At(i, j)-x.At(i, j+1)) + 0.1*first[i]
		}
		d.Y, d.Source.Target = append(d.Y, y), append(d.Source.Target, fmt.Sprint("y", j))
	}
	o := DefaultOptions()
	o.Limits.Time = 2 * time.Second
	var draft *Draft
	run, err := Resume(t.Context(), d, o, Earlier{}, told{drafted: func(d *Draft) { draft = d }})
	if err != nil {
		t.Fatal(err)
	}
	if draft == nil || len(run.Grades) == 0 {
		t.Fatalf("%d grades, draft %v: %s", len(run.Grades), draft, run.Stopped)
	}
	if !run.Cut || run.Status != solver.TimeLimit {
		t.Errorf("the run is cut: %v, %v, %s", run.Cut, run.Status, run.Stopped)
	}
	if now, of := run.Grades[0].Sum(), draft.Grades[0]; now.Primal > 1.25*of.Objective {
		t.Errorf("grade 1 has objective %v, drafted %v, %s", now.Primal, of.Objective, run.Stopped)
	}
}

// There is no draft of what a network trained without convexity may not be.
func TestNoDraft(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"restricted": func(o *Options) { o.Scope = Restricted },
		"gated":      func(o *Options) { o.Activation = solver.Gated },
		"monotone":   func(o *Options) { o.Loss = solver.Monotone },
		"width":      func(o *Options) { o.Width = NewBudget(4) },
	} {
		o := DefaultOptions()
		o.Patterns, o.Grades, o.Limits.Time = 10, 1, time.Nanosecond
		change(&o)
		if _, err := Resume(t.Context(), plane(40, 2), o, Earlier{}, told{drafted: func(*Draft) { t.Errorf("%s: a draft", name) }}); err != nil {
			t.Error(name, err)
		}
	}
}

// Where the first grade would be shorter than a first draft of it the draft is the model at once: its grades do not last, as
// the clock decided, and say so.
func TestDraftInTheFirstGradesPlace(t *testing.T) {
	patiently(t)
	o := DefaultOptions()
	o.Limits.Time = time.Hour
	last := 0
	run, err := Resume(t.Context(), plane(200, 3), o, Earlier{}, told{
		drafted: func(d *Draft) { d.each = time.Hour },
		solved: func(grade, _ int, s *Solved, lasting bool) error {
			if last = grade; lasting || s.Status != solver.TimeLimit {
				t.Errorf("grade %d: status %v, lasts: %v", grade, s.Status, lasting)
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if last == 0 || len(run.Grades) != last || run.Grades[0].Grade.Neurons() == 0 || run.Status != solver.TimeLimit || !run.Cut {
		t.Errorf("%d of %d grades, %v, cut: %v, %s", len(run.Grades), last, run.Status, run.Cut, run.Stopped)
	}
	if !strings.Contains(run.Stopped, "less time than a first draft") {
		t.Error(run.Stopped)
	}
}
