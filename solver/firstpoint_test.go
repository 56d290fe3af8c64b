package solver

import (
	"context"
	"testing"

	"multigrade/hyperplane"
	"multigrade/solver/internal/loss"
)

// Without a cell, or with an account that is overdrawn, a first point is what there is.
func TestFirstPointOfNothing(t *testing.T) {
	p := accountShapes()["square"]()
	p.Cells, p.Beta, p.Account = nil, 1e-4, NewAccount(1)
	p.Account.Book(1e12)
	x, err := p.Design()
	if err != nil {
		t.Fatal(err)
	}
	s := newSearch(p, DefaultOptions(), x)
	s.best = zeroPoint(s.p)
	s.rec.Evaluate(&s.best)
	if s.firstPoint(context.Background()); len(s.best.Net.Neurons) != 0 {
		t.Errorf("%d neurons without a cell", len(s.best.Net.Neurons))
	}
	if p.Cells, err = hyperplane.SampleGaussian(context.Background(), p.X, 40, 1); err != nil {
		t.Fatal(err)
	}
	s = newSearch(p, DefaultOptions(), x)
	s.best = zeroPoint(s.p)
	s.rec.Evaluate(&s.best)
	if s.firstPoint(context.Background()); len(s.best.Net.Neurons) == 0 || len(s.best.Net.Neurons) > 2*fewestCells {
		t.Errorf("%d neurons of an overdrawn account", len(s.best.Net.Neurons))
	}
}

// However little work is allowed, a search over listed patterns leaves a network that is better
// than none, in the cones of its cells, and books about as little as the patterns' bound takes.
func TestFirstPoint(t *testing.T) {
	for name, shape := range accountShapes() {
		for _, a := range []Activation{ReLU, {Slope: -1}} {
			p := shape()
			var err error
			if p.Activation, p.Beta = a, 1e-4; p.LossOrSquared() == loss.L1 {
				p.Beta = 1e-3
			}
			if p.Cells, err = hyperplane.SampleGaussian(context.Background(), p.X, 40, 1); err != nil {
				t.Fatal(err)
			}
			if p.Cells, err = Facing(p.X, a, p.Cells); err != nil {
				t.Fatal(err)
			}
			p.Account = NewAccount(1)
			r, err := Solve(context.Background(), p, DefaultOptions())
			if err != nil {
				t.Fatal(err)
			}
			mustCheck(t, p, r, DefaultOptions().Tol)
			if zero := ZeroObjective(p); len(r.Network.Neurons) == 0 || !(r.Primal < zero) || r.Status != Limit {
				t.Errorf("%s, %v: %v, %d neurons, objective %v, without any %v", name, a, r.Status, len(r.Network.Neurons), r.Primal, zero)
			}
		}
	}
}
