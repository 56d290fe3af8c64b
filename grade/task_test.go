package grade

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"multigrade/solver"
)

// The rule by which a target is classes, and the labels it becomes.
func TestNewLabels(t *testing.T) {
	for name, c := range map[string]struct {
		asked   string
		y       []float64
		text    []string
		task    Task
		classes []string
		labels  [][]float64
	}{
		"numbers":           {y: []float64{1.5, 2, 1.5, 2}},
		"signs":             {y: []float64{-1, 1, 1, -1}, task: Binary, classes: []string{"-1", "1"}, labels: [][]float64{{-1, 1, 1, -1}}},
		"once is no class":  {y: []float64{0, 0, 1}},
		"any two whole":     {y: []float64{7, 3, 3, 7}, task: Binary, classes: []string{"3", "7"}, labels: [][]float64{{1, -1, -1, 1}}},
		"from 0":            {y: []float64{2, 0, 1, 0, 1, 2}, task: Multiclass, classes: []string{"0", "1", "2"}, labels: [][]float64{{-1, 1, -1, 1, -1, -1}, {-1, -1, 1, -1, 1, -1}, {1, -1, -1, -1, -1, 1}}},
		"scores":            {y: []float64{3, 4, 5, 3, 4, 5}},
		"scores, asked":     {asked: "multiclass", y: []float64{3, 10, 3}, task: Multiclass, classes: []string{"3", "10"}, labels: [][]float64{{1, -1, 1}, {-1, 1, -1}}},
		"signs, asked":      {asked: "regression", y: []float64{-1, 1, 1, -1}},
		"text of two":       {text: []string{"b", "a", "b"}, task: Binary, classes: []string{"a", "b"}, labels: [][]float64{{1, -1, 1}}},
		"text of three":     {text: []string{"b", "c", "a"}, task: Multiclass, classes: []string{"a", "b", "c"}, labels: [][]float64{{-1, -1, 1}, {1, -1, -1}, {-1, 1, -1}}},
		"minus zero is one": {y: []float64{math.Copysign(0, -1), 1, 0, 1}, task: Binary, classes: []string{"0", "1"}, labels: [][]float64{{-1, 1, -1, 1}}},
	} {
		var y [][]float64
		if c.text == nil {
			y = [][]float64{c.y}
		}
		got, err := NewLabels(c.asked, y, c.text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c.task == Regression {
			c.labels = y
		}
		if got.Task != c.task || !cmp.Equal(got.Classes, c.classes) || !cmp.Equal(got.Y, c.labels) {
			t.Errorf("%s: %+v, want %v %q %v", name, got, c.task, c.classes, c.labels)
		}
	}
	for name, c := range map[string]struct {
		asked string
		y     [][]float64
		text  []string
	}{
		"three in a binary task": {"binary", [][]float64{{1, 2, 3}}, nil},
		"one class":              {"", nil, []string{"a", "a"}},
		"text in a regression":   {"regression", nil, []string{"a", "b"}},
		"two targets":            {"binary", [][]float64{{0, 1}, {0, 1}}, nil},
		"unknown task":           {"ranking", [][]float64{{0, 1}}, nil},
	} {
		if _, err := NewLabels(c.asked, c.y, c.text); !Refused(err) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// halves is plane with the sign of the target, thirds with its thirds, some
// mistaken.
func halves(n int) *Data { return classify(plane(n, 2), "binary", []float64{0}) }
func thirds(n int) *Data { return classify(plane(n, 2), "multiclass", []float64{-1, 0.5}) }

func classify(d *Data, task string, cuts []float64) *Data {
	class := make([]float64, len(d.Y[0]))
	for i, v := range d.Y[0] {
		for _, c := range cuts {
			if v > c {
				class[i]++
			}
		}
		if i%7 == 3 { // no network tells all of them apart
			class[i] = float64(len(cuts)) - class[i]
		}
	}
	labels, err := NewLabels(task, [][]float64{class}, nil)
	if err != nil {
		panic(err)
	}
	d.Labels = *labels
	return d
}

// Grades of a loss of margins go on where the earlier ones stopped: the loss the
// program starts from is the one that was left, its optimum is certified, and
// the classes predicted are those counted.
func TestMarginGrades(t *testing.T) {
	for _, loss := range []solver.Loss{solver.Logistic, solver.Hinge} {
		for name, d := range map[string]*Data{"two": halves(60), "three": thirds(60)} {
			run := train(t, d, func(o *Options) {
				o.Patterns, o.Grades, o.Loss, o.Beta, o.Shares.Holdout = 15, 3, loss, RelativeBeta(0.1), 0.2
			})
			if run.Status != solver.Optimal || len(run.Grades) != 3 && run.Stopped == "" {
				t.Errorf("%s, %s classes: %v after %d grades %s", loss.Name(), name, run.Status, len(run.Grades), run.Stopped)
			}
			for k := 1; k <= len(run.Grades); k++ {
				checkMarginGrade(t, run, k)
			}
			predicted, err := run.Model.Predict(d.X)
			if err != nil {
				t.Fatal(err)
			}
			split, right := NewSplit(d.Rows, 0.2, 0), 0
			for _, i := range split.Test {
				for c, class := range d.Classes {
					if at := c - (len(d.Classes) - len(d.Y)); class == run.Model.Class(predicted, i) && (at >= 0 && d.Y[at][i] > 0 || at < 0 && d.Y[0][i] < 0) {
						right++
					}
				}
			}
			if got, want := run.Ledger.Find(len(run.Grades), OnTest).Accuracy, float64(right)/float64(len(split.Test)); got != want {
				t.Errorf("%s, %s classes: accuracy %v, predictions give %v", loss.Name(), name, got, want)
			}
			if r2 := run.R2(OnTest); !math.IsNaN(r2) {
				t.Errorf("R2 of classes is %v", r2)
			}
		}
	}
}

func checkMarginGrade(t *testing.T, run *Run, k int) {
	t.Helper()
	for j, s := range run.Grades[k-1].Outputs {
		before, after := run.Ledger.Output(k-1, OnTrain, j), run.Ledger.Output(k, OnTrain, j)
		if !(after.Loss <= before.Loss) || after.Loss > s.Primal || s.Primal > before.Loss*(1+1e-9)+1e-12 || s.Dual > s.Primal {
			t.Errorf("grade %d, output %d: loss from %v to %v, program in [%v, %v]", k, j+1, before.Loss, after.Loss, s.Dual, s.Primal)
		}
		if (s.Evidence.Offset != nil) != (k > 1) {
			t.Errorf("grade %d, output %d: %d offsets", k, j+1, len(s.Evidence.Offset))
		}
	}
}

// A loss of margins is for classes.
func TestMarginLossOfRegression(t *testing.T) {
	o := DefaultOptions()
	o.Loss, o.Scope = solver.Hinge, Restricted
	if _, err := Train(t.Context(), plane(20, 2), o); !errors.Is(err, ErrOptions) {
		t.Error(err)
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct{ text, want string }{{"b a b", "1 0 1"}, {"c a b a c b", "2 0 1 0 2 1"}} {
		l, err := NewLabels("", nil, strings.Fields(c.text))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Trim(fmt.Sprint(l.Numbers()), "[]"); got != c.want {
			t.Errorf("%s: %s, want %s", c.text, got, c.want)
		}
	}
}
