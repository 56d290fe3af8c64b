package solver_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver"
)

// activations are relu, leaky ones and the absolute value.
var activations = []solver.Activation{solver.ReLU, solver.Leaky(0.1), solver.Leaky(0.5), solver.Absolute}

// randomProblem has n <= 8 rows of d <= 3 columns, the last one of ones, and a beta
// between a tenth of beta_max and all of it.
func randomProblem(t *testing.T, rng *rand.Rand, a solver.Activation, l solver.Loss) *solver.Problem {
	n, d := 5+rng.IntN(4), 1+rng.IntN(3)
	x := mat.NewDense(n, d, nil)
	p := &solver.Problem{X: x, Y: make([]float64, n), Activation: a, Loss: l, Intercept: rng.IntN(2) == 0}
	for i := range n {
		for j := range d {
			x.Set(i, j, rng.NormFloat64())
		}
		if x.Set(i, d-1, 1); d == 1 {
			x.Set(i, 0, rng.NormFloat64())
		}
		p.Y[i] = rng.NormFloat64()
		if l.Labels() {
			p.Y[i] = float64(1 - 2*(i%2))
		}
	}
	p.Cells = allCells(t, x)
	most, err := solver.BetaMax(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	p.Beta = most * math.Pow(10, -rng.Float64())
	return p
}

// allCells lists every cell, that without an active row included.
func allCells(t *testing.T, x mat.Matrix) []hyperplane.Cell {
	arrangement, err := hyperplane.NewArrangement(x)
	if err != nil {
		t.Fatal(err)
	}
	var cells []hyperplane.Cell
	for c, err := range arrangement.Cells(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		cells = append(cells, c)
	}
	return cells
}

// TestActivationsBruteForce: for slopes 0, 0.1, 0.5 and -1 the search over all
// patterns, which starts from none and prices and bounds by the stacked rows, ends
// at the optimum over all patterns listed; over the facing ones alone it is the
// same.
func TestActivationsBruteForce(t *testing.T) {
	for _, a := range activations {
		for _, l := range []solver.Loss{solver.Squared, solver.L1, solver.Logistic} {
			t.Run(fmt.Sprintf("%v/%s", a, l.Name()), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(7, math.Float64bits(a.Slope)))
				for trial := range 6 {
					p := randomProblem(t, rng, a, l)
					o := solver.DefaultOptions()
					o.Tol = 2e-7
					want, err := solver.Solve(context.Background(), p, o)
					if err != nil {
						t.Fatal(err)
					}
					verify(t, p, want)
					g := solver.DefaultGlobalOptions()
					g.Options, g.Neurons = o, 20
					free := *p
					free.Cells = nil
					got, err := solver.SolveGlobal(context.Background(), &free, g)
					if err != nil {
						t.Fatal(err)
					}
					if want.Status != solver.Optimal || math.Abs(got.Primal-want.Primal) > 1e-6*want.Primal {
						t.Errorf("trial %d: %v, primal %.10g over all patterns (%v), %.10g by pricing (%v)", trial, p.X, want.Primal, want.Status, got.Primal, got.GlobalStatus)
					}
					if got.GlobalBound > want.Primal*(1+1e-9) || got.GlobalStatus != solver.Optimal && got.GlobalStatus != solver.Priced {
						t.Errorf("trial %d: bound %.10g of an optimum of %.10g, %v", trial, got.GlobalBound, want.Primal, got.GlobalStatus)
					}
					few := *p
					if few.Cells, err = solver.Facing(p.X, a, p.Cells); err != nil {
						t.Fatal(err)
					}
					if a == solver.Absolute && 2*len(few.Cells) != len(p.Cells) {
						t.Errorf("trial %d: %d of %d cells are facing, want half", trial, len(few.Cells), len(p.Cells))
					}
					half, err := solver.Solve(context.Background(), &few, o)
					if err != nil {
						t.Fatal(err)
					}
					if math.Abs(half.Primal-want.Primal) > 1e-6*want.Primal {
						t.Errorf("trial %d: primal %.10g over the facing patterns, %.10g over all", trial, half.Primal, want.Primal)
					}
				}
			})
		}
	}
}

// verify holds a solution against its definition, cell by cell, in float64.
func verify(t *testing.T, p *solver.Problem, r *solver.Result) {
	t.Helper()
	n, d := p.X.Dims()
	for _, u := range r.Network.Neurons {
		for i := range n {
			z := mat.Dot(mat.NewVecDense(d, mat.Row(nil, i, p.X)), mat.NewVecDense(d, u.W))
			if z*p.Cells[u.Cell].Pattern.Sign(i) < 0 {
				t.Errorf("row %d: a neuron of cell %d has %g", i, u.Cell, z)
			}
		}
	}
	mu := make(map[[2]int][]hyperplane.Multiplier)
	for _, m := range r.Certificate.Multipliers {
		mu[[2]int{m.Cell, m.Sign}] = m.Mu
	}
	for c, cell := range p.Cells {
		for _, s := range []int{1, -1} {
			sum := mat.NewVecDense(d, nil)
			add := func(i int, by float64) {
				sum.AddScaledVec(sum, by, mat.NewVecDense(d, mat.Row(nil, i, p.X)))
			}
			for i, v := range r.Certificate.Nu {
				slope := 1.0
				if !cell.Pattern.Active(i) {
					slope = p.Activation.Slope
				}
				add(i, float64(s)*slope*v)
			}
			for _, m := range mu[[2]int{c, s}] {
				if m.Value < 0 {
					t.Errorf("cell %d sign %d: multiplier %g", c, s, m.Value)
				}
				add(m.Row, m.Value*cell.Pattern.Sign(m.Row))
			}
			if norm := mat.Norm(sum, 2); norm > float64(n)*p.Beta*(1+1e-12) {
				t.Errorf("cell %d sign %d: %.17g exceeds n beta = %.17g", c, s, norm, float64(n)*p.Beta)
			}
		}
	}
}
