package interior_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/interior"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/madeup"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// The systems solve the same equations: each one's solution of a right-hand side
// leaves no residual in the operator of cgNewton, which is made of products only.
func TestNewtonSystemsAgree(t *testing.T) {
	rng := rand.New(rand.NewPCG(10, 1))
	for _, l := range loss.Every() {
		for _, intercept := range []bool{false, true} {
			for _, sparse := range []bool{false, true} {
				p := madeup.Squares(t, rng, program.ReLU, 40, 3, 16, intercept, 0.1)
				p.Loss = l
				if sparse {
					p.X = madeup.CSR(p.X)
				}
				for i, v := range p.Y {
					p.Y[i] = 1
					if v < 0 {
						p.Y[i] = -1
					}
				}
				ip := madeup.SteadyInterior(t, p)
				cg := interior.NewCGNewton(ip)
				systems := []interior.NewtonSystem{interior.NewBlockNewton(ip), interior.NewRowNewton(ip), cg}
				ip.Primal = ip.Dual // as at the end, where conjugate gradients are accurate
				if !ip.Factor() {
					t.Fatal("cannot be factored")
				}
				for _, s := range systems {
					if !s.Factor() {
						t.Fatalf("%s cannot be factored", s.Describe())
					}
					b, x, back := operator.NewGeneral(len(ip.T), ip.Op.D), operator.NewGeneral(len(ip.T), ip.Op.D), operator.NewGeneral(len(ip.T), ip.Op.D)
					for i := range b.Data {
						b.Data[i] = rng.NormFloat64()
					}
					copy(x.Data, b.Data)
					s.Solve(x.Data)
					cg.Apply(back.Data, x.Data)
					if e := floats.Distance(back.Data, b.Data, 2); e > 1e-6*floats.Norm(b.Data, 2) {
						t.Errorf("%s, constant %v, sparse %v, %s: residual %.2g of %.2g", l.Name(), intercept, sparse, s.Describe(), e, floats.Norm(b.Data, 2))
					}
				}
			}
		}
	}
}

// The interior point reaches its gap with conjugate gradients, too.
func TestInteriorByConjugateGradients(t *testing.T) {
	rng := rand.New(rand.NewPCG(10, 2))
	for _, l := range []loss.Loss{loss.Squared, loss.Logistic, loss.LInf} {
		p := madeup.Squares(t, rng, program.ReLU, 60, 4, 10, true, 0.1)
		for i, v := range p.Y {
			p.Y[i] = math.Copysign(1, v)
		}
		p.Loss = l
		ip := madeup.SteadyInterior(t, p)
		ip.Newton = interior.NewCGNewton(ip)
		if steps := ip.Solve(context.Background(), 1e-6, 100); program.RelGap(ip.Primal, ip.Dual) > 1e-6 {
			t.Errorf("%s: gap %.2g after %d steps", l.Name(), program.RelGap(ip.Primal, ip.Dual), steps)
		}
	}
}
