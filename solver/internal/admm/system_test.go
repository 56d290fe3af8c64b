package admm_test

import (
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats/scalar"

	"multigrade/solver/internal/admm"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/madeup"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// TestLinearSystemsAgree: Woodbury, blocks and conjugate gradients solve the
// same system.
func TestLinearSystemsAgree(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 3))
	for _, a := range []program.Activation{program.Gated, program.ReLU} {
		p := madeup.Planted(t, rng, loss.Squared, a, 40, 4, 6, false)
		x, err := operator.NewDesign(p.X)
		if err != nil {
			t.Fatal(err)
		}
		op := operator.NewOperators(x, p.Activation, p.Cells, program.BlocksOf(p), nil)
		b, d := len(op.Blocks), op.D
		rhs := madeup.Gaussians(rng, b*d)
		const kappa = 0.7
		wood, err := admm.NewWoodburySystem(op, kappa)
		if err != nil {
			t.Fatal(err)
		}
		direct, err := admm.NewBlockSystem(op, operator.NewGramCache(x, p.Activation, p.Cells), kappa)
		if err != nil {
			t.Fatal(err)
		}
		cg := admm.NewCGSystem(op, kappa, admm.DefaultOptions())
		var first []float64
		for _, s := range []admm.LinearSystem{direct, wood, cg} {
			u := blas64.General{Rows: b, Cols: d, Stride: d, Data: append([]float64(nil), rhs...)}
			s.Solve(u, 0)
			if first == nil {
				first = u.Data
				check := &admm.CGSystem{Op: op, Kappa: kappa, Rows: operator.NewGeneral(b, op.N), Rows2: operator.NewGeneral(b, op.N), F: make([]float64, op.N)}
				back := operator.NewGeneral(b, d)
				check.Apply(back.Data, u.Data)
				for i, v := range back.Data {
					if !scalar.EqualWithinRel(v, rhs[i], 1e-9) {
						t.Fatalf("%s: the matrix times the solution is %v at %d, want %v", s.Describe(), v, i, rhs[i])
					}
				}
				continue
			}
			for i, v := range u.Data {
				if d := v - first[i]; d > 1e-7 || d < -1e-7 {
					t.Fatalf("%s: entry %d is %v, %s has %v", s.Describe(), i, v, direct.Describe(), first[i])
				}
			}
		}
	}
}
