package solver

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/madeup"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/train"
)

// accountShapes are programs over all patterns of other shapes and losses.
func accountShapes() map[string]func() *Problem {
	gaussian := func(n, d int, l loss.Loss) func() *Problem {
		return func() *Problem {
			rng := rand.New(rand.NewPCG(uint64(n), uint64(d)))
			x, y := mat.NewDense(n, d, nil), make([]float64, n)
			for i := range n {
				for j := range d {
					x.Set(i, j, rng.NormFloat64())
				}
				x.Set(i, d-1, 1)
				y[i] = math.Sin(2*x.At(i, 0)) + math.Abs(x.At(i, d/2)) + 0.1*rng.NormFloat64()
				if l.Labels() {
					y[i] = math.Copysign(1, y[i]-0.8)
				}
			}
			return &Problem{X: x, Y: y, Loss: l, Intercept: true}
		}
	}
	return map[string]func() *Problem{
		"square":    gaussian(300, 12, loss.Squared),
		"one input": gaussian(500, 2, loss.Squared),
		"wide":      gaussian(30, 200, loss.Squared),
		"classes":   gaussian(300, 6, loss.Logistic),
		"kinks":     gaussian(150, 4, loss.L1),
		"sparse": func() *Problem {
			const n, d = 120, 1500
			rng := rand.New(rand.NewPCG(5, 6))
			x, y := mat.NewDense(n, d, nil), make([]float64, n)
			for i := range n {
				for range 12 {
					x.Set(i, rng.IntN(d), 1)
				}
				y[i] = rng.NormFloat64()
			}
			return &Problem{X: madeup.CSR(x), Y: y, Loss: loss.Squared, Intercept: true}
		},
	}
}

// TestAccountIsKept: what is booked stays within the budget, more of it leaves no worse a
// network, and the same bits come out for any number of threads.
func TestAccountIsKept(t *testing.T) {
	for name, shape := range accountShapes() {
		t.Run(name, func(t *testing.T) {
			last := math.Inf(1)
			for _, budget := range []float64{4e8, 1.6e9, 6e9} {
				p := shape()
				r, booked := accounted(t, p, budget)
				p.Cells = r.Cells
				mustCheck(t, p, &r.Result, DefaultOptions().Tol)
				if booked > 1.1*budget {
					t.Errorf("%v booked of %v", booked, budget)
				}
				if r.Primal > last*(1+1e-6) {
					t.Errorf("budget %v: objective %v, and %v with less", budget, r.Primal, last)
				}
				last = math.Min(last, r.Primal)
			}
		})
	}
}

// TestAccountLeavesTheListSolved: a search that its budget ends long before it is done has
// solved the program over the patterns that it leaves.
func TestAccountLeavesTheListSolved(t *testing.T) {
	for name, budget := range map[string]float64{"square": 2e10, "classes": 3e10} {
		p := accountShapes()[name]()
		r, _ := accounted(t, p, budget)
		p.Cells = r.Cells
		mustCheck(t, p, &r.Result, DefaultOptions().Tol)
		if r.GlobalStatus != Limit || r.RelGap > 1e-4 {
			t.Errorf("%s: %v, gap %v over the list, want %v and at most 1e-4", name, r.GlobalStatus, r.RelGap, Limit)
		}
	}
}

func accounted(t *testing.T, p *Problem, budget float64) (*GlobalResult, float64) {
	t.Helper()
	o := DefaultBoundOptions()
	o.MaxLeaves, p.Account = 0, NewAccount(1) // what is met is enough
	max, err := BetaMaxGlobal(context.Background(), p, o)
	if err != nil {
		t.Fatal(err)
	}
	p.Beta, p.Account = 0.02*max, NewAccount(budget)
	r, err := SolveGlobal(context.Background(), p, DefaultGlobalOptions())
	if err != nil {
		t.Fatal(err)
	}
	return r, p.Account.Booked()
}

// TestAccountOfAnyThreads: a search that its budget ends comes out the same to the bit
// for any number of threads, and its account, too.
func TestAccountOfAnyThreads(t *testing.T) {
	for _, name := range []string{"square", "one input", "kinks"} {
		shape := accountShapes()[name]
		want, booked := accounted(t, shape(), 8e8)
		before := runtime.GOMAXPROCS(1)
		got, again := accounted(t, shape(), 8e8)
		runtime.GOMAXPROCS(before)
		if got.Primal != want.Primal || got.GlobalBound != want.GlobalBound || again != booked || len(got.Network.Neurons) != len(want.Network.Neurons) {
			t.Errorf("%s: %v, %v after %v on one thread, %v, %v after %v on more", name, got.Primal, got.GlobalBound, again, want.Primal, want.GlobalBound, booked)
		}
		for j, nr := range got.Network.Neurons {
			if nr.Alpha != want.Network.Neurons[j].Alpha || !slices.Equal(nr.W, want.Network.Neurons[j].W) {
				t.Errorf("%s: neuron %d differs", name, j)
				break
			}
		}
	}
}

// An account without a limit, or none, changes nothing but the sum.
func TestAccountWithoutLimit(t *testing.T) {
	var none *Account
	none.Book(1)
	none.Extend(1)
	if none.Booked() != 0 || !math.IsInf(none.Left(), 1) {
		t.Error(none.Booked(), none.Left())
	}
	a := NewAccount(0)
	a.Book(5)
	if a.Extend(3); a.Booked() != 5 || !math.IsInf(a.Left(), 1) {
		t.Error(a.Booked(), a.Left())
	}
	b := NewAccount(4)
	b.Book(5)
	if b.Extend(3); b.Left() != 2 {
		t.Error(b.Left())
	}
}

// BenchmarkAccount: the processor time of a billion operations booked, which is the same
// within a small factor for every shape (on two busy cores of an AMD EPYC with AVX-512 0.05
// to 0.14 s).
func BenchmarkAccount(b *testing.B) {
	for name, shape := range accountShapes() {
		b.Run(name, func(b *testing.B) {
			booked, begun := 0.0, processorSeconds()
			for b.Loop() {
				p := shape()
				p.Beta, p.Account = 0.01, NewAccount(1e10)
				if _, err := SolveGlobal(context.Background(), p, DefaultGlobalOptions()); err != nil {
					b.Fatal(err)
				}
				booked += p.Account.Booked()
			}
			b.ReportMetric((processorSeconds()-begun)/booked*1e9, "s/1e9")
		})
	}
}

// TestAccountOfListed: a search over listed patterns keeps the account, too, more of it
// leaves no worse a network, and what it claims is proved.
func TestAccountOfListed(t *testing.T) {
	for name, shape := range accountShapes() {
		t.Run(name, func(t *testing.T) {
			last := math.Inf(1)
			for _, budget := range []float64{5e7, 4e8, 1.6e9} {
				p := shape()
				cells, err := hyperplane.SampleGaussian(context.Background(), p.X, 40, 1)
				if err != nil {
					t.Fatal(err)
				}
				p.Cells = cells
				max, err := BetaMax(context.Background(), p)
				if err != nil {
					t.Fatal(err)
				}
				p.Beta, p.Account = 0.02*max, NewAccount(budget)
				r, err := Solve(context.Background(), p, DefaultOptions())
				if err != nil {
					t.Fatal(err)
				}
				mustCheck(t, p, r, DefaultOptions().Tol)
				t.Logf("budget %.2g: booked %.3g, %v, gap %.1e", budget, p.Account.Booked(), r.Status, r.RelGap)
				if booked := p.Account.Booked(); booked > 1.1*budget {
					t.Errorf("%v booked of %v", booked, budget)
				}
				if r.Primal > last*(1+1e-6) {
					t.Errorf("budget %v: objective %v, and %v with less", budget, r.Primal, last)
				}
				last = math.Min(last, r.Primal)
			}
		})
	}
}

// leastWork is what an answer takes whatever the account leaves: the rank coordinates of wide data,
// a few pricings of the listed patterns without projections, but for two, the bound in closed form,
// and over all patterns five steps of training a few neurons, whose cells are listed.
func leastWork(p *Problem, x operator.Design, everywhere bool) float64 {
	n, d := x.Dims()
	r := min(n, d)
	row := 2*float64(x.Stored()) + operator.EntryWork*float64(x.Stored()) + 2*operator.PassWork*float64(n)
	steps := float64(r + 1)
	projection := steps * (8*float64(x.Stored()) + 12*float64(n) + 16*steps*float64(r))
	work := 4*float64(len(p.Cells))*row + 2*projection
	work += 40*row + 8*float64(n)*float64(r)*float64(r) + 400*float64(r)*float64(r)*float64(r)/3 // of a few neurons, and the bound
	if r < d {
		work += 6 * float64(n) * float64(d) * float64(r)
	}
	if everywhere {
		work += 4*leastDescent*train.IterationWork(n, d, fewestNeurons) + 40*fewestNeurons*row
	}
	return work
}

// TestTinyAccounts: whatever is asked for on data of whatever shape, next to no work is not overrun by
// more than an answer takes at least, which is proved and better than the constant.
func TestTinyAccounts(t *testing.T) {
	shapes := accountShapes()
	shapes["dependent columns"] = func() *Problem {
		p := shapes["square"]()
		n, d := p.X.Dims()
		wide := mat.NewDense(n, 2*d, nil)
		wide.Slice(0, n, 0, d).(*mat.Dense).Copy(p.X)
		wide.Slice(0, n, d, 2*d).(*mat.Dense).Copy(p.X)
		p.X = wide
		return p
	}
	for name, shape := range shapes {
		for _, kind := range []string{"everywhere", "gated everywhere", "listed", "gated listed", "ridge"} {
			gated, everywhere := strings.HasPrefix(kind, "gated") || kind == "ridge", strings.HasSuffix(kind, "everywhere")
			p := shape()
			if p.Activation.Gated = gated; kind == "ridge" && p.LossOrSquared() != Squared {
				continue
			}
			x, err := p.Design()
			if err != nil {
				t.Fatal(err)
			}
			cells, err := hyperplane.SampleGaussian(t.Context(), p.X, 30, 1)
			if err != nil {
				t.Fatal(err)
			}
			p.Cells = cells
			most, err := BetaMax(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			p.Beta = 0.02 * most
			if everywhere {
				p.Cells = nil
			}
			for _, budget := range []float64{1, 1e6, 2e7} {
				p.Account = NewAccount(budget)
				if everywhere {
					r, err := SolveGlobal(t.Context(), p, DefaultGlobalOptions())
					if err != nil {
						t.Fatal(err)
					}
					q := *p
					q.Cells = r.Cells
					tinyAccount(t, name+", "+kind, &q, &r.Result, budget, leastWork(p, x, true))
					continue
				}
				var r *Result
				if kind == "ridge" {
					k, err := NewRidge(p)
					if err != nil {
						t.Fatal(err)
					}
					if r, err = k.At(t.Context(), p.Beta, 1e-6); errors.Is(err, ErrWork) {
						r, err = k.Draft(t.Context(), p.Beta, 1e-6)
					}
					if err != nil {
						t.Fatal(err)
					}
				} else if r, err = Solve(t.Context(), p, DefaultOptions()); err != nil {
					t.Fatal(err)
				}
				unit := leastWork(p, x, false)
				if kind == "ridge" {
					unit += operator.FactorWork(2*leastRidge) + float64(30*x.Stored())
				}
				tinyAccount(t, name+", "+kind, p, r, budget, unit)
			}
		}
	}
}

func tinyAccount(t *testing.T, name string, p *Problem, r *Result, budget, unit float64) {
	t.Helper()
	booked := p.Account.Booked()
	if booked > 1.1*budget+unit {
		t.Errorf("%s: %.3g booked of %.3g, at least %.3g", name, booked, budget, unit)
	}
	if len(r.Network.Neurons) == 0 || !(r.Primal < ZeroObjective(p)) {
		t.Errorf("%s: with %.3g of work %d neurons, objective %v, of the constant %v", name, budget, len(r.Network.Neurons), r.Primal, ZeroObjective(p))
	}
	if strings.HasSuffix(name, "ridge") {
		return // its checker is that of certificates with ridge
	}
	mustCheck(t, p, r, DefaultOptions().Tol)
}
