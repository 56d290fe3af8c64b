package solver

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/solver/internal/sphere"
)

// Units stand at kinks, where none lies inside a cell. A network of them is made all the same when the
// context has ended, and where the work left does not suffice for centres of cells.
func TestAdoptAtTheEnd(t *testing.T) {
	for name, interrupted := range map[string]bool{"interrupted": true, "out of work": false} {
		rng := rand.New(rand.NewPCG(29, 11))
		const n, d, kinks = 600, 9, 7
		x := mat.NewDense(n, d, nil)
		for i := range n {
			at := float64(i/3)/(n/3) + 1e-9*float64(i%3)
			for j := range kinks {
				x.Set(i, j, math.Max(at-float64(j)/kinks, 0))
			}
			x.Set(i, kinks, at)
			x.Set(i, kinks+1, 1)
		}
		p := &Problem{X: x, Y: make([]float64, n), Beta: 1e-4, Account: NewAccount(1e12)}
		design, err := p.Design()
		if err != nil {
			t.Fatal(err)
		}
		g := newEverywhere(p, DefaultGlobalOptions(), design)
		e := &exchanged{g: g}
		for k := range 12 {
			w := make([]float64, d)
			sphere.RandomKink(w, design, rng)
			floats.Scale(1/floats.Norm(w, 2), w)
			e.enter(w, float64(1-2*(k%2)))
			floats.AddScaled(p.Y, 1+rng.Float64(), e.unit[k].at)
		}
		masses, err := e.solve(context.Background(), 1e-9)
		if err != nil {
			t.Fatal(err)
		}
		g.s.best = zeroPoint(p)
		g.s.rec.Evaluate(&g.s.best)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		if interrupted {
			cancel()
		} else {
			p.Account.Book(p.Account.Left())
		}
		g.ctx = ctx
		if err := e.adopt(ctx, masses, func(w []float64) []float64 { return w }); err != nil {
			t.Fatal(err)
		}
		if got := g.s.best.Objective; got > masses.Objective*(1+1e-5) {
			t.Errorf("%s: objective %v, want about that of the units, %v", name, got, masses.Objective)
		}
		if g.ctx != ctx {
			t.Error("the search goes on with another context")
		}
	}
}
