package solver

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/solver/internal/byrows"
	"multigrade/solver/internal/madeup"
	"multigrade/solver/internal/program"
)

// tall is a program that is solved by passes over its rows.
func tall(t testing.TB, l Loss, a program.Activation) *program.Problem {
	t.Helper()
	p := madeup.Planted(t, rand.New(rand.NewPCG(11, 7)), l, a, fewestRows+70, 3, 10, true)
	most, err := BetaMax(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	p.Beta = 0.05 * most
	return p
}

func byPasses(r *Result) bool { return strings.Contains(r.Method, "passes over the rows") }

// TestByRows: passes over the rows come to the optimum that another method comes to, which has all
// rows before it, and so does beta_max.
func TestByRows(t *testing.T) {
	for _, l := range []Loss{Squared, Logistic, Huber(0.3)} {
		for _, a := range []program.Activation{ReLU, Gated} {
			t.Run(fmt.Sprint(l.Name(), " ", a), func(t *testing.T) {
				p := tall(t, l, a)
				r := solved(t, p, DefaultOptions())
				if !byPasses(r) || r.Status != Optimal {
					t.Errorf("%v by %s", r.Status, r.Method)
				}
				o := DefaultOptions()
				o.Method = ADMM
				if want := solved(t, p, o); r.Primal < want.Dual || r.Dual > want.Primal || byPasses(want) {
					t.Errorf("the optimum is in [%v, %v], by %s in [%v, %v]", r.Dual, r.Primal, want.Method, want.Dual, want.Primal)
				}
				x, err := p.Design()
				if err != nil {
					t.Fatal(err)
				}
				pr := program.NewPricer(p, x)
				if err := pr.PriceLargest(t.Context(), NullDual(p), 1e18); err != nil {
					t.Fatal(err)
				}
				if most := pr.Largest() / float64(len(p.Y)); !near(p.Beta, 0.05*most, 1e-6) {
					t.Errorf("beta_max is %v, with all rows %v", p.Beta/0.05, most)
				}
			})
		}
	}
}

// TestByRowsUnknowns: the rounds of a loss with kinks end where the network has more unknowns than allowed, and Auto
// goes on otherwise.
func TestByRowsUnknowns(t *testing.T) {
	p := tall(t, L1, ReLU)
	for unknowns, want := range map[int]byrows.End{0: byrows.Reached, 3: byrows.NoProgress} {
		s, err := byrows.New(t.Context(), byRows(p), byrows.Options{Tol: 1e-6, Rounds: DefaultRowOptions().Rounds, Unknowns: unknowns})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.BetaMax(t.Context()); err != nil {
			t.Fatal(err)
		}
		if r, err := s.Solve(t.Context(), p.Beta); err != nil || r.End != want {
			t.Errorf("at most %d unknowns: end %v, %v, want %v", unknowns, r.End, err, want)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestByRowsBits: neither the number of goroutines nor rows between those of another matrix change
// a bit.
func TestByRowsBits(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var first *Result
	for k, threads := range []int{1, 2, 5} {
		runtime.GOMAXPROCS(threads)
		p := tall(t, Squared, ReLU)
		if n, d := p.X.Dims(); k == 1 {
			wide := mat.NewDense(n, d+2, nil)
			wide.Slice(0, n, 0, d).(*mat.Dense).Copy(p.X)
			p.X = wide.Slice(0, n, 0, d)
		}
		r := solved(t, p, DefaultOptions())
		if first == nil {
			first = r
		} else if !reflect.DeepEqual(first, r) {
			t.Errorf("%d goroutines give primal %v, dual %v, one %v, %v", threads, r.Primal, r.Dual, first.Primal, first.Dual)
		}
	}
}

// TestByRowsAccount: a budget that suffices for a network at all is kept, and more of it leaves
// no worse a network.
func TestByRowsAccount(t *testing.T) {
	p := tall(t, Logistic, ReLU)
	last, ended := ZeroObjective(p), false
	for _, budget := range []float64{1e7, 5e7, 1e10} {
		p.Account = NewAccount(budget)
		r := solved(t, p, DefaultOptions())
		booked := p.Account.Booked()
		t.Logf("%.2g: booked %.2g, %v, gap %.1e, %s", budget, booked, r.Status, r.RelGap, r.Method)
		if booked > 1.1*budget || r.Primal > last*(1+1e-6) {
			t.Errorf("%.2g: booked %.2g, objective %v, with less %v", budget, booked, r.Primal, last)
		}
		last, ended = min(last, r.Primal), ended || byPasses(r) && r.Status == Limit
	}
	if p.Account = nil; !ended {
		t.Error("no budget ended the passes")
	}
}

// asked is a context that is cancelled when it has been asked so many times.
type asked struct {
	context.Context
	times atomic.Int64
}

func (c *asked) Err() error {
	if c.times.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

// TestByRowsStopped: wherever the passes are stopped there is a network.
func TestByRowsStopped(t *testing.T) {
	p := tall(t, Logistic, ReLU)
	for times := int64(1); times < 1<<10; times *= 2 {
		ctx := &asked{Context: context.Background()}
		ctx.times.Store(times)
		r, err := Solve(ctx, p, DefaultOptions())
		if err != nil {
			t.Fatal(err)
		}
		mustCheck(t, p, r, DefaultOptions().Tol)
		t.Log(times, r.Status, r.Method, len(r.Network.Neurons))
		if len(r.Network.Neurons) == 0 || !(r.Primal < ZeroObjective(p)) {
			t.Errorf("%d: %v, %d neurons, objective %v, without any %v", times, r.Status, len(r.Network.Neurons), r.Primal, ZeroObjective(p))
		}
	}
}

// TestMethodRows: models of the rows come to the optimum that the interior point comes to, over listed
// patterns and over all, whose working sets lose patterns and get others, and to the same bits by any
// number of goroutines.
func TestMethodRows(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for k, a := range []program.Activation{ReLU, Gated, Leaky(0.2), Absolute} {
		p := madeup.Planted(t, rand.New(rand.NewPCG(uint64(k), 5)), Squared, a, 200, 3, 20, k != 2)
		most, err := BetaMax(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		p.Beta = 0.02 * most
		o, other := DefaultOptions(), DefaultOptions()
		o.Method, other.Method = Rows, Interior
		r, want := solved(t, p, o), solved(t, p, other)
		if r.Status != Optimal || r.Primal < want.Dual || r.Dual > want.Primal {
			t.Errorf("%v: %v, the optimum is in [%v, %v], by the interior point in [%v, %v]", a, r.Status, r.Dual, r.Primal, want.Dual, want.Primal)
		}
		if a != ReLU {
			continue
		}
		var first *GlobalResult
		for _, threads := range []int{1, 3} {
			runtime.GOMAXPROCS(threads)
			global := DefaultGlobalOptions()
			global.Method, global.BoundLeaves = Rows, 0
			all, err := SolveGlobal(t.Context(), p, global)
			if err != nil {
				t.Fatal(err)
			}
			q := *p
			q.Cells = all.Cells
			mustCheck(t, &q, &all.Result, global.Tol)
			if all.Status != Optimal || all.Primal > r.Primal*(1+global.Tol) {
				t.Errorf("%v, all patterns: %v, objective %v, over few %v", a, all.Status, all.Primal, r.Primal)
			}
			if first != nil && !reflect.DeepEqual(first.Result, all.Result) {
				t.Errorf("%v: %d goroutines give %v, one %v", a, threads, all.Primal, first.Primal)
			}
			first = all
		}
	}
}

// TestFewRowsByRows: method rows over all patterns of as few rows as a cell may have walls.
func TestFewRowsByRows(t *testing.T) {
	p := madeup.Planted(t, rand.New(rand.NewPCG(50, 6)), Squared, ReLU, 50, 4, 10, true)
	most, err := BetaMax(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	p.Beta, p.Account = 0.02*most, NewAccount(1e9)
	o := DefaultGlobalOptions()
	o.Method, o.BoundLeaves = Rows, 0
	r, err := SolveGlobal(t.Context(), p, o)
	if err != nil {
		t.Fatal(err)
	}
	q := *p
	q.Cells = r.Cells
	mustCheck(t, &q, &r.Result, o.Tol)
	if !(r.Primal < ZeroObjective(p)) {
		t.Errorf("%v, objective %v", r.Status, r.Primal)
	}
}

// TestRestricted: beta_max and the solution behind it take no pass twice, and come to what they come
// to apart, to the bit, in whatever way the program is solved.
func TestRestricted(t *testing.T) {
	for name, p := range map[string]*program.Problem{
		"rows":   tall(t, Squared, ReLU),
		"kinks":  tall(t, L1, Gated),
		"blocks": madeup.Planted(t, rand.New(rand.NewPCG(3, 7)), Squared, ReLU, 200, 4, 10, true),
	} {
		t.Run(name, func(t *testing.T) {
			p.Account = NewAccount(0)
			most, err := BetaMax(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			alone := p.Account.Booked()
			p.Beta = 0.1 * most
			want := solved(t, p, DefaultOptions())
			apart := p.Account.Booked()

			p.Account, p.Beta = NewAccount(0), 0
			l, err := NewRestricted(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			again, err := l.BetaMax(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			p.Beta = 0.1 * again
			got, err := l.Solve(t.Context(), DefaultOptions())
			if err != nil {
				t.Fatal(err)
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			rows := byPasses(want)
			got.Method, want.Method = "", "" // says how many passes there were
			if again != most || !reflect.DeepEqual(got, want) {
				t.Errorf("%v with beta_max %v, apart %v with %v", got, again, want, most)
			}
			mustCheck(t, p, got, DefaultOptions().Tol)
			booked := p.Account.Booked()
			if rows && booked > apart-alone/2 || booked > apart {
				t.Errorf("%v booked, apart %v with %v for beta_max", booked, apart, alone)
			}
		})
	}
}
