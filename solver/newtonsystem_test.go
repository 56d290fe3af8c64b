package solver

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
)

// The systems solve the same equations: each one's solution of a right-hand side
// leaves no residual in the operator of cgNewton, which is made of products only.
func TestNewtonSystemsAgree(t *testing.T) {
	rng := rand.New(rand.NewPCG(10, 1))
	for _, l := range []Loss{Squared, Huber(DefaultThreshold), L1, LInf, Logistic, Hinge, Monotone} {
		for _, intercept := range []bool{false, true} {
			for _, sparse := range []bool{false, true} {
				p := squares(t, rng, ReLU, 40, 3, 16, intercept, 0.1)
				p.Loss = l
				if sparse {
					p.X = toCSR(p.X)
				}
				for i, v := range p.Y {
					p.Y[i] = 1
					if v < 0 {
						p.Y[i] = -1
					}
				}
				ip := steadyInterior(t, p)
				cg := newCGNewton(ip)
				systems := []newtonSystem{newBlockNewton(ip), newRowNewton(ip), cg}
				if !ip.factor() {
					t.Fatal("cannot be factored")
				}
				for _, s := range systems {
					if !s.factor() {
						t.Fatalf("%s cannot be factored", s.describe())
					}
					b, x, back := newGeneral(len(ip.t), ip.op.d), newGeneral(len(ip.t), ip.op.d), newGeneral(len(ip.t), ip.op.d)
					for i := range b.Data {
						b.Data[i] = rng.NormFloat64()
					}
					copy(x.Data, b.Data)
					s.solve(x.Data)
					cg.apply(back.Data, x.Data)
					if e := floats.Distance(back.Data, b.Data, 2); e > 1e-6*floats.Norm(b.Data, 2) {
						t.Errorf("%s, constant %v, sparse %v, %s: residual %.2g of %.2g", l.Name(), intercept, sparse, s.describe(), e, floats.Norm(b.Data, 2))
					}
				}
			}
		}
	}
}

// The interior point reaches its gap with conjugate gradients, too.
func TestInteriorByConjugateGradients(t *testing.T) {
	rng := rand.New(rand.NewPCG(10, 2))
	for _, l := range []Loss{Squared, Logistic, LInf} {
		p := squares(t, rng, ReLU, 60, 4, 10, true, 0.1)
		for i, v := range p.Y {
			p.Y[i] = math.Copysign(1, v)
		}
		p.Loss = l
		ip := steadyInterior(t, p)
		ip.newton = newCGNewton(ip)
		if steps := ip.solve(context.Background(), 1e-6, 100); RelGap(ip.primal, ip.dual) > 1e-6 {
			t.Errorf("%s: gap %.2g after %d steps", l.Name(), RelGap(ip.primal, ip.dual), steps)
		}
	}
}
