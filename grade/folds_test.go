package grade

import (
	"context"
	"reflect"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// Every row that is not for the test is held out in one fold, and trained on in
// the others; the first fold is the split of the model, with refit or without.
func TestFolds(t *testing.T) {
	for _, c := range []struct {
		n                   int
		holdout, validation float64
		folds               int
	}{{100, 0.1, 0.2, 5}, {53, 0, 0.3, 3}, {47, 0.25, 0.5, 2}, {40, 0, 0.9, 1}, {31, 0.1, 0.06, 17}} {
		s := Shares{Holdout: c.holdout, Validation: c.validation}
		split := s.SplitRows(c.n, 0)
		folds := s.Folds(split)
		if len(folds) != c.folds || !reflect.DeepEqual(folds[0], Split{Train: split.Train, Validation: split.Validation}) {
			t.Errorf("%+v: %d folds, the first %v", c, len(folds), folds[0])
		}
		var held []int
		rest := slices.Sorted(slices.Values(append(slices.Clone(split.Train), split.Validation...)))
		for f, fold := range folds {
			held = append(held, fold.Validation...)
			if all := slices.Sorted(slices.Values(append(slices.Clone(fold.Train), fold.Validation...))); !slices.Equal(all, rest) || !slices.IsSorted(fold.Train) {
				t.Errorf("%+v: fold %d has %v", c, f, fold)
			}
		}
		if slices.Sort(held); c.folds > 1 && !slices.Equal(held, rest) {
			t.Errorf("%+v: held out %v, want %v", c, held, rest)
		}
		s.Refit = true
		if again := s.Folds(s.SplitRows(c.n, 0)); !reflect.DeepEqual(again, folds) {
			t.Errorf("%+v: other folds with refit", c)
		}
	}
}

// Under a budget of neurons what is rehearsed keeps to it.
func TestRehearsedWidth(t *testing.T) {
	o := DefaultOptions()
	chosenBy(func(o *Options) { o.Grades, o.Width = 1, 5 })(&o)
	folds, err := newFolds(&o, twoTargets(80))
	if err != nil {
		t.Fatal(err)
	}
	r, err := newRehearsal(context.Background(), &o, 1, folds)
	if err != nil {
		t.Fatal(err)
	}
	for _, ratio := range []float64{0.3, 0.001} {
		grades, err := r.at(context.Background(), ratio)
		if err != nil {
			t.Fatal(err)
		}
		for f, g := range grades {
			if n := [2]int{len(g.Outputs[0].Neurons), len(g.Outputs[1].Neurons)}; n[0] > 3 || n[1] > 2 || n[0] == 0 {
				t.Errorf("ratio %v, fold %d: %v neurons, want at most 3 and 2", ratio, f, n)
			}
		}
		if before, after := heldOut(folds, o.Loss).mean(), heldOut(r.past(grades), o.Loss).mean(); !(after < 0.9*before) {
			t.Errorf("ratio %v: the loss on held-out rows goes from %v to %v", ratio, before, after)
		}
	}
}

// What is rehearsed in a fold does not depend on the rows it holds out, neither
// on their targets nor on their inputs, in the first grade or behind it.
func TestHeldOutRowsDontLeak(t *testing.T) {
	o := DefaultOptions()
	chosenBy(func(o *Options) { o.Grades = 2 })(&o)
	const watched = 1
	rehearsed := func(d *Data) [][]*Grade {
		folds, err := newFolds(&o, d)
		if err != nil {
			t.Fatal(err)
		}
		var grades [][]*Grade
		for k := 1; k <= 2; k++ {
			r, err := newRehearsal(context.Background(), &o, k, folds)
			if err != nil {
				t.Fatal(err)
			}
			g, err := r.at(context.Background(), 0.03)
			if err != nil {
				t.Fatal(err)
			}
			grades, folds = append(grades, g), r.past(g)
		}
		return grades
	}
	want := rehearsed(plane(60, 2))
	d := plane(60, 2)
	x := mat.DenseCopyOf(d.X)
	for _, i := range o.Shares.Folds(o.Shares.Split(d))[watched].Validation {
		d.Y[0][i] += 3
		x.Set(i, 0, 7)
	}
	d.X = x
	for k, grades := range rehearsed(d) {
		for f, g := range grades {
			if same := reflect.DeepEqual(g, want[k][f]); same != (f == watched) {
				t.Errorf("grade %d, fold %d: unchanged is %v", k+1, f, same)
			}
		}
	}
}
