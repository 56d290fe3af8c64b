package grade

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"multigrade/solver"
)

// What a dead zone promises holds for any float64 numbers: the residual grows
// nowhere, rounded or not, and none is left above 2 eps.
func TestDeadZoneLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Few significant bits and few exponents bring ties and cancellation.
		number := rapid.Custom(func(t *rapid.T) float64 {
			m := rapid.Int64Range(-1<<53, 1<<53).Draw(t, "mantissa") >> rapid.IntRange(0, 52).Draw(t, "shift")
			return math.Ldexp(float64(m), rapid.SampledFrom([]int{-1074, -1073, -1022, -60, -53, -52, 0, 1}).Draw(t, "exponent"))
		})
		e, g, eps := make([]float64, 3), make([]float64, 3), 0.0
		for i := range e {
			e[i] = number.Draw(t, "e")
			g[i] = number.Draw(t, "g")
			if rapid.Bool().Draw(t, "near") {
				g[i] = e[i] + number.Draw(t, "off")*0x1p-50
			}
			eps = max(eps, distanceAbove(e[i], g[i]))
		}
		out := Output{DeadZone: &eps}
		for i, v := range e {
			exact := new(big.Rat).Sub(ratOf(v), ratOf(g[i]))
			if exact.Abs(exact).Cmp(ratOf(eps)) > 0 {
				t.Fatalf("|%v - %v| > %v", v, g[i], eps)
			}
			q := out.beyond(g[i])
			left := new(big.Rat).Sub(ratOf(v), ratOf(q))
			if left.Abs(left).Cmp(ratOf(math.Abs(v))) > 0 || math.Abs(v-q) > math.Abs(v) {
				t.Fatalf("e %v, g %v, eps %v: |e| rises, q %v", v, g[i], eps, q)
			}
			if left.Cmp(new(big.Rat).Mul(big.NewRat(2, 1), ratOf(eps))) > 0 || math.Abs(v-q) > 2*eps {
				t.Fatalf("e %v, g %v, eps %v: more than 2 eps is left, q %v", v, g[i], eps, q)
			}
			if (q != 0) != (math.Abs(g[i]) > eps) || q*g[i] < 0 {
				t.Fatalf("g %v, eps %v: q %v", g[i], eps, q)
			}
		}
	})
}

func ratOf(v float64) *big.Rat { return new(big.Rat).SetFloat64(v) }

// distanceAbove is the least: a float64 below it is less than the distance.
func TestDistanceAboveIsTight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Float64Range(-4, 4).Draw(t, "a"), rapid.Float64Range(-1e-9, 4).Draw(t, "b")
		d := distanceAbove(a, b)
		exact := new(big.Rat).Sub(ratOf(a), ratOf(b))
		exact.Abs(exact)
		if d > 0 && ratOf(math.Nextafter(d, 0)).Cmp(exact) >= 0 {
			t.Fatalf("|%v - %v|: %v is not the least", a, b, d)
		}
	})
}

// Grades with dead zones: the residual falls at every training row and within 2
// eps, and the saved model says the same.
func TestDeadZone(t *testing.T) {
	for name, c := range map[string]struct {
		data   *Data
		change func(*Options)
	}{
		"linf":        {wave(60), func(o *Options) { o.Loss, o.Beta, o.Patterns = solver.LInf, RelativeBeta(1e-4), 40 }},
		"squares":     {wave(60), func(o *Options) { o.Beta, o.Patterns = RelativeBeta(1e-4), 60 }},
		"l1, carry":   {plane(60, 2), func(o *Options) { o.Loss, o.Patterns, o.Carry, o.Beta = solver.L1, 12, true, RelativeBeta(3e-3) }},
		"two targets": {twoTargets(60), func(o *Options) { o.Patterns, o.Beta, o.Shares.Holdout = 30, RelativeBeta(1e-3), 0.2 }},
		"a constant":  {withConstant(60), func(o *Options) { o.Patterns, o.Beta = 30, RelativeBeta(1e-3) }},
		"width":       {wave(60), func(o *Options) { o.Width, o.Beta, o.Grades = NewBudget(8), RelativeBeta(1e-4), 1 }},
		"gated":       {plane(60, 2), func(o *Options) { o.Patterns, o.Activation, o.Beta = 30, solver.Gated, RelativeBeta(1e-3) }},
	} {
		t.Run(name, func(t *testing.T) {
			run := train(t, c.data, func(o *Options) {
				o.DeadZone, o.Grades, o.Tol = true, 2, 1e-3
				c.change(o)
			})
			checkLedger(t, run, c.data)
			for k, g := range run.Grades {
				z := g.Sum().DeadZone
				if share := run.Ledger.Find(k+1, OnTrain).Nonincreasing; share != 1 {
					t.Errorf("grade %d: |e| rises at a share %v of the rows", k+1, 1-share)
				}
				for j := range g.Outputs {
					eps := float64(*g.Grade.Outputs[j].DeadZone * run.Model.Output.Scale[j])
					if left := run.Ledger.Output(k+1, OnTrain, j).Linf; left > 2*eps*(1+1e-12) {
						t.Errorf("grade %d, output %d: %v is left, dead zone %v", k+1, j+1, left, eps)
					}
				}
				if k == 0 && z.Open == 0 {
					t.Errorf("the first grade changes nothing, dead zone %v", z.Eps)
				}
			}
			if after, before := run.Ledger.Find(1, OnTrain).L2, run.Ledger.Find(0, OnTrain).L2; !(after < before) {
				t.Errorf("the first grade takes the residual from %v to %v", before, after)
			}
		})
	}
}

// A grade that stays within its dead zone is kept, changes nothing, and ends the
// run with the reason.
func TestShutDeadZone(t *testing.T) {
	d := wave(60)
	run := train(t, d, func(o *Options) { o.DeadZone, o.Grades, o.Patterns, o.Beta = true, 3, 60, RelativeBeta(0.9) })
	if len(run.Grades) != 1 || !strings.Contains(run.Stopped, "within its dead zone") {
		t.Fatalf("%d grades, stopped %q", len(run.Grades), run.Stopped)
	}
	if run.Grades[0].Grade.Neurons() == 0 || run.Ledger.Find(1, OnTrain).Norms != run.Ledger.Find(0, OnTrain).Norms {
		t.Errorf("%d neurons; the residual changed", run.Grades[0].Grade.Neurons())
	}
	checkLedger(t, run, d)
}

func TestDeadZoneConflicts(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"monotone": func(o *Options) { o.Loss = solver.Monotone },
		"margins":  func(o *Options) { o.Loss = solver.Hinge },
		"choosing": func(o *Options) { o.Beta, o.Shares.Validation = DefaultCrossValidation(), 0.2 },
	} {
		o := DefaultOptions()
		o.DeadZone = true
		if err := o.Validate(); err != nil {
			t.Fatal(err)
		}
		change(&o)
		if o.Validate() == nil {
			t.Errorf("%s and a dead zone are accepted", name)
		}
	}
}
