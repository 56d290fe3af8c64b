package grade

import (
	"context"
	"slices"
	"testing"
)

// The budgets rise to none; the one chosen is that of every grade, whose scores are of
// networks within it.
func TestWidthIsChosen(t *testing.T) {
	o := DefaultOptions()
	o.Grades, o.Limits.Work = 2, 1
	o.Beta = CrossValidation{Folds: 3, Repeats: 1, Iterations: 60, Work: 3, Width: true}
	run, err := Train(context.Background(), plane(90, 2), o)
	if err != nil {
		t.Fatal(err)
	}
	p := run.Plan
	if len(p.Widths) < 2 || p.Widths[len(p.Widths)-1].Width != 0 {
		t.Fatalf("widths %+v", p.Widths)
	}
	at := slices.IndexFunc(p.Widths, func(w WidthTrial) bool { return w.Width == p.Width })
	if at < 0 {
		t.Fatalf("width %d is none of those tried: %+v", p.Width, p.Widths)
	}
	for k, w := range p.Widths[:len(p.Widths)-1] {
		if want := LeastWidth << k; w.Width != want {
			t.Errorf("budget %d is %d, want %d", k+1, w.Width, want)
		}
	}
	if p.Width == 0 || p.Choices[0].Loss != p.Widths[at].Loss {
		t.Errorf("width %d: score %+v, tried %+v", p.Width, p.Choices[0].Score, p.Widths)
	}
	for _, g := range run.Model.Grades {
		if g.Neurons() > p.Width || g.Outputs[0].Width == nil {
			t.Errorf("grade %d has %d neurons, budget %d: %+v", g.Number, g.Neurons(), p.Width, g.Outputs[0].Width)
		}
	}
	if o.Width != nil {
		t.Error("the options have changed")
	}
}

// A budget that is given and one that is chosen exclude each other, and a choice is
// written and read.
func TestWidthChoiceOptions(t *testing.T) {
	o := DefaultOptions()
	cv := DefaultCrossValidation()
	cv.Folds, cv.Width = 5, true
	o.Beta = cv
	s := o.Settings()
	again, err := s.Options()
	if err != nil || !again.choosesWidth() {
		t.Errorf("%+v, %v", again, err)
	}
	o.Width = NewBudget(4)
	if o.Validate() == nil {
		t.Error("a width that is given and to be chosen is accepted")
	}
}

// A later grade within a width that was chosen is the network that the plan's steps lead
// to, reduced, and not one of another training. Whether a second grade is worth it, folds decide: of
// several lengths most have one.
func TestLaterGradesWithinWidth(t *testing.T) {
	for n := 66; n <= 96; n += 6 {
		o := DefaultOptions()
		o.Grades, o.Limits.Work, o.Limits.BoundLeaves = 2, 1, 0
		o.Beta = CrossValidation{Folds: 3, Repeats: 1, Iterations: 60, Work: 2, Width: true}
		run, err := Train(context.Background(), wave(n), o)
		if err != nil {
			t.Fatal(err)
		}
		if run.Plan.Width == 0 || len(run.Grades) < 2 {
			continue
		}
		for _, g := range run.Grades {
			if w := g.Grade.Outputs[0].Width; w.Identity != 0 {
				t.Errorf("grade %d has %d identity channels, which no fold had", g.Grade.Number, w.Identity)
			}
		}
		cv, train := run.Ledger.Find(2, OnCV), run.Ledger.Find(2, OnTrain)
		if before := run.Ledger.Find(1, OnTrain); train.Loss >= before.Loss {
			t.Errorf("grade 2 left %v of %v", train.Loss, before.Loss)
		}
		if run.Grades[1].Sum().Iterations > 0 {
			t.Errorf("grade 2 was searched for in %d iterations, held out %v", run.Grades[1].Sum().Iterations, cv.Loss)
		}
		return
	}
	t.Fatal("no length has a second grade within a width")
}
