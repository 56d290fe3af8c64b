package solver

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/madeup"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// inMemory are the rows of a program in memory, for searches that only see blocks of them.
type inMemory struct{ p *program.Problem }

func (m inMemory) Dims() (n, d int) { return m.p.X.Dims() }

func (m inMemory) Read(x, y, _ []float64, first int) error {
	_, d := m.p.X.Dims()
	for i := range y {
		mat.Row(x[i*d:(i+1)*d], first+i, m.p.X)
		y[i] = m.p.Y[first+i]
	}
	return nil
}

// rowProblem is p for a RowSearch, in small blocks.
func rowProblem(p *program.Problem) *RowProblem {
	_, d := p.X.Dims()
	gates := mat.NewDense(len(p.Cells), d, nil)
	for j, c := range p.Cells {
		gates.SetRow(j, c.Gate)
	}
	return &RowProblem{Rows: inMemory{p}, Gates: gates, Activation: p.Activation, Loss: p.LossOrSquared(), Intercept: p.Intercept, BlockRows: 64}
}

// searchRows solves out of core at a share of beta_max.
func searchRows(t *testing.T, p *program.Problem, o RowOptions, share float64) *RowResult {
	t.Helper()
	return solveRows(t, t.Context(), rowProblem(p), p, o, share)
}

func solveRows(t *testing.T, ctx context.Context, rows *RowProblem, p *program.Problem, o RowOptions, share float64) *RowResult {
	t.Helper()
	s, err := NewRowSearch(t.Context(), rows, o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	most, err := s.BetaMax(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p.Beta = share * most
	r, err := s.Solve(ctx, p.Beta)
	if err != nil {
		t.Fatal(err)
	}
	n, patterns := r.Dims()
	r.Certificate.Nu = make([]float64, n)
	if err := r.Nu(r.Certificate.Nu, 0); err != nil {
		t.Fatal(err)
	}
	words := make([]uint64, (n+63)/64)
	for j := range patterns {
		if err := r.Words(words, j, 0); err != nil || !slices.Equal(words, p.Cells[j].Pattern.Words()) {
			t.Fatalf("the bits of pattern %d are others (%v)", j, err)
		}
	}
	return r
}

// TestRowSearch: out of core every loss comes to the optimum in memory, with a certificate
// that the checker accepts.
func TestRowSearch(t *testing.T) {
	for _, l := range loss.Every() {
		if l == Monotone {
			continue
		}
		for k, a := range []program.Activation{ReLU, Gated, Leaky(0.2), Absolute} {
			t.Run(fmt.Sprint(l.Name(), " ", a), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(uint64(k), 7))
				p := madeup.Planted(t, rng, l, a, 300, 4, 20, k%2 == 0)
				r := searchRows(t, p, DefaultRowOptions(), 0.03)
				if r.Status != Optimal {
					t.Errorf("status %v, gap %v after %d passes", r.Status, r.RelGap, r.Passes)
				}
				t.Logf("%v, gap %.2g, %d rounds, %d passes, %d neurons", r.Status, r.RelGap, r.Iterations, r.Passes, len(r.Network.Neurons))
				most, err := BetaMax(t.Context(), p)
				if err != nil {
					t.Fatal(err)
				}
				if !near(p.Beta, 0.03*most, 1e-6) {
					t.Errorf("beta_max is %v, in memory %v", p.Beta/0.03, most)
				}
				mustCheck(t, p, &r.Result, DefaultRowOptions().Tol)
				want := solved(t, p, DefaultOptions())
				if r.Primal < want.Dual || r.Dual > want.Primal {
					t.Errorf("the optimum is in [%v, %v], in memory in [%v, %v]", r.Dual, r.Primal, want.Dual, want.Primal)
				}
			})
		}
	}
}

// TestRowSearchBits: the number of goroutines changes no bit.
func TestRowSearchBits(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, l := range []Loss{L1, LInf} {
		var first *RowResult
		for _, threads := range []int{1, 2, 5} {
			runtime.GOMAXPROCS(threads)
			p := madeup.Planted(t, rand.New(rand.NewPCG(3, 7)), l, operator.ReLU, 500, 4, 20, true)
			r := searchRows(t, p, DefaultRowOptions(), 0.03)
			if first == nil {
				first = r
			} else if !reflect.DeepEqual(first.Result, r.Result) {
				t.Errorf("%s: %d goroutines give primal %v, dual %v, one %v, %v", l.Name(), threads, r.Primal, r.Dual, first.Primal, first.Dual)
			}
		}
	}
}

// TestRowSearchPeaks: of the largest deviation rows join and leave until the few that bind are there,
// also where many deviate by the same, or are the same, or there is no constant.
func TestRowSearchPeaks(t *testing.T) {
	for k, change := range []func(p *program.Problem){
		func(*program.Problem) {},
		func(p *program.Problem) { p.Intercept = false },
		func(p *program.Problem) { // whole targets: most bind together
			for i, v := range p.Y {
				p.Y[i] = math.Round(v)
			}
		},
		func(p *program.Problem) { // every row twice
			x := p.X.(*mat.Dense)
			for i := 1; i < len(p.Y); i += 2 {
				x.SetRow(i, x.RawRowView(i-1))
				p.Y[i] = p.Y[i-1]
			}
			for j, c := range p.Cells {
				p.Cells[j].Pattern = hyperplane.PatternOf(x, c.Gate)
			}
		},
	} {
		p := madeup.Planted(t, rand.New(rand.NewPCG(uint64(k), 9)), LInf, ReLU, 6000, 5, 20, true)
		change(p)
		r := searchRows(t, p, DefaultRowOptions(), 0.01)
		if r.Status != Optimal {
			t.Errorf("%d: status %v, gap %v after %d passes", k, r.Status, r.RelGap, r.Passes)
		}
		mustCheck(t, p, &r.Result, DefaultRowOptions().Tol)
	}
}

// TestRowSearchNarrow: cones between many rows are so narrow that only in their own scale their
// barriers can be told from flat.
func TestRowSearchNarrow(t *testing.T) {
	for _, l := range []Loss{Squared, L1, LInf, Logistic} {
		p := madeup.Planted(t, rand.New(rand.NewPCG(5, 7)), l, ReLU, 20_000, 4, 8, true)
		rows := rowProblem(p)
		rows.BlockRows = 0
		r := solveRows(t, t.Context(), rows, p, DefaultRowOptions(), 0.01)
		if r.Status != Optimal {
			t.Errorf("%s: status %v, gap %v after %d passes", l.Name(), r.Status, r.RelGap, r.Passes)
		}
		mustCheck(t, p, &r.Result, DefaultRowOptions().Tol)
	}
}

// TestRowSearchSmallBeta: where beta is small, the bound comes long after the objective, and the search
// waits for it.
func TestRowSearchSmallBeta(t *testing.T) {
	p := madeup.Planted(t, rand.New(rand.NewPCG(5, 7)), Logistic, ReLU, 9000, 5, 8, true)
	rows := rowProblem(p)
	rows.BlockRows = 0
	r := solveRows(t, t.Context(), rows, p, DefaultRowOptions(), 1e-5)
	if r.Status != Optimal {
		t.Errorf("status %v, gap %v after %d passes", r.Status, r.RelGap, r.Passes)
	}
	mustCheck(t, p, &r.Result, DefaultRowOptions().Tol)
}

// TestRowSearchEnded: whenever its context ends a search returns a network and a bound that hold.
func TestRowSearchEnded(t *testing.T) {
	for _, l := range []Loss{Squared, Hinge, LInf} {
		for passes := 8; passes < 30; passes += 7 {
			p := madeup.Planted(t, rand.New(rand.NewPCG(6, 7)), l, ReLU, 300, 4, 20, true)
			ctx, cancel := context.WithCancel(t.Context())
			o := DefaultRowOptions()
			o.Progress = func(at RowProgress) {
				if at.Passes == passes {
					cancel()
				}
			}
			r := solveRows(t, ctx, rowProblem(p), p, o, 0.03)
			if r.Status != Optimal && r.Status != Interrupted {
				t.Errorf("%s, ended after %d passes: status %v", l.Name(), passes, r.Status)
			}
			mustCheck(t, p, &r.Result, o.Tol)
			cancel()
		}
	}
}

// TestRowSearchAsInMemory: where a program is solved by passes over its rows in memory, too, network and
// certificate are the same to the bit. What differs in a run afterwards is that in memory neurons
// are gathered: fewer of them at the same dual point, within the tolerance.
func TestRowSearchAsInMemory(t *testing.T) {
	for _, l := range []Loss{Squared, L1, LInf, Logistic} {
		p := madeup.Planted(t, rand.New(rand.NewPCG(3, 11)), l, ReLU, fewestRows+70, 4, 40, true)
		rows := rowProblem(p)
		rows.BlockRows = 0
		got := solveRows(t, t.Context(), rows, p, DefaultRowOptions(), 0.01)
		want := solved(t, p, DefaultOptions())
		if !byPasses(want) || !reflect.DeepEqual(got.Network, want.Network) || !reflect.DeepEqual(got.Certificate, want.Certificate) {
			t.Errorf("%s: another result than in memory, by %s", l.Name(), want.Method)
		}
		if l != Squared {
			continue
		}
		few, err := Gather(t.Context(), p, want, want.Dual/(1-DefaultOptions().Tol), DefaultOptions())
		if err != nil {
			t.Fatal(err)
		}
		if len(few.Network.Neurons) >= len(got.Network.Neurons) || few.Dual != got.Dual {
			t.Errorf("%d neurons out of core, %d gathered in memory", len(got.Network.Neurons), len(few.Network.Neurons))
		}
		mustCheck(t, p, few, DefaultOptions().Tol)
	}
}
