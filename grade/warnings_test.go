package grade

import (
	"strings"
	"testing"

	"multigrade/solver"
)

// What a reader of scores should not miss is said, and nothing else.
func TestWarnings(t *testing.T) {
	entry := func(k int, split string, l2, loss float64) Entry {
		return Entry{Grade: k, Split: split, Output: 1, Norms: Norms{L2: l2}, Loss: loss}
	}
	regression := &Model{Task: Regression.String(), Loss: "squared", Grades: []Grade{{Outputs: []Output{{Neurons: make([]Neuron, 1)}}}}}
	classes := &Model{Task: Binary.String(), Loss: "logistic", Grades: regression.Grades}
	idle := &Model{Task: Regression.String(), Loss: solver.Monotone.Name(), Grades: []Grade{{Outputs: []Output{{}}}}}
	train := []Entry{entry(0, OnTrain, 4, 8), entry(1, OnTrain, 1, 0.5)}
	for _, c := range []struct {
		name string
		m    *Model
		held []Entry
		want []string // parts of the warnings, in order
	}{
		{"alike", regression, []Entry{entry(0, OnCV, 4, 8), entry(1, OnCV, 1.5, 0.6)}, nil},
		{"ten times", regression, []Entry{entry(0, OnCV, 40, 80), entry(1, OnCV, 10, 40)}, nil},
		{"more than ten times", regression, []Entry{entry(0, OnTest, 40, 80), entry(1, OnTest, 10.5, 40)}, []string{"on the test rows the r.m.s. error is 10.5, on the rows trained on 1"}},
		{"in cross-validation", regression, []Entry{entry(0, OnCV, 40, 80), entry(1, OnCV, 11, 40)}, []string{"held out in cross-validation the r.m.s. error is 11"}},
		{"raised", regression, []Entry{entry(0, OnTest, 4, 8), entry(1, OnTest, 5, 12)}, []string{"grade 1 raises the loss on the test rows from 8 to 12"}},
		{"raised for classes", classes, []Entry{entry(0, OnValidation, 4, 0.142), entry(1, OnValidation, 5, 0.466)}, []string{"grade 1 raises the loss on the validation rows from 0.142 to 0.466"}},
		{"both", regression, []Entry{entry(0, OnTest, 4, 8), entry(1, OnTest, 50, 120)}, []string{"r.m.s. error is 50", "raises the loss"}},
		{"no neurons under constraints", idle, nil, []string{"with --monotone"}},
		{"no neurons without", &Model{Task: Regression.String(), Loss: "squared", Grades: idle.Grades}, nil, nil},
	} {
		l := Ledger(append(append([]Entry{}, train...), c.held...))
		got := l.Warnings(c.m)
		if len(got) != len(c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
			continue
		}
		for k, part := range c.want {
			if !strings.Contains(got[k], part) {
				t.Errorf("%s: %q, want %q in it", c.name, got[k], part)
			}
		}
	}
}
