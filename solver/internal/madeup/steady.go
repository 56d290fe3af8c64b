package madeup

import (
	"context"
	"testing"

	"multigrade/solver/internal/admm"
	"multigrade/solver/internal/auglag"
	"multigrade/solver/internal/interior"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// Operators are those of all blocks of a problem.
func Operators(t testing.TB, p *program.Problem) (*operator.Operators, *operator.GramCache) {
	t.Helper()
	x, err := operator.NewDesign(p.X)
	if err != nil {
		t.Fatal(err)
	}
	return operator.NewOperators(x, p.Activation, p.Cells, program.BlocksOf(p), operator.ZeroRows(x)), operator.NewGramCache(x, p.Activation, p.Cells)
}

// steps is how many steps a steady state is from its start.
const steps = 3

// SteadyADMM is an ADMM state over all blocks of a problem, past its start.
func SteadyADMM(t testing.TB, p *program.Problem) *admm.ADMM {
	t.Helper()
	op, gram := Operators(t, p)
	m, err := admm.NewADMM(op, gram, p, nil, admm.DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	for range steps {
		m.Step()
	}
	return m
}

// SteadyInterior is an interior point over all blocks of a problem with cones, past
// its start.
func SteadyInterior(t testing.TB, p *program.Problem) *interior.Interior {
	t.Helper()
	op, gram := Operators(t, p)
	zero := operator.ZeroRows(op.X)
	centres := operator.NewGeneral(len(op.Blocks), op.D)
	for k, b := range op.Blocks {
		copy(operator.RowOf(centres, k), program.Centre(context.Background(), op.X, p.Cells[b.Cell], zero))
	}
	ip := interior.NewInterior(op, gram, p, centres, nil, interior.DefaultOptions())
	for range steps {
		ip.Step()
	}
	return ip
}

// SteadyAugLag is an augmented Lagrangian over all blocks of a gated problem, past its
// start at the dual point of u = 0.
func SteadyAugLag(t testing.TB, p *program.Problem, sigma float64) *auglag.AugLag {
	t.Helper()
	op, gram := Operators(t, p)
	m := auglag.NewAugLag(op, gram, p, auglag.DefaultOptions())
	_, nu := loss.NullModel(p.LossOrSquared(), p.Y, p.Intercept)
	m.Start(p, &auglag.Point{Nu: nu, Sigma: sigma})
	for range steps {
		m.Step()
	}
	return m
}
