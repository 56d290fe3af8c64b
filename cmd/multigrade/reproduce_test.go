package main

import (
	"regexp"
	"strings"
	"testing"

	"multigrade/internal/experiment"
)

// The table of all tables has a line per experiment, with what it is held
// against in its column.
func TestTableOfTables(t *testing.T) {
	var b strings.Builder
	if err := tableOfTables(&b, []*experiment.Outcome{
		{Experiment: "yacht", Measure: "RMSE", Rows: 278, Test: 0.5, Grades: make([]experiment.Step, 2), Seconds: 9.6, Status: "limit", Run: "runs/yacht",
			Published: []experiment.Published{{Name: experiment.DeepName, Value: 1.853}, {Name: experiment.WideName, Value: 3.402}, {Name: experiment.TreesName, Value: 0.794}, {Name: experiment.LinearName, Value: 11}}, Baseline: &experiment.Published{Name: "mean", Value: 15}},
		{Experiment: "iris", Measure: "accuracy", Rows: 135, Test: 1, Grades: make([]experiment.Step, 1), Status: "priced", Run: "runs/iris", Baseline: &experiment.Published{Name: experiment.LogisticName, Value: 0.975}},
	}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`yacht +278 +RMSE +0.5 +2 +10 +limit +3.402\n`, `yacht +1.853 +0.794 +11 `, `iris +135 +accuracy +1 +1 +0 +priced +-\n`, `iris +- +- +0.975 `, "verify runs/iris"} {
		if !regexp.MustCompile(want).MatchString(b.String()) {
			t.Errorf("no %s in\n%s", want, b.String())
		}
	}
}
