package solver

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"multigrade/solver/internal/madeup"
)

// TestMethodOptions: every setting of a method has a range, and a solve with one
// outside is refused.
func TestMethodOptions(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	bad := map[string][]func(o *Options){
		"method":         {func(o *Options) { o.Method = -1 }, func(o *Options) { o.Method = Method(len(methods)) }},
		"relaxation":     {func(o *Options) { o.ADMM.Relaxation = 2 }, func(o *Options) { o.ADMM.Relaxation = nan }},
		"penalty":        {func(o *Options) { o.ADMM.Penalty = 0 }, func(o *Options) { o.ADMM.Penalty = inf }},
		"balance":        {func(o *Options) { o.ADMM.Balance = 1 }, func(o *Options) { o.ADMM.Balance = nan }},
		"memory":         {func(o *Options) { o.ADMM.Memory = -1 }},
		"largest system": {func(o *Options) { o.ADMM.LargestSystem = -1 }},
		"accuracy": {func(o *Options) { o.ADMM.CGAccuracy = 0 }, func(o *Options) { o.ADMM.CGAccuracy = nan },
			func(o *Options) { o.Interior.CGAccuracy = 1 }, func(o *Options) { o.Interior.CGAccuracy = nan }},
		"steps":       {func(o *Options) { o.ADMM.CGSteps = 0 }, func(o *Options) { o.Interior.CGSteps = 0 }},
		"start gap":   {func(o *Options) { o.Interior.StartGap = 0 }, func(o *Options) { o.Interior.StartGap = inf }},
		"step share":  {func(o *Options) { o.Interior.StepShare = 1 }, func(o *Options) { o.Interior.StepShare = nan }},
		"patience":    {func(o *Options) { o.Interior.Patience = 0 }, func(o *Options) { o.Newton.Patience = 0 }},
		"direct work": {func(o *Options) { o.Interior.DirectWork = -1 }, func(o *Options) { o.Interior.DirectWork = nan }},
		"sigma":       {func(o *Options) { o.Newton.Sigma = 0 }, func(o *Options) { o.Newton.Sigma = inf }},
		"growth":      {func(o *Options) { o.Newton.Growth = 1 }, func(o *Options) { o.Newton.Growth = inf }},
		"quick steps": {func(o *Options) { o.Newton.QuickSteps = 0 }, func(o *Options) { o.Newton.SlowSteps = o.Newton.QuickSteps }},
		"inexactness": {func(o *Options) { o.Newton.Inexactness = 0 }, func(o *Options) { o.Newton.Inexactness = inf }},
	}
	p := madeup.Squares(t, rand.New(rand.NewPCG(7, 1)), ReLU, 60, 3, 12, false, 0.1)
	for name, changes := range bad {
		for k, change := range changes {
			o := DefaultOptions()
			change(&o)
			if _, err := Solve(context.Background(), p, o); err == nil {
				t.Errorf("%s, change %d: solved", name, k)
			}
		}
	}
}

// TestMethodOptionsCount: settings at the other ends of their ranges lead to the
// same optimum by other ways.
func TestMethodOptionsCount(t *testing.T) {
	changes := map[string]func(o *Options){
		"ADMM without relaxation":              func(o *Options) { o.Method, o.ADMM.Relaxation = ADMM, 1 },
		"ADMM with a large penalty":            func(o *Options) { o.Method, o.ADMM.Penalty = ADMM, 100 },
		"ADMM without acceleration":            func(o *Options) { o.Method, o.ADMM.Memory = ADMM, 0 },
		"ADMM without balancing":               func(o *Options) { o.Method, o.ADMM.Balance = ADMM, math.Inf(1) },
		"ADMM by conjugate gradients":          func(o *Options) { o.Method, o.ADMM.LargestSystem = ADMM, 0 },
		"interior point from afar":             func(o *Options) { o.Method, o.Interior.StartGap = Interior, 10 },
		"interior point by short steps":        func(o *Options) { o.Method, o.Interior.StepShare = Interior, 0.7 },
		"interior point, conjugate gradients":  func(o *Options) { o.Method, o.Interior.DirectWork = Interior, 0 },
		"augmented Lagrangian, slow":           func(o *Options) { o.Method, o.Newton.Growth = Newton, 2 },
		"augmented Lagrangian, exact":          func(o *Options) { o.Method, o.Newton.Inexactness = Newton, 0.01 },
		"augmented Lagrangian, large penalty":  func(o *Options) { o.Method, o.Newton.Sigma = Newton, 1000 },
		"augmented Lagrangian, small penalty ": func(o *Options) { o.Method, o.Newton.Sigma = Newton, 0.1 },
	}
	p := madeup.Squares(t, rand.New(rand.NewPCG(7, 1)), ReLU, 60, 3, 12, false, 0.1)
	p.Activation = Gated
	want, err := Solve(context.Background(), p, DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range changes {
		o := DefaultOptions()
		change(&o)
		r, err := Solve(context.Background(), p, o)
		if err != nil {
			t.Fatal(err)
		}
		if r.Status != Optimal || math.Abs(r.Primal-want.Primal) > 2e-6*want.Primal {
			t.Errorf("%s: %v, objective %v, want optimal and %v", name, r.Status, r.Primal, want.Primal)
		}
		if bad := checked(t, p, r, o.Tol); bad != nil {
			t.Errorf("%s: %v", name, bad)
		}
	}
}
