package solver_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/proofs"
	"multigrade/solver"
)

// laterGrade has the features of a small network at points on a line, and a
// target that it has not learnt.
func laterGrade(seed uint64, n int, beta float64) (p *solver.Problem, line []float64) {
	rng := rand.New(rand.NewPCG(seed, 41))
	x, y := mat.NewDense(n, 4, nil), make([]float64, n)
	line = make([]float64, n)
	for i := range n {
		line[i] = math.Floor(rng.Float64()*2*float64(n)) / float64(n) // some more than once
		for j, kink := range []float64{0.3, 0.9, 1.4} {
			s := 1 - 2*float64(j%2)
			x.Set(i, j, max(s*(line[i]-kink), 0))
		}
		x.Set(i, 3, 1)
		y[i] = math.Sin(7*line[i]) + 0.2*rng.NormFloat64()
	}
	return &solver.Problem{X: x, Y: y, Beta: beta}, line
}

// piecesOf writes the evidence in the form of the checker.
func piecesOf(c *solver.PiecesCertificate) *proofs.Pieces {
	e := &proofs.Pieces{Knots: c.Knots}
	for _, g := range c.Groups {
		e.Groups = append(e.Groups, proofs.PieceGroup(g))
	}
	for _, n := range c.Plus {
		e.Plus = append(e.Plus, proofs.PieceNode(n))
	}
	for _, n := range c.Minus {
		e.Minus = append(e.Minus, proofs.PieceNode(n))
	}
	return e
}

// TestLaterGradesAreProved: with the place of the rows on a line, and without, a
// small later grade ends optimal over all patterns, and the checker agrees.
func TestLaterGradesAreProved(t *testing.T) {
	for seed := range uint64(6) {
		p, line := laterGrade(seed, 60+10*int(seed), 0.003)
		p.Intercept = seed%2 == 1
		o := solver.DefaultGlobalOptions()
		o.Neurons = 20
		if seed != 2 {
			o.Line = line
		}
		r, err := solver.SolveGlobal(context.Background(), p, o)
		if err != nil {
			t.Fatal(err)
		}
		if r.GlobalStatus != solver.Optimal || !(r.GlobalRelGap <= o.Tol) {
			t.Errorf("seed %d: %v, gap %g over all patterns", seed, r.GlobalStatus, r.GlobalRelGap)
		}
		if r.Evidence.Pieces == nil {
			t.Fatalf("seed %d: no pieces but %s", seed, r.Global.Method)
		}
		own := *p
		own.Cells = r.Cells
		g := &globalInstance{p: &own, r: &r.Result, nu: r.GlobalNu, cert: r.Evidence}
		mustBeValid(t, g.certificate(t))
	}
}

// TestLaterGradesOfEveryLoss: the bound over all patterns of every loss is proved.
func TestLaterGradesOfEveryLoss(t *testing.T) {
	for _, l := range []solver.Loss{solver.Squared, solver.L1, solver.LInf, solver.Logistic, solver.Hinge} {
		p, line := laterGrade(9, 50, 0.01)
		if p.Loss = l; l == solver.Logistic || l == solver.Hinge {
			for i, y := range p.Y {
				p.Y[i] = math.Copysign(1, y)
			}
		}
		o := solver.DefaultGlobalOptions()
		o.Neurons, o.Line = 20, line
		r, err := solver.SolveGlobal(context.Background(), p, o)
		if err != nil {
			t.Fatal(err)
		}
		if r.GlobalStatus != solver.Optimal {
			t.Errorf("%s: %v, gap %g", l.Name(), r.GlobalStatus, r.GlobalRelGap)
		}
		other := slices.Clone(r.GlobalNu)
		b, err := solver.MaxNeuron(context.Background(), p.X, p.Activation, other, solver.DefaultBoundOptions())
		if err != nil {
			t.Fatal(err)
		}
		if m := float64(len(p.Y)) * p.Beta; b.Lower > m {
			t.Errorf("%s: the dual point has a neuron of %g, n beta is %g", l.Name(), b.Lower, m)
		}
	}
}
