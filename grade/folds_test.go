package grade

import (
	"cmp"
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/solver"
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
		split := s.SplitRows(Rows{N: c.n})
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
		if again := s.Folds(s.SplitRows(Rows{N: c.n})); !reflect.DeepEqual(again, folds) {
			t.Errorf("%+v: other folds with refit", c)
		}
	}
}

// Under a budget of neurons what is trained in folds keeps to it.
func TestFoldsWidth(t *testing.T) {
	o := DefaultOptions()
	chosenBy(func(o *Options) { o.Grades, o.Width = 1, NewBudget(5) })(&o)
	folds, err := newFolds(&o, DefaultCrossValidation(), twoTargets(80))
	if err != nil {
		t.Fatal(err)
	}
	r, err := newFoldTraining(context.Background(), &o, 1, folds, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, ratio := range []float64{0.3, 0.001} {
		grades, _, err := r.at(context.Background(), ratio, nil, shortSketch)
		if err != nil {
			t.Fatal(err)
		}
		for f, g := range grades {
			if n := [2]int{len(g.Outputs[0].Neurons), len(g.Outputs[1].Neurons)}; n[0] > 3 || n[1] > 2 || n[0] == 0 {
				t.Errorf("ratio %v, fold %d: %v neurons, want at most 3 and 2", ratio, f, n)
			}
		}
		if before, after := newHeldOut(folds, o.Loss).mean(), newHeldOut(r.past(grades), o.Loss).mean(); !(after < 0.9*before) {
			t.Errorf("ratio %v: the loss on held-out rows goes from %v to %v", ratio, before, after)
		}
	}
}

// What is trained in a fold does not depend on the rows it holds out, neither
// on their targets nor on their inputs, in the first grade or behind it.
func TestHeldOutRowsDontLeak(t *testing.T) {
	o := DefaultOptions()
	chosenBy(func(o *Options) { o.Grades = 2 })(&o)
	const watched = 1
	trained := func(d *Data) [][]*Grade {
		folds, err := newFolds(&o, DefaultCrossValidation(), d)
		if err != nil {
			t.Fatal(err)
		}
		var grades [][]*Grade
		for k := 1; k <= 2; k++ {
			r, err := newFoldTraining(context.Background(), &o, k, folds, nil)
			if err != nil {
				t.Fatal(err)
			}
			g, _, err := r.at(context.Background(), 0.03, nil, shortSketch)
			if err != nil {
				t.Fatal(err)
			}
			grades, folds = append(grades, g), r.past(g)
		}
		return grades
	}
	before := plane(60, 2)
	before.Imputed = []Imputed{{Column: 0, Rows: []int{5, 17}}}
	want := trained(before)
	d := plane(60, 2)
	x := mat.DenseCopyOf(d.X)
	for _, i := range o.Shares.Folds(o.Shares.Split(d))[watched].Validation {
		d.Y[0][i] += 3
		x.Set(i, 0, 7)
	}
	d.X = x
	// Means in the place of missing numbers are those of the fold's training rows.
	d.Imputed = []Imputed{{Column: 0, Rows: []int{5, 17}}}
	for k, grades := range trained(d) {
		for f, g := range grades {
			if same := reflect.DeepEqual(g, want[k][f]); same != (f == watched) {
				t.Errorf("grade %d, fold %d: unchanged is %v", k+1, f, same)
			}
		}
	}
}

var shortSketch = solver.SketchOptions{Iterations: 100, Rounds: 1}

// heldOnce checks that every row of rows is held out once in each repeat, and trained
// on in the others of its folds.
func heldOnce(t *testing.T, splits []Split, rows []int, folds int) {
	t.Helper()
	for first := 0; first < len(splits); first += folds {
		var held []int
		for _, s := range splits[first : first+folds] {
			held = append(held, s.Validation...)
			if all := slices.Sorted(slices.Values(slices.Concat(s.Train, s.Validation))); !slices.Equal(all, rows) {
				t.Errorf("a fold has rows %v", all)
			}
		}
		if slices.Sort(held); !slices.Equal(held, rows) {
			t.Errorf("held out %v", held)
		}
	}
}

// Folds are as large as each other, other for another seed and in every repeat, of
// strata the same share, and groups are whole.
func TestFoldsOfRows(t *testing.T) {
	d := plane(53, 2)
	o := DefaultOptions()
	cv := DefaultCrossValidation()
	cv.Folds, cv.Repeats, o.Shares.Holdout = 4, 2, 0.1
	rows := o.Shares.Split(d).Train
	splits, err := o.foldSplits(&cv, d)
	if err != nil || len(splits) != 8 {
		t.Fatal(len(splits), err)
	}
	heldOnce(t, splits, rows, 4)
	for _, s := range splits {
		if n := len(s.Validation); n < 11 || n > 13 {
			t.Errorf("%d rows held out", n)
		}
	}
	if reflect.DeepEqual(splits[:4], splits[4:]) {
		t.Error("the same folds again")
	}
	o.Seed = 2
	if other, _ := o.foldSplits(&cv, d); reflect.DeepEqual(splits, other) {
		t.Error("another seed, the same folds")
	}

	cv.Stratified = true
	if splits, err = o.foldSplits(&cv, d); err != nil {
		t.Fatal(err)
	}
	heldOnce(t, splits, rows, 4)
	least := slices.Clone(rows)
	slices.SortFunc(least, func(a, b int) int { return cmp.Compare(d.Y[0][a], d.Y[0][b]) })
	for f, s := range splits[:4] { // the four least targets are in different folds
		held := 0
		for _, i := range least[:4] {
			if slices.Contains(s.Validation, i) {
				held++
			}
		}
		if held != 1 {
			t.Errorf("fold %d holds out %d of the four least targets", f, held)
		}
	}

	cv.Stratified = false
	d.Groups = make([]int, 53)
	for i := range d.Groups {
		d.Groups[i] = i / 5
	}
	if splits, err = o.foldSplits(&cv, d); err != nil {
		t.Fatal(err)
	}
	heldOnce(t, splits, rows, 4)
	for _, s := range splits {
		for _, i := range s.Validation {
			if slices.ContainsFunc(s.Train, func(k int) bool { return k/5 == i/5 }) {
				t.Errorf("the group of row %d is cut", i)
			}
		}
	}
	cv.Folds = 12
	if _, err = o.foldSplits(&cv, d); !errors.Is(err, ErrOptions) {
		t.Errorf("11 groups in 12 folds: %v", err)
	}
}

// Blocks of time are held out one after the other, each with all before it to train on.
func TestFoldsAhead(t *testing.T) {
	o := DefaultOptions()
	cv := DefaultCrossValidation()
	cv.Folds, cv.Ahead = 3, true
	d := plane(41, 2)
	splits, err := o.foldSplits(&cv, d)
	if err != nil || len(splits) != 3 {
		t.Fatal(splits, err)
	}
	next := splits[0].Validation[0]
	for _, s := range splits {
		if s.Train[0] != 0 || s.Train[len(s.Train)-1]+1 != s.Validation[0] || s.Validation[0] != next {
			t.Errorf("train %v, held out %v", s.Train, s.Validation)
		}
		next = s.Validation[len(s.Validation)-1] + 1
	}
	if next != 41 {
		t.Errorf("the last row held out is %d", next-1)
	}
}
