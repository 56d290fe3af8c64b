package grade

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/solver"
)

// rough is a target to which many gated neurons contribute a little each: what is sparse fits
// it badly.
func rough(n, d, units int, noise float64) *Data {
	rng := rand.New(rand.NewPCG(21, 1))
	x := mat.NewDense(n, d, nil)
	y := make([]float64, n)
	for i := range n {
		for j := range d {
			x.Set(i, j, rng.NormFloat64())
		}
	}
	gate, w := make([]float64, d), make([]float64, d)
	for range units {
		for j := range d {
			gate[j], w[j] = rng.NormFloat64(), rng.NormFloat64()
		}
		for i := range n {
			if row := x.RawRowView(i); dot(gate, row, nil, false) > 0 {
				y[i] += dot(w, row, nil, false) / math.Sqrt(float64(units))
			}
		}
	}
	for i := range y {
		y[i] += noise * rng.NormFloat64()
	}
	data, err := NewData(x, y)
	if err != nil {
		panic(err)
	}
	return data
}

// A choice that also tries ridge takes it where it leaves clearly less on rows held out, and
// then its options are those of the grade; where the target is a few neurons it does not.
func TestChosenPenalty(t *testing.T) {
	choosing := func(o *Options) {
		cv := DefaultCrossValidation()
		cv.Folds, cv.Iterations, cv.Work, cv.Ridge = 3, 60, 6, true
		o.Beta, o.Grades, o.Limits.Work, o.Limits.BoundLeaves = cv, 2, 3, 0
		o.Shares.Holdout = 0.1
	}
	for name, c := range map[string]struct {
		data *Data
		want Penalty
	}{"many neurons": {rough(300, 3, 400, 0.05), Ridge}, "two inputs": {plane(60, 2), GroupNorm}} {
		t.Run(name, func(t *testing.T) {
			run := train(t, c.data, choosing)
			p := run.Plan
			if len(p.Penalties) != 2 {
				t.Fatalf("%d penalties were tried, want 2", len(p.Penalties))
			}
			if chosen := p.Penalty == Ridge.String(); chosen != (c.want == Ridge) {
				t.Fatalf("penalty %q, scores %+v, want %v", p.Penalty, p.Penalties, c.want)
			}
			checkLedger(t, run, c.data)
			if c.want != Ridge {
				return
			}
			g := run.Grades[0]
			if len(run.Grades) != 1 || g.Status() != solver.Optimal || g.Scope != Restricted || g.Grade.Activation != Gated || g.Grade.Neurons() < 1000 {
				t.Errorf("%d grades, %v in scope %v, %d neurons of %s", len(run.Grades), g.Status(), g.Scope, g.Grade.Neurons(), g.Grade.Activation)
			}
			if last := p.Penalties[1].Score; p.Choices[0].Loss != last.Loss || !(last.Loss < p.Penalties[0].Loss) {
				t.Errorf("the choice's loss is %v, tried %+v", p.Choices[0].Loss, p.Penalties)
			}
		})
	}
}

// TestPlanOptions: the options of a plan with ridge are valid, and those of none are as they
// were.
func TestPlanOptions(t *testing.T) {
	o := DefaultOptions()
	chosen := (&Plan{Penalty: Ridge.String()}).Options(&o)
	if err := chosen.Validate(); err != nil || chosen.Penalty != Ridge || o.Penalty != GroupNorm {
		t.Errorf("%v: %+v", err, chosen)
	}
	if same := (*Plan)(nil).Options(&o); same.Penalty != GroupNorm || same.Grades != o.Grades {
		t.Errorf("%+v", same)
	}
	settings := chosen.Settings()
	if again, err := settings.Options(); err != nil || again.Penalty != Ridge {
		t.Errorf("%v: %+v", err, again)
	}
}

// TestRidgeInterrupted: what is interrupted before the one grade is solved has it, as there
// is no network without.
func TestRidgeInterrupted(t *testing.T) {
	o := DefaultOptions()
	o.setRidge()
	o.Patterns = 30
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d := plane(60, 2)
	run, err := Resume(ctx, d, o, Earlier{}, Silent{})
	if err != nil || len(run.Grades) != 1 || run.Grades[0].Status() != solver.Optimal {
		t.Fatalf("%+v, %v", run, err)
	}
	checkLedger(t, run, d)
}
