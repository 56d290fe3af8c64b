package solver

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/program"
)

// planeProblem has rows (x1, x2, 1), or (x1, x2) without a constant, on a grid or anywhere, and a wave with noise for
// targets.
func planeProblem(seed uint64, n int, l loss.Loss) *program.Problem {
	rng := rand.New(rand.NewPCG(seed, 15))
	d := 2 + int(seed%2)
	x := mat.NewDense(n, d, nil)
	p := &program.Problem{X: x, Y: make([]float64, n), Loss: l, Intercept: seed%3 > 0}
	for i := range n {
		for j := range 2 {
			x.Set(i, j, 2*rng.Float64()-1)
			if seed%4 == 0 {
				x.Set(i, j, float64(rng.IntN(5)-2)/2)
			}
		}
		if d == 3 {
			x.Set(i, 2, 1)
		}
		p.Y[i] = math.Sin(3*x.At(i, 0))*math.Cos(2*x.At(i, 1)) + 0.2*rng.NormFloat64()
		if l.Labels() {
			p.Y[i] = math.Copysign(1, p.Y[i])
		}
	}
	return p
}

// TestPlaneOfEveryLoss: rows of rank 2 and 3 end optimal over all patterns, with the optimum over the list of all cells;
// at beta_max, by their sweep, the zero network is the solution, and below it is not.
func TestPlaneOfEveryLoss(t *testing.T) {
	seeds := uint64(3)
	if *long {
		seeds = 40
	}
	ctx := context.Background()
	for k, l := range loss.Every() {
		if l == loss.Monotone {
			continue // pinned predictions have many solutions of a relaxed program
		}
		for s := range seeds {
			seed := seeds*uint64(k) + s
			p := planeProblem(seed, 16+int(4*s%20), l)
			max, err := BetaMaxGlobal(ctx, p, DefaultBoundOptions())
			if err != nil {
				t.Fatal(err)
			}
			p.Beta = 0.05 * max
			got, err := SolveGlobal(ctx, p, DefaultGlobalOptions())
			if err != nil {
				t.Fatal(err)
			}
			if got.GlobalStatus != Optimal {
				t.Errorf("%s, seed %d: %v, gap %g over all patterns", l.Name(), seed, got.GlobalStatus, got.GlobalRelGap)
			}
			own := *p
			own.Cells = got.Cells
			mustCheck(t, &own, &got.Result, DefaultOptions().Tol)
			all := *p
			a, err := hyperplane.NewArrangement(p.X)
			if err != nil {
				t.Fatal(err)
			}
			for c, err := range a.Cells(ctx) {
				if err != nil {
					t.Fatal(err)
				}
				if !c.Pattern.IsZero() {
					all.Cells = append(all.Cells, c)
				}
			}
			listed, err := BetaMax(ctx, &all)
			if err != nil || math.Abs(listed-max) > 1e-9*max {
				t.Errorf("%s, seed %d: beta_max %v by the sweep, %v over the list, %v", l.Name(), seed, max, listed, err)
			}
			want, err := Solve(ctx, &all, DefaultOptions())
			if err != nil {
				t.Fatal(err)
			}
			if program.RelGap(got.Primal, want.Dual) > 2e-6 || got.GlobalBound > want.Primal {
				t.Errorf("%s, seed %d: [%.10g, %.10g], over all %d cells [%.10g, %.10g]", l.Name(), seed, got.GlobalBound, got.Primal, len(all.Cells), want.Dual, want.Primal)
			}
		}
	}
}

// TestPlaneOfEveryActivation is about the rows that slopes add.
func TestPlaneOfEveryActivation(t *testing.T) {
	for k, a := range []Activation{ReLU, Leaky(0.2), Absolute} {
		p := planeProblem(uint64(2*k+1), 30, loss.Squared)
		p.Activation = a
		nu := NullDual(p)
		max, err := BetaMaxGlobal(context.Background(), p, DefaultBoundOptions())
		if err != nil {
			t.Fatal(err)
		}
		o := DefaultBoundOptions()
		b, err := MaxNeuron(context.Background(), p.X, a, nu, o)
		if err != nil || math.Abs(b.Upper-max*float64(len(nu))) > 2*o.Tol*b.Upper {
			t.Errorf("%v: n beta_max %v by the sweep, %v by cones, %v", a, max*float64(len(nu)), b.Upper, err)
		}
	}
}

// TestExchange: with units for unknowns the dual points that jump most, those of the largest deviation, are settled at
// sizes where a program over cells is not.
func TestExchange(t *testing.T) {
	for _, l := range []loss.Loss{loss.LInf, loss.Hinge} {
		p := planeProblem(31, 160, l)
		max, err := BetaMaxGlobal(context.Background(), p, DefaultBoundOptions())
		if err != nil {
			t.Fatal(err)
		}
		p.Beta = 0.01 * max
		o := DefaultGlobalOptions()
		r, err := SolveGlobal(context.Background(), p, o)
		if err != nil {
			t.Fatal(err)
		}
		if r.GlobalStatus != Optimal || r.Method != overUnits {
			t.Errorf("%s: %v by %q, gap %v over all patterns", l.Name(), r.GlobalStatus, r.Method, r.GlobalRelGap)
		}
		p.Cells = r.Cells
		mustCheck(t, p, &r.Result, o.Tol)
	}
}
