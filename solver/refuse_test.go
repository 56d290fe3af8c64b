package solver_test

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver"
)

// What is no program is an error of every entry point, not a panic or a search without end.
func TestProgramsRefused(t *testing.T) {
	x, y, nan := mat.NewDense(3, 1, []float64{1, 2, 3}), []float64{1, 2, 3}, math.NaN()
	ctx := t.Context()
	for name, p := range map[string]*solver.Problem{
		"no X":           {Y: y, Beta: 1},
		"a nil X":        {X: (*mat.Dense)(nil), Y: y, Beta: 1},
		"an empty X":     {X: &mat.Dense{}, Y: y, Beta: 1},
		"another matrix": {X: mat.NewDense(1, 3, y).T(), Y: y, Beta: 1},
		"X not finite":   {X: mat.NewDense(3, 1, []float64{1, math.Inf(1), 3}), Y: y, Beta: 1},
		"y not finite":   {X: x, Y: []float64{1, nan, 3}, Beta: 1},
		"a short y":      {X: x, Y: y[:2], Beta: 1},
		"beta NaN":       {X: x, Y: y, Beta: nan},
	} {
		for entry, call := range map[string]func() error{
			"Solve":         func() error { _, err := solver.Solve(ctx, p, solver.DefaultOptions()); return err },
			"SolveGlobal":   func() error { _, err := solver.SolveGlobal(ctx, p, solver.DefaultGlobalOptions()); return err },
			"Path":          func() error { _, err := solver.Path(ctx, p, solver.DefaultPathOptions()); return err },
			"NewFixedWidth": func() error { _, err := solver.NewFixedWidth(p, solver.DefaultWidthOptions(3)); return err },
			"NewSketch":     func() error { _, err := solver.NewSketch(p, 1); return err },
			"BetaMax":       func() error { _, err := solver.BetaMax(ctx, p); return err },
			"BetaMaxGlobal": func() error { _, err := solver.BetaMaxGlobal(ctx, p, solver.DefaultBoundOptions()); return err },
		} {
			if call() == nil {
				t.Errorf("%s: no error of %s", name, entry)
			}
		}
	}
	for _, beta := range []float64{nan, -1, math.Inf(1)} {
		p := &solver.Problem{X: x, Y: y}
		l, err := solver.NewRestricted(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		p.Beta = beta
		if _, err := l.Solve(ctx, solver.DefaultOptions()); err == nil {
			t.Errorf("a restricted program is solved at beta %v", beta)
		}
	}
	for _, nu := range [][]float64{nil, {1, nan, 0}} {
		if _, err := solver.MaxNeuron(ctx, x, solver.ReLU, nu, solver.DefaultBoundOptions()); err == nil {
			t.Errorf("MaxNeuron takes nu %v", nu)
		}
	}
	for _, m := range []mat.Matrix{nil, (*mat.Dense)(nil), mat.NewDense(1, 1, []float64{nan})} {
		if _, err := hyperplane.NewArrangement(m); err == nil {
			t.Errorf("NewArrangement takes %v", m)
		}
	}
}
