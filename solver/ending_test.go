package solver

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/madeup"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// What the last pricing finds is listed where the gap stays closed with it; else list and bound are what they were, and the
// search has not come to its end.
func TestEndPriced(t *testing.T) {
	ctx := context.Background()
	p := madeup.Planted(t, rand.New(rand.NewPCG(29, 3)), loss.Squared, program.ReLU, 60, 4, 2, false)
	p.Cells, p.Account = nil, NewAccount(5e10)
	b := DefaultBoundOptions()
	b.MaxLeaves = 0
	most, err := BetaMaxGlobal(ctx, p, b)
	if err != nil {
		t.Fatal(err)
	}
	p.Beta = 0.05 * most
	design, err := p.Design()
	if err != nil {
		t.Fatal(err)
	}
	o := DefaultGlobalOptions()
	o.BoundLeaves = 0
	g := newEverywhere(p, o, design)
	g.ctx = ctx
	if err := g.solve(ctx, nil); err != nil {
		t.Fatal(err)
	}
	if g.s.status != Optimal || g.ended != Priced {
		t.Fatalf("%v, %v", g.s.status, g.ended)
	}
	gates := func() (w [][]float64) {
		for range 8 {
			w = append(w, g.outside.RandomStarts(1, operator.NewGeneral(0, g.s.pricer.D)).Data)
		}
		return w
	}
	solved, cells, dual := slices.Clone(g.s.cert.Nu), len(g.s.p.Cells), g.s.dual
	g.ended, g.s.nu = Limit, slices.Clone(p.Y)
	if err := g.endPriced(ctx, gates()); err != nil {
		t.Fatal(err)
	}
	if g.ended != Limit || len(g.s.p.Cells) != cells || g.s.dual != dual || !slices.Equal(g.s.cert.Nu, solved) {
		t.Errorf("a poor dual point: %v, %d cells, %d before, bound %v, %v before", g.ended, len(g.s.p.Cells), cells, g.s.dual, dual)
	}
	g.s.nu = solved
	if err := g.endPriced(ctx, gates()); err != nil {
		t.Fatal(err)
	}
	if gap := program.RelGap(g.s.best.Objective, g.s.dual); g.ended != Priced || len(g.s.p.Cells) <= cells || gap > o.Tol {
		t.Errorf("that of the solution: %v, %d cells, %d before, gap %v", g.ended, len(g.s.p.Cells), cells, gap)
	}
}

// A search whose time is over when it has trained leaves all of the trained network, whatever centres of its cells would cost.
func TestTrainedAtTheEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	rng := rand.New(rand.NewPCG(31, 8))
	p := madeup.Squares(t, rng, program.ReLU, 600, 60, 6, true, 0.03)
	p.Cells = nil
	for i := range p.Y { // which takes many neurons
		p.Y[i] = rng.NormFloat64()
	}
	o := DefaultGlobalOptions()
	trained := math.Inf(1)
	o.Progress = func(now Progress) {
		if now.Phase == PhaseSketch {
			trained = min(trained, now.Primal)
			cancel()
		}
	}
	r, err := SolveGlobal(ctx, p, o)
	if err != nil {
		t.Fatal(err)
	}
	p.Cells = r.Cells
	mustCheck(t, p, &r.Result, o.Tol)
	if r.GlobalStatus != Interrupted || !(r.Primal <= trained*(1+1e-3)) {
		t.Errorf("%v: %d neurons, objective %v, trained to %v", r.GlobalStatus, len(r.Network.Neurons), r.Primal, trained)
	}
}
