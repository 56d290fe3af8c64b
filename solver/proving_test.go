package solver_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver"
)

// proveInParts grows a proof in rounds of small parts, each by itself, in the order that
// shuffle makes of them.
func proveInParts(t *testing.T, prover *solver.Prover, nodes int, shuffle func(n int) []int) *solver.Proof {
	t.Helper()
	proof := prover.Begin()
	for round := 0; proof.Open() > 0; round++ {
		if round == 1000 {
			t.Fatalf("%d leaves are open after %d rounds", proof.Open(), round)
		}
		ways, err := proof.Ways()
		if err != nil {
			t.Fatal(err)
		}
		trees := make([]solver.ProofTree, len(ways))
		for _, k := range shuffle(len(ways)) {
			if trees[k], err = prover.Twin().Grow(context.Background(), ways[k], nodes); err != nil {
				t.Fatal(err)
			}
		}
		if proof, err = proof.Graft(trees); err != nil {
			t.Fatal(err)
		}
	}
	return proof
}

func inOrder(n int) []int {
	order := make([]int, n)
	for k := range order {
		order[k] = k
	}
	return order
}

// provable is a program with a target just above its largest neuron.
type provable struct {
	*globalInstance
	aim     *solver.Aim
	line    []float64
	largest []float64 // the neuron
}

// provables are bounded by cones and by pieces.
func provables(t *testing.T) map[string]func() *provable {
	aim := func(g *globalInstance, line []float64) *provable {
		o := solver.DefaultBoundOptions()
		o.Line = line
		b, err := solver.MaxNeuron(context.Background(), g.p.X, g.p.Activation, g.r.Certificate.Nu, o)
		if err != nil || !b.Exact {
			t.Fatalf("upper %v, lower %v: %v", b.Upper, b.Lower, err)
		}
		return &provable{g, &solver.Aim{Nu: g.r.Certificate.Nu, Target: b.Upper * (1 + 1e-6)}, line, b.W}
	}
	return map[string]func() *provable{
		"cones": func() *provable {
			return aim(solveGlobally(t, 45, 40, 4, true, 1), nil)
		},
		"pieces": func() *provable {
			p, line := laterGrade(3, 60, 0.003)
			o := solver.DefaultGlobalOptions()
			o.Neurons, o.Line = 20, line
			r, err := solver.SolveGlobal(context.Background(), p, o)
			if err != nil {
				t.Fatal(err)
			}
			p.Cells = r.Cells
			return aim(&globalInstance{p: p, r: &r.Result}, line)
		},
	}
}

// TestProofsInParts: what grows from a leaf depends on the way to it alone, a proof put
// together in parts is valid, and no target below a neuron is proved.
func TestProofsInParts(t *testing.T) {
	for name, instance := range provables(t) {
		t.Run(name, func(t *testing.T) {
			g := instance()
			prover, err := g.aim.Prover(context.Background(), g.p, g.line, nil)
			if err != nil {
				t.Fatal(err)
			}
			const nodes = 12
			proof := proveInParts(t, prover, nodes, inOrder)
			again := proveInParts(t, prover, nodes, rand.New(rand.NewPCG(8, 1)).Perm)
			if !reflect.DeepEqual(proof, again) {
				t.Error("grown in another order the proof is another one")
			}
			if g.nu, g.cert, err = g.aim.Proved(g.p, prover, proof); err != nil {
				t.Fatal(err)
			}
			c := g.certificate(t)
			if (name == "pieces") != (c.Global.Pieces != nil) {
				t.Errorf("%s: pieces %v", name, c.Global.Pieces != nil)
			}
			mustBeValid(t, c)
			tooLow := solver.Aim{Nu: g.aim.Nu, Target: g.aim.Target * (1 - 1e-4)}
			var violated *solver.ViolatedError
			if _, err := tooLow.Prover(context.Background(), g.p, g.line, [][]float64{g.largest}); !errors.As(err, &violated) {
				t.Errorf("a target below a neuron: %v", err)
			}
			open, err := prover.Begin().Graft([]solver.ProofTree{{{Kind: '?'}}})
			if err == nil {
				t.Errorf("a tree too few: %v", open)
			}
			if _, _, err := g.aim.Proved(g.p, prover, prover.Begin()); err == nil {
				t.Error("a proof with open leaves proves something")
			}
		})
	}
}

// TestAimIsTheLargestTarget: within it the bound is within the tolerance, beyond it not.
func TestAimIsTheLargestTarget(t *testing.T) {
	g := provables(t)["pieces"]()
	const tol = 1e-5
	aim, err := solver.NewAim(g.p, g.r.Certificate.Nu, g.r.Primal, tol)
	if err != nil {
		t.Fatal(err)
	}
	gap := func(target float64) float64 {
		_, _, bound := solver.GlobalDual(g.p, aim.Nu, &solver.NeuronBound{Upper: target})
		return solver.RelGap(g.r.Primal, bound)
	}
	if at, beyond := gap(aim.Target), gap(aim.Target*(1+1e-6)); at > tol || beyond <= at {
		t.Errorf("gaps %v at the target and %v beyond, tolerance %v", at, beyond, tol)
	}
	away := make([]float64, len(aim.Nu))
	floats.ScaleTo(away, -1, aim.Nu)
	if _, err := solver.NewAim(g.p, away, g.r.Primal, tol); !errors.Is(err, solver.ErrNoRoom) {
		t.Errorf("a dual point that proves nothing: %v", err)
	}
}

// FuzzProofTree: what is read is what is written, and trees that are none are refused.
func FuzzProofTree(f *testing.F) {
	for _, text := range []string{"?", "e0,.,?", "k3,.0.5 -1e-300 0,c2:7,?,.", "e,", ".1,", "", "k-1,?,?"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var tree, again solver.ProofTree
		if tree.UnmarshalText([]byte(text)) != nil {
			return
		}
		raw, err := tree.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		if err := again.UnmarshalText(raw); err != nil || len(again) != len(tree) {
			t.Fatalf("%q is read and written as %q: %v", text, raw, err)
		}
		p := &solver.Proof{Plus: tree}
		if ways, err := p.Ways(); err == nil && len(ways) != p.Open() {
			t.Errorf("%q: %d ways to %d open leaves", text, len(ways), p.Open())
		}
	})
}
