package grade

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/solver"
)

// Gated grades become ReLU networks with the predictions of the gated ones; their
// objective is no better than the ReLU optimum over the same patterns, and as far
// from the gated bound as the account says.
func TestDecomposedGrades(t *testing.T) {
	for name, d := range map[string]*Data{"squared": twoTargets(50), "logistic": halves(50)} {
		run := train(t, d, func(o *Options) {
			o.Patterns, o.Grades, o.Activation, o.Beta, o.Shares.Holdout = 12, 2, solver.Gated, RelativeBeta(0.05), 0.2
			o.Loss = d.Task.Loss()
		})
		if run.Status != solver.Optimal || len(run.Grades) != 2 {
			t.Errorf("%s: %v after %d grades", name, run.Status, len(run.Grades))
		}
		checkLossFalls(t, run)
		split := NewSplit(d.Rows, 0.2, 0)
		x := run.Model.Input.Apply(d.X, split.Train)
		for j, s := range run.Grades[0].Outputs {
			checkDecomposition(t, run, s, WithBias(x))
			gated := newOutput(s.Output.Beta, &s.Evidence.Result.Network)
			a, b := s.Output.values(solver.ReLU, x, true), gated.values(solver.Gated, x, true)
			for i := range a {
				if math.Abs(a[i]-b[i]) > 1e-9*(1+math.Abs(b[i])) {
					t.Fatalf("%s, output %d, row %d: %v, gated %v", name, j+1, i, a[i], b[i])
				}
			}
		}
	}
}

func checkLossFalls(t *testing.T, run *Run) {
	t.Helper()
	for k := range run.Grades {
		for j := range run.Grades[k].Outputs {
			if before, after := run.Ledger.Output(k, OnTrain, j), run.Ledger.Output(k+1, OnTrain, j); !(after.Loss <= before.Loss) {
				t.Errorf("grade %d, output %d: loss from %v to %v", k+1, j+1, before.Loss, after.Loss)
			}
		}
	}
}

func checkDecomposition(t *testing.T, run *Run, s *Solved, x mat.Matrix) {
	t.Helper()
	d := s.Decomposition
	relu, err := solver.Solve(context.Background(), &solver.Problem{X: x, Y: s.Evidence.Target, Cells: s.Evidence.Cells, Beta: s.Output.Beta,
		Loss: run.Model.taskLoss(), Intercept: true}, solver.DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	if d.Objective < relu.Dual || s.Dual > relu.Primal || d.RelGap != solver.RelGap(d.Objective, s.Dual) || d.Factor < 1 || s.Output.Decomposed.Objective != d.Objective {
		t.Errorf("%+v, gated bound %v, ReLU optimum in [%v, %v]", d, s.Dual, relu.Dual, relu.Primal)
	}
	if n := len(s.Output.Neurons); n > 2*d.Units || s.Output.Neurons[0].Gate != nil {
		t.Errorf("%d neurons of %d gated units", n, d.Units)
	}
}

func (m *Model) taskLoss() solver.Loss {
	task, _ := ParseTask(m.Task)
	return task.Loss()
}
