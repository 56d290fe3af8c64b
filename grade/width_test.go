package grade

import (
	"bytes"
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/solver"
)

func narrowed(width int) func(*Options) {
	return func(o *Options) { o.Width, o.Beta, o.Limits.Work = NewBudget(width), RelativeBeta(1e-3), 0.2 }
}

// The laws of a budget: never exceeded, the training loss never rises, the kept
// network's objective is above every lower bound of the convex program, and the
// ledger is that of the saved model.
func TestWidth(t *testing.T) {
	for name, c := range map[string]struct {
		data   *Data
		change func(*Options)
		width  int
	}{
		"one input":         {wave(120), func(o *Options) { o.Shares.Holdout = 0.2 }, 3},
		"one neuron":        {wave(60), nil, 1},
		"more than optimal": {wave(60), func(o *Options) { o.Beta = RelativeBeta(0.3) }, 20},
		"three inputs":      {plane(80, 3), func(o *Options) { o.Grades = 2 }, 4},
		"two outputs":       {twoTargets(80), func(o *Options) { o.Grades = 2 }, 5},
		"sparse":            {sparsePlane(80, 3), func(o *Options) { o.Grades = 2 }, 4},
		"restricted":        {plane(80, 2), func(o *Options) { o.Patterns = 30; o.Grades = 2 }, 4},
		"spread":            {wave(80), func(o *Options) { o.Width.Spread, o.Beta, o.Grades = true, RelativeBeta(1e-5), 2 }, 6},
		"carry":             {plane(60, 2), func(o *Options) { o.Carry = true; o.Grades = 2 }, 3},
	} {
		t.Run(name, func(t *testing.T) {
			run := train(t, c.data, func(o *Options) {
				narrowed(c.width)(o)
				if c.change != nil {
					c.change(o)
				}
			})
			if len(run.Grades) == 0 {
				t.Fatal("no grades")
			}
			for k, g := range run.Grades {
				checkBudget(t, run, k+1, g, c.width)
			}
			checkLedger(t, run, c.data)
		})
	}
}

func checkBudget(t *testing.T, run *Run, k int, g *Trained, width int) {
	t.Helper()
	if g.Grade.Neurons() > width {
		t.Errorf("grade %d: %d neurons, width %d", k, g.Grade.Neurons(), width)
	}
	before, after := run.Ledger.Find(k-1, OnTrain), run.Ledger.Find(k, OnTrain)
	if after.L2 > before.L2 {
		t.Errorf("grade %d: L2 rises from %v to %v", k, before.L2, after.L2)
	}
	for j, s := range g.Outputs {
		kept := s.Kept
		if len(s.Output.Neurons) > kept.Budget || s.Output.Width.Budget != kept.Budget {
			t.Errorf("grade %d output %d: %d neurons, budget %d", k, j+1, len(s.Output.Neurons), kept.Budget)
		}
		if kept.Objective < s.GlobalBound {
			t.Errorf("grade %d output %d: objective %v below the bound %v", k, j+1, kept.Objective, s.GlobalBound)
		}
		if len(kept.Convex.Neurons)+s.Output.Width.Identity <= kept.Budget && kept.Objective != s.Primal {
			t.Errorf("grade %d output %d: the optimum fits the budget, but %v is kept of %v", k, j+1, kept.Objective, s.Primal)
		}
	}
	if sum := g.Sum().Kept; sum.Budget != width {
		t.Errorf("grade %d: budgets add up to %d, want %d", k, sum.Budget, width)
	}
}

// With a few kinks to place, the budget costs little.
func TestWidthIsGood(t *testing.T) {
	run := train(t, wave(120), func(o *Options) { narrowed(8)(o); o.Grades = 1 })
	kept := run.Grades[0].Sum().Kept
	if kept.Neurons <= 8 {
		t.Fatalf("the optimum has %d neurons, so nothing is tested", kept.Neurons)
	}
	if kept.RelGap > 0.05 {
		t.Errorf("8 of %d neurons cost %v of the objective", kept.Neurons, kept.RelGap)
	}
}

// The same bytes whatever the number of processors.
func TestWidthDeterministic(t *testing.T) {
	run := func() []byte {
		return savedBytes(t, train(t, plane(60, 3), func(o *Options) { narrowed(3)(o); o.Grades = 2 }))
	}
	first := run()
	before := runtime.GOMAXPROCS(1)
	second := run()
	runtime.GOMAXPROCS(before)
	if !bytes.Equal(first, second) {
		t.Error("one processor gives other bytes")
	}
}

func TestWidthErrors(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"negative": func(o *Options) { o.Width = NewBudget(-1) },
		"gated":    func(o *Options) { o.Width, o.Activation, o.Grades = NewBudget(3), solver.Gated, 1 },
		"loss":     func(o *Options) { o.Width, o.Loss, o.Scope = NewBudget(3), solver.L1, Restricted },
		"outputs":  func(o *Options) { o.Width = NewBudget(1) },
		"spread":   func(o *Options) { o.Width, o.Grades = &Budget{Neurons: 4, Work: 1, Spread: true}, 1 },
	} {
		o := DefaultOptions()
		change(&o)
		if _, err := Train(context.Background(), twoTargets(20), o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// A spread first grade has its kinks in equal parts of the rows, and leaves more
// than a trained one; along several features there is nothing to spread.
func TestSpread(t *testing.T) {
	set := func(spread bool) func(*Options) {
		return func(o *Options) { narrowed(6)(o); o.Beta, o.Grades, o.Width.Spread = RelativeBeta(1e-5), 2, spread }
	}
	spread, trained := train(t, wave(90), set(true)), train(t, wave(90), set(false))
	if a, b := spread.Ledger.Find(1, OnTrain).L2, trained.Ledger.Find(1, OnTrain).L2; !(a > b) {
		t.Errorf("a spread grade leaves %v, a trained one %v", a, b)
	}
	out := spread.Model.Grades[0].Outputs[0]
	var kinks []float64
	for _, u := range out.Neurons[:len(out.Neurons)-out.Width.Identity] {
		kinks = append(kinks, -u.W[1]/u.W[0])
	}
	slices.Sort(kinks)
	for k := 2; k < len(kinks); k++ {
		if before, now := kinks[k-1]-kinks[k-2], kinks[k]-kinks[k-1]; math.Abs(now/before-1) > 0.1 {
			t.Errorf("kinks %v are not spread evenly", kinks)
		}
	}
	// A convex program that came to its limit with fewer neurons and a lower objective.
	limited := train(t, wave(90), func(o *Options) { set(true)(o); o.Width.Neurons, o.Limits.Iterations, o.Limits.Work = 24, 1, 0.01 })
	kept := limited.Grades[0].Sum().Kept
	if kept.Neurons > 23 || kept.Objective <= limited.Grades[0].Sum().Primal {
		t.Errorf("the convex program has %d neurons and an objective of %v, what is kept %v: want a spread network, though it is worse", kept.Neurons, limited.Grades[0].Sum().Primal, kept.Objective)
	}
	o := DefaultOptions()
	set(true)(&o)
	if _, err := Train(context.Background(), plane(20, 2), o); !errors.Is(err, ErrOptions) {
		t.Errorf("two features: %v", err)
	}
}

func sparsePlane(n, d int) *Data {
	p := plane(n, d)
	p.X = toCSR(p.X.(*mat.Dense))
	return p
}

// Under a width that has room, the inputs reach every grade: the neurons that
// pass them on are the standardised inputs, shifted and scaled, and weigh nothing.
func TestIdentityChannels(t *testing.T) {
	d := wave(80)
	run := train(t, d, func(o *Options) { narrowed(8)(o); o.Grades = 3 })
	if len(run.Grades) != 3 {
		t.Fatal(run.Stopped)
	}
	for k, g := range run.Model.Grades {
		out := g.Outputs[0]
		if want := map[bool]int{true: 1, false: 0}[k < 2]; out.Width.Identity != want {
			t.Fatalf("grade %d passes %d inputs on, want %d", k+1, out.Width.Identity, want)
		}
		if out.Width.Identity == 0 {
			continue
		}
		last := len(out.Neurons) - 1
		if out.Neurons[last].Alpha != 0 {
			t.Errorf("grade %d: alpha %v", k+1, out.Neurons[last].Alpha)
		}
		h, err := run.Model.Features(d.X, k+1)
		if err != nil {
			t.Fatal(err)
		}
		n, _ := h.Dims()
		for i := range n {
			x := (d.X.At(i, 0) - d.X.At(0, 0)) / (d.X.At(n-1, 0) - d.X.At(0, 0))
			if got := h.At(i, last) / h.At(n-1, last); math.Abs(got-x) > 1e-9 {
				t.Fatalf("grade %d, row %d: %v passed on, want %v", k+1, i, got, x)
			}
		}
	}
}

func TestStrongest(t *testing.T) {
	net := &solver.Network{Neurons: []solver.Neuron{{W: []float64{3, 4}, Alpha: 1}, {W: []float64{1, 0}, Alpha: -9}, {W: []float64{0, 1}, Alpha: 1}}}
	few := strongest(net, 2)
	if len(few.Neurons) != 2 || few.Neurons[0].Alpha != -9 || few.Neurons[1].W[0] != 3 {
		t.Errorf("strongest are %+v", few.Neurons)
	}
	if len(net.Neurons) != 3 || net.Neurons[0].Alpha != 1 {
		t.Errorf("the network changed: %+v", net.Neurons)
	}
}
