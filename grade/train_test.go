package grade

import (
	"bytes"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/solver"
)

// wave is n points of a sum of two sines with a little noise.
func wave(n int) *Data {
	rnd := rand.New(rand.NewPCG(7, 8))
	x, y := mat.NewDense(n, 1, nil), make([]float64, n)
	for i := range n {
		u := float64(i) / float64(n)
		x.Set(i, 0, 100+50*u)
		y[i] = 5 + 3*math.Sin(7*u) + math.Sin(20*u) + 0.1*rnd.NormFloat64()
	}
	return data(x, y)
}

// plane is n points in d dimensions with a target that is not linear.
func plane(n, d int) *Data {
	rnd := rand.New(rand.NewPCG(9, uint64(d)))
	x, y := randomDense(rnd, n, d), make([]float64, n)
	for i := range n {
		y[i] = math.Abs(x.At(i, 0)-3) - math.Max(x.At(i, d-1), 2) + 0.1*rnd.NormFloat64()
	}
	return data(x, y)
}

func data(x mat.Matrix, y []float64) *Data {
	n, d := x.Dims()
	s := Source{Name: "test.csv", Kind: "csv", Rows: n, Features: d, Target: []string{"y"}}
	for j := range d {
		s.Columns = append(s.Columns, string(rune('a'+j)))
	}
	return &Data{Source: s, X: x, Labels: Labels{Y: [][]float64{y}}}
}

// told is an Observer made of functions, each of which may be nil.
type told struct {
	Silent
	drafted func(*Draft)
	planned func(p *Plan, lasting bool) error
	solved  func(grade, output int, s *Solved, lasting bool) error
	trained func(*Trained)
}

func (o told) Drafted(d *Draft) {
	if o.drafted != nil {
		o.drafted(d)
	}
}

func (o told) Planned(p *Plan, lasting bool) error {
	if o.planned == nil {
		return nil
	}
	return o.planned(p, lasting)
}

func (o told) Solved(grade, output int, s *Solved, lasting bool) error {
	if o.solved == nil {
		return nil
	}
	return o.solved(grade, output, s, lasting)
}

func (o told) Trained(g *Trained) {
	if o.trained != nil {
		o.trained(g)
	}
}

func train(t *testing.T, d *Data, change func(*Options)) *Run {
	t.Helper()
	return resume(t, d, change, Earlier{}, Silent{})
}

func resume(t *testing.T, d *Data, change func(*Options), earlier Earlier, observer Observer) *Run {
	t.Helper()
	o := DefaultOptions()
	o.Tol, o.Limits.BoundLeaves = 1e-4, 500
	if change != nil {
		change(&o)
	}
	if o.Patterns > 0 {
		o.Scope = Restricted
	}
	run, err := Resume(context.Background(), d, o, earlier, observer)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// twoTargets is plane with a second target, of another size.
func twoTargets(n int) *Data {
	d := plane(n, 2)
	second := make([]float64, n)
	for i := range second {
		second[i] = 100 * math.Sin(3*d.X.At(i, 0))
	}
	d.Y, d.Target = append(d.Y, second), append(d.Target, "z")
	return d
}

// withConstant is plane with a second target that never varies.
func withConstant(n int) *Data {
	d := plane(n, 2)
	d.Y, d.Target = append(d.Y, make([]float64, n)), append(d.Target, "z")
	return d
}

// The laws of a run: certified gaps, training norms that never rise, a ledger
// that the saved model reproduces.
func TestTrain(t *testing.T) {
	for name, c := range map[string]struct {
		data   *Data
		change func(*Options)
	}{
		"one input":    {wave(60), func(o *Options) { o.Shares = Shares{Holdout: 0.1, Validation: 0.2} }},
		"all patterns": {plane(60, 2), func(o *Options) { o.Grades = 2 }},
		"two inputs":   {plane(80, 2), func(o *Options) { o.Patterns = 30; o.Shares.Holdout = 0.2 }},
		"sparse":       {data(toCSR(plane(80, 3).X.(*mat.Dense)), plane(80, 3).Y[0]), func(o *Options) { o.Patterns = 20; o.Grades = 2 }},
		"as it is":     {plane(60, 2), func(o *Options) { o.Patterns = 20; o.Standardize, o.Bias, o.Intercept = false, false, false }},
		"two targets":  {twoTargets(60), func(o *Options) { o.Patterns, o.Grades, o.Shares.Holdout = 20, 2, 0.2 }},
		"one constant": {withConstant(60), func(o *Options) { o.Patterns, o.Grades = 20, 2 }},
		"carry":        {plane(60, 2), func(o *Options) { o.Patterns, o.Carry, o.Shares.Holdout = 20, true, 0.2 }},
		"sparse carry": {data(toCSR(plane(60, 3).X.(*mat.Dense)), plane(60, 3).Y[0]), func(o *Options) { o.Patterns, o.Carry = 20, true }},
		"gated":        {plane(60, 2), func(o *Options) { o.Patterns = 20; o.Grades = 1; o.Activation = solver.Gated }},
	} {
		t.Run(name, func(t *testing.T) {
			run := train(t, c.data, c.change)
			if run.Status > solver.Priced || len(run.Grades) == 0 {
				t.Fatalf("status %v after %d grades: %s", run.Status, len(run.Grades), run.Stopped)
			}
			if run.Grades[0].Scope == Restricted && run.Status != solver.Optimal {
				t.Errorf("status %v over listed patterns", run.Status)
			}
			checkGrades(t, run)
			checkLedger(t, run, c.data)
		})
	}
}

func checkGrades(t *testing.T, run *Run) {
	t.Helper()
	for k, g := range run.Grades {
		r := g.Sum()
		before, after := run.Ledger.Find(k, OnTrain), run.Ledger.Find(k+1, OnTrain)
		if after.L2 > before.L2 {
			t.Errorf("grade %d: L2 rises from %v to %v", k+1, before.L2, after.L2)
		}
		if r.Dual > r.Primal || r.RelGap > 1e-4 || r.GlobalBound > r.Primal {
			t.Errorf("grade %d: bounds %v, %v, global %v, gap %v", k+1, r.Primal, r.Dual, r.GlobalBound, r.RelGap)
		}
		if after.Neurons > 0 && !(after.Beta < r.BetaMax) {
			t.Errorf("grade %d: neurons although beta %v >= beta_max %v", k+1, after.Beta, r.BetaMax)
		}
		if r.Replaced {
			t.Errorf("grade %d: network replaced", k+1)
		}
	}
}

// checkLedger recomputes the ledger from the model's predictions.
func checkLedger(t *testing.T, run *Run, d *Data) {
	t.Helper()
	m := run.Model
	split := m.Split.SplitRows(Rows{N: d.Rows})
	for name, rows := range map[string][]int{OnTrain: split.Train, OnValidation: split.Validation, OnTest: split.Test} {
		for k := 0; k <= len(m.Grades) && len(rows) > 0; k++ {
			got, err := m.PredictGrades(d.X, k)
			if err != nil {
				t.Fatal(err)
			}
			l1, mse, linf := 0.0, 0.0, 0.0
			share := 1 / float64(len(rows)*len(d.Y))
			for j, y := range d.Y {
				for _, i := range rows {
					e := y[i] - got.At(i, j)
					l1 += math.Abs(e) * share
					mse += e * e * share
					linf = max(linf, math.Abs(e))
				}
			}
			e := run.Ledger.Find(k, name)
			if e == nil || e.Rows != len(rows) || !near(e.L1, l1) || !near(e.MSE, mse) || !near(e.L2, math.Sqrt(mse)) || !near(e.Linf, linf) {
				t.Errorf("grade %d, %s: ledger %+v, predictions give %v, %v, %v", k, name, e, l1, mse, linf)
			}
		}
	}
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(math.Abs(a), math.Abs(b)) }

func savedBytes(t *testing.T, run *Run) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := errors.Join(run.Model.Save(&b), run.Ledger.Write(&b)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The first grade of a target does not depend on the other targets; what comes
// after is built on the neurons of all.
func TestOutputsDecouple(t *testing.T) {
	few := func(o *Options) { o.Patterns, o.Grades = 20, 2 }
	both := train(t, twoTargets(60), few)
	alone := train(t, plane(60, 2), few)
	a, b := both.Grades[0].Outputs[0], alone.Grades[0].Outputs[0]
	if !cmp.Equal(a.Output, b.Output) || a.Primal != b.Primal || a.Dual != b.Dual {
		t.Errorf("with another target %+v, alone %+v", a.Account, b.Account)
	}
	first := both.Model.Grades[0]
	if got, want := both.Model.Grades[1].InputDim, first.Neurons()+1; got != want || len(first.Outputs[1].Neurons) == 0 {
		t.Errorf("grade 2 has %d inputs, want %d: the neurons of both outputs and the bias", got, want)
	}
	sum := both.Grades[0].Sum()
	if sum.Primal != a.Primal+both.Grades[0].Outputs[1].Primal || sum.RelGap != solver.RelGap(sum.Primal, sum.Dual) {
		t.Errorf("sums %+v", sum)
	}
}

// Carried inputs are the last features of every grade: nonnegative, on the
// training rows the inputs but for a shift, and cut off at 0 elsewhere.
func TestCarriedInputs(t *testing.T) {
	d := plane(60, 2)
	run := train(t, d, func(o *Options) { o.Patterns, o.Carry, o.Shares.Holdout = 20, true, 0.2 })
	m := run.Model
	split := NewSplit(d.Rows, 0.2, 0)
	x := m.Input.Apply(d.X, upTo(d.Rows))
	for k := range m.Grades {
		h, err := m.Features(d.X, k+1)
		if err != nil {
			t.Fatal(err)
		}
		_, c := h.Dims()
		if c != m.Grades[k].Neurons()+2 {
			t.Fatalf("grade %d: %d features for %d neurons", k+1, c, m.Grades[k].Neurons())
		}
		for j := range 2 {
			for _, i := range split.Train {
				if got, want := h.At(i, c-2+j), x.At(i, j)+m.CarryShift[j]; got != want || got < 0 {
					t.Fatalf("grade %d, row %d: carried %v, want %v", k+1, i, got, want)
				}
			}
			for _, i := range split.Test {
				if got, want := h.At(i, c-2+j), max(0, x.At(i, j)+m.CarryShift[j]); got != want {
					t.Fatalf("grade %d, test row %d: carried %v, want %v", k+1, i, got, want)
				}
			}
		}
	}
}

// Every loss of a residual ends at its own certified optimum, and never rises.
func TestResidualLosses(t *testing.T) {
	for _, loss := range []solver.Loss{solver.Huber(0.3), solver.L1, solver.LInf} {
		run := train(t, plane(40, 2), func(o *Options) { o.Patterns, o.Grades, o.Loss = 12, 2, loss })
		if run.Status != solver.Optimal || len(run.Grades) != 2 {
			t.Errorf("%s: %v after %d grades", loss.Name(), run.Status, len(run.Grades))
		}
		for k, g := range run.Grades {
			before, after := run.Ledger.Find(k, OnTrain), run.Ledger.Find(k+1, OnTrain)
			if a := g.Sum(); a.Replaced || !(after.Loss <= before.Loss) || a.Dual > a.Primal || after.Loss > a.Primal {
				t.Errorf("%s, grade %d: loss from %v to %v, primal %v, dual %v", loss.Name(), k+1, before.Loss, after.Loss, a.Primal, a.Dual)
			}
		}
	}
}

// In scope global every loss ends at the optimum over all patterns, and its
// neurons are gathered.
func TestLossesOverAllPatterns(t *testing.T) {
	for _, loss := range []solver.Loss{solver.Huber(0.3), solver.L1, solver.Logistic, solver.Hinge} {
		d := plane(40, 2)
		if loss.Labels() {
			d = halves(40)
		}
		run := train(t, d, func(o *Options) { o.Grades, o.Loss, o.Beta, o.Limits.BoundLeaves = 1, loss, RelativeBeta(0.05), 20000 })
		a := run.Grades[0].Sum()
		if run.Status != solver.Optimal || a.GlobalBound > a.Primal || a.GlobalRelGap > 1e-4 {
			t.Errorf("%s: %v, gap over all patterns %v", loss.Name(), run.Status, a.GlobalRelGap)
		}
		if n := run.Grades[0].Grade.Neurons(); n == 0 || n > 40 { // an optimum with no more neurons than rows exists
			t.Errorf("%s: %d neurons", loss.Name(), n)
		}
	}
}

// The same run twice is the same bytes; another seed is not.
func TestTrainIsDeterministic(t *testing.T) {
	few := func(o *Options) { o.Patterns, o.Grades = 25, 2 }
	a, b := savedBytes(t, train(t, plane(60, 3), few)), savedBytes(t, train(t, plane(60, 3), few))
	if !bytes.Equal(a, b) {
		t.Error("two runs differ")
	}
	c := savedBytes(t, train(t, plane(60, 3), func(o *Options) { few(o); o.Seed = 2 }))
	if bytes.Equal(a, c) {
		t.Error("the seed changes nothing")
	}
}

// From beta_max on the zero network is optimal: one grade without neurons that
// leaves the residual as it is.
func TestTrainBeyondBetaMax(t *testing.T) {
	run := train(t, plane(60, 2), func(o *Options) { o.Beta, o.Patterns = RelativeBeta(1.001), 20 })
	if len(run.Grades) != 1 || run.Grades[0].Grade.Neurons() != 0 || run.Status != solver.Optimal || run.Stopped == "" {
		t.Fatalf("%d grades, status %v, %q", len(run.Grades), run.Status, run.Stopped)
	}
	if a, b := run.Ledger.Find(0, OnTrain).L2, run.Ledger.Find(1, OnTrain).L2; !near(a, b) || b > a {
		t.Errorf("residual from %v to %v", a, b)
	}
	if _, err := run.Model.Features(plane(60, 2).X, 1); err == nil {
		t.Error("features of a grade without neurons")
	}
}

// A constant target leaves nothing to train; on other rows the residual counts
// in the target's units.
func TestTrainConstantTarget(t *testing.T) {
	d := plane(20, 2)
	for i := range d.Y[0] {
		d.Y[0][i] = 4
	}
	d.Y[0][9] = 6
	run := train(t, d, func(o *Options) { o.Shares.Holdout = 0.1 })
	if len(run.Grades) != 0 || run.Stopped == "" || run.Status != solver.Optimal {
		t.Errorf("%d grades, %q", len(run.Grades), run.Stopped)
	}
	if e := run.Ledger.Find(0, OnTest); e.L1 != 1 || e.Linf != 2 {
		t.Errorf("test residual %+v", e)
	}
}

// A run that is interrupted or out of time says so and keeps what there is.
func TestTrainEndsEarly(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	o := DefaultOptions()
	o.Patterns = 20
	run, err := Resume(ctx, plane(60, 2), o, Earlier{}, told{trained: func(*Trained) { cancel() }})
	if err != nil || run.Status != solver.Interrupted || len(run.Grades) == 0 || len(run.Grades) > 2 || run.Stopped == "" {
		t.Errorf("%v, %+v", err, run)
	}
	run, err = Train(ctx, plane(60, 2), o) // over before it began
	if err != nil || run.Status != solver.Interrupted {
		t.Errorf("%v, %+v", err, run)
	}
	o = DefaultOptions()
	o.Patterns, o.Limits.Time = 20, time.Nanosecond
	run, err = Train(context.Background(), plane(60, 2), o)
	if err != nil || run.Status != solver.TimeLimit {
		t.Errorf("%v, %+v", err, run)
	}
}

// A run that is taken up after any of its outputs comes to the same bytes, and
// solves only what was missing.
func TestResume(t *testing.T) {
	type key struct{ grade, output int }
	options := func(o *Options) { o.Patterns, o.Grades, o.Carry, o.Shares.Holdout = 15, 3, true, 0.2 }
	var order []key
	all := map[key]*Solved{}
	whole := resume(t, twoTargets(50), options, Earlier{}, told{solved: func(grade, output int, s *Solved, lasting bool) error {
		if !lasting {
			t.Errorf("grade %d, output %d is not lasting", grade, output)
		}
		order = append(order, key{grade, output})
		all[key{grade, output}] = &Solved{Account: s.Account, Output: s.Output, Hash: s.Hash}
		return nil
	}})
	want := savedBytes(t, whole)
	if len(order) != 6 {
		t.Fatalf("%d outputs solved, want 6", len(order))
	}
	for left := range len(order) {
		solved := 0
		finished := func(grade, output int) *Solved {
			if k := (key{grade, output}); slices.Contains(order[:len(order)-left], k) {
				return all[k]
			}
			return nil
		}
		again := resume(t, twoTargets(50), options, Earlier{Finished: finished}, told{solved: func(int, int, *Solved, bool) error { solved++; return nil }})
		if got := savedBytes(t, again); !bytes.Equal(got, want) || solved != left {
			t.Errorf("%d of %d outputs given back: %d solved, the same bytes: %v", len(order)-left, len(order), solved, bytes.Equal(got, want))
		}
	}
	o := DefaultOptions()
	options(&o)
	o.Scope = Restricted
	every := Earlier{Finished: func(grade, output int) *Solved { return all[key{grade, output}] }}
	if _, err := Resume(context.Background(), twoTargets(51), o, every, Silent{}); !errors.Is(err, ErrFinished) {
		t.Errorf("outputs of other data: %v", err)
	}
	refuses := told{solved: func(int, int, *Solved, bool) error { return errors.ErrUnsupported }}
	if _, err := Resume(context.Background(), twoTargets(50), o, Earlier{}, refuses); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("an error of Solved: %v", err)
	}
}

// A network that would raise the squares of labels, which the hinge allows where many of them are wrong, gives way to a
// multiple of itself; the account is that network's.
func TestReplacedByMultiple(t *testing.T) {
	rng := rand.New(rand.NewPCG(0, 5))
	d := halves(60)
	for i := range d.Y[0] {
		if rng.IntN(5) == 0 {
			d.Y[0][i] = -d.Y[0][i]
		}
	}
	run := train(t, d, func(o *Options) { o.Patterns, o.Grades, o.Loss, o.Beta = 12, 3, solver.Hinge, RelativeBeta(0.3) })
	var multiples []float64
	for k, g := range run.Grades {
		before, after, a := run.Ledger.Find(k, OnTrain), run.Ledger.Find(k+1, OnTrain), g.Sum()
		if after.L2 > before.L2 || after.Loss > before.Loss {
			t.Errorf("grade %d: L2 from %v to %v, loss from %v to %v", k+1, before.L2, after.L2, before.Loss, after.Loss)
		}
		objective := after.Loss
		for _, u := range g.Grade.Outputs[0].Neurons {
			objective += after.Beta * math.Abs(u.Alpha) * floats.Norm(u.W, 2)
		}
		if !(a.Primal >= objective*(1-1e-14) && a.Primal <= objective*(1+1e-9)) || !a.Replaced || a.Status == solver.Optimal && a.RelGap > 1e-4 {
			t.Errorf("grade %d: primal %v of an objective of %v, status %v, gap %v", k+1, a.Primal, objective, a.Status, a.RelGap)
		}
		multiples = append(multiples, a.Multiple)
	}
	if !slices.Equal(multiples, []float64{0.25, 0.25, 0}) {
		t.Errorf("multiples %v", multiples)
	}
}
