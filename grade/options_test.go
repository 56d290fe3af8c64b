package grade

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/mat"

	"multigrade/solver"
)

// Every rule about options refuses what breaks it, for its own reason, and nothing is
// trained then.
func TestOptionsValidate(t *testing.T) {
	for _, c := range []struct {
		want  string // in the error
		spoil func(*Options)
	}{
		{"grades is 0", func(o *Options) { o.Grades = 0 }},
		{"beta is missing", func(o *Options) { o.Beta = nil }},
		{"beta is 0", func(o *Options) { o.Beta = RelativeBeta(0) }},
		{"beta is NaN", func(o *Options) { o.Beta = AbsoluteBeta(math.NaN()) }},
		{"beta is +Inf", func(o *Options) { o.Beta = AbsoluteBeta(math.Inf(1)) }},
		{"no folds", func(o *Options) { o.Beta = DefaultCrossValidation() }},
		{"refit", func(o *Options) { o.Shares.Validation, o.Shares.Refit = 0.2, true }},
		{"gated grades", func(o *Options) {
			o.Shares.Validation, o.Beta, o.Activation = 0.2, DefaultCrossValidation(), solver.Gated
		}},
		{"loss is missing", func(o *Options) { o.Loss = nil }},
		{"a dead zone", func(o *Options) { o.DeadZone, o.Loss = true, solver.Hinge }},
		{"a dead zone", func(o *Options) { o.DeadZone, o.Loss = true, solver.Monotone }},
		{"with a dead zone", func(o *Options) { o.Shares.Validation, o.Beta, o.DeadZone = 0.2, DefaultCrossValidation(), true }},
		{"width is 0", func(o *Options) { o.Width = new(Budget) }},
		{"width work", func(o *Options) { o.Width = &Budget{Neurons: 3} }},
		{"a width is available", func(o *Options) { o.Width, o.Loss = NewBudget(3), solver.L1 }},
		{"a width is available", func(o *Options) { o.Width, o.Activation = NewBudget(3), solver.Absolute }},
		{"spread", func(o *Options) { o.Width, o.Grades = &Budget{Neurons: 3, Work: 1, Spread: true}, 1 }},
		{"spread", func(o *Options) { o.Width, o.Bias = &Budget{Neurons: 3, Work: 1, Spread: true}, false }},
		{"scope", func(o *Options) { o.Scope = 7 }},
		{"rounds", func(o *Options) { o.Limits.Rounds = 0 }},
		{"bound leaves", func(o *Options) { o.Limits.BoundLeaves = -2 }},
		{"work is -1", func(o *Options) { o.Limits.Work = -1 }},
		{"work is +Inf", func(o *Options) { o.Limits.Work = math.Inf(1) }},
		{"max-iter", func(o *Options) { o.Limits.Iterations = 0 }},
		{"time limit", func(o *Options) { o.Limits.Time = -1 }},
		{"patterns", func(o *Options) { o.Patterns = -1 }},
		{"both gates", func(o *Options) { o.Patterns, o.Gates = 3, mat.NewDense(1, 1, nil) }},
		{"stride", func(o *Options) { o.Shares.Stride, o.Shares.Holdout = 2, 0.1 }},
		{"holdout", func(o *Options) { o.Shares.Holdout = 1 }},
		{"validation", func(o *Options) { o.Shares.Validation = -0.1 }},
		{"tol", func(o *Options) { o.Tol = 0 }},
		{"penalty ridge is for one grade", func(o *Options) { o.Penalty = Ridge }},
		{"unknown penalty", func(o *Options) { o.Penalty = 9 }},
		{"newton", func(o *Options) { o.Method = solver.Newton }},
		{"rows", func(o *Options) { o.Method, o.Loss = solver.Rows, solver.L1 }},
	} {
		o := DefaultOptions()
		if err := o.Validate(); err != nil {
			t.Fatal(err)
		}
		c.spoil(&o)
		if err := o.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.want, err)
		}
		if _, err := Train(context.Background(), plane(10, 2), o); err == nil {
			t.Errorf("%s: trained", c.want)
		}
	}
	if _, err := Train(context.Background(), plane(10, 2), func() Options { o := DefaultOptions(); o.Shares.Holdout = 0.95; return o }()); !errors.Is(err, ErrData) {
		t.Error("one training row accepted:", err)
	}
}

// Options come back from JSON as they were, each beta and width among them.
func TestOptionsJSON(t *testing.T) {
	folds := DefaultCrossValidation()
	folds.Folds, folds.Repeats, folds.Stratified, folds.OneStandardError, folds.Work = 4, 2, true, true, 1.0/3
	for name, change := range map[string]func(*Options){
		"default": func(*Options) {},
		"relative": func(o *Options) {
			o.Beta, o.Carry, o.Bias, o.Standardize, o.Intercept = RelativeBeta(1.0/3), true, false, false, false
		},
		"absolute": func(o *Options) {
			o.Beta, o.Loss, o.DeadZone, o.Method = AbsoluteBeta(0.1), solver.Huber(0.3), true, solver.ADMM
		},
		"chosen": func(o *Options) { o.Beta, o.BalancedClasses, o.Loss = folds, true, solver.Logistic },
		"held out": func(o *Options) {
			o.Beta, o.Shares = DefaultCrossValidation(), Shares{Holdout: 0.1, Validation: 0.2, Refit: true}
		},
		"width": func(o *Options) { o.Width, o.Shares.Stride = &Budget{Neurons: 7, Work: 0.1, Spread: true}, 3 },
		"limits": func(o *Options) {
			o.Limits = Limits{Rounds: 3, Work: 0.7, BoundLeaves: 9, Iterations: 11, Time: 1500 * time.Millisecond}
		},
		"gates": func(o *Options) {
			o.Gates, o.Scope, o.Activation, o.Seed = mat.NewDense(2, 3, []float64{1, 2, 3, 4, 5, 1.0 / 3}), Restricted, solver.Leaky(0.1), math.MaxUint64
		},
		"patterns": func(o *Options) { o.Patterns, o.Scope, o.Activation, o.Tol = 5, Restricted, solver.Gated, 1e-3 },
	} {
		o := DefaultOptions()
		change(&o)
		raw, err := json.Marshal(o)
		if err != nil {
			t.Fatal(name, err)
		}
		var back Options
		if err := json.Unmarshal(raw, &back); err != nil {
			t.Fatal(name, err)
		}
		same := cmp.Options{cmp.Comparer(func(a, b solver.Loss) bool { return a == b }), cmp.Comparer(func(a, b *mat.Dense) bool { return a == b || a != nil && b != nil && mat.Equal(a, b) })}
		if d := cmp.Diff(o, back, same); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	if _, err := json.Marshal(Options{}); err == nil {
		t.Error("options without a loss were written")
	}
}

// What contradicts itself, or is out of its range, is not read.
func TestOptionsJSONRefused(t *testing.T) {
	o := DefaultOptions()
	raw, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{`"grades":3`, `"grades":0`},
		{`"choose_beta":false`, `"choose_beta":true`},
		{`"beta":0.01`, `"beta":0.01,"choose_beta":true,"cross_validation":{"folds":3,"repeats":1,"iterations":5,"work":1}`},
		{`"one_standard_error":false`, `"one_standard_error":true`},
		{`"width":0`, `"width":0,"spread":true`},
		{`"loss":"squared"`, `"loss":"cubed"`},
		{`"scope":"global"`, `"scope":"galactic"`},
		{`"activation":"relu"`, `"activation":"sine"`},
		{`"method":"auto"`, `"method":"magic"`},
		{`"carry":false`, `"carry":false,"class_weight":"heavy"`},
		{`"carry":false`, `"carry":false,"time_limit":"soon"`},
		{`"carry":false`, `"carry":false,"gate_vectors":[[1,2],[3]]`},
		{`"carry":false`, `"carry":3`},
	} {
		if !strings.Contains(string(raw), change[0]) {
			t.Fatalf("no %s in %s", change[0], raw)
		}
		spoiled := strings.Replace(string(raw), change[0], change[1], 1)
		if change[0] == `"beta":0.01` || change[0] == `"width":0` { // the key stands once
			spoiled = strings.Replace(strings.Replace(spoiled, `"choose_beta":false,`, "", 1), `"spread":false,`, "", 1)
		}
		back := Options{Grades: 77}
		if err := json.Unmarshal([]byte(spoiled), &back); err == nil || back.Grades != 77 {
			t.Errorf("%s was read", change[1])
		}
	}
}
