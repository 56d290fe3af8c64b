package sphere

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/solver/internal/operator"
)

// TestProverChecks: a tree grown from the end of a way, over cones or pieces, is one that can have grown there, and
// none is that branches where, or as, there is no branching, ends in other leaves, is cut off, or is a
// leaf that proves nothing.
func TestProverChecks(t *testing.T) {
	ctx := context.Background()
	rng := rand.New(rand.NewPCG(17, 29))
	line, places := hinges(120, 8)
	cloud := mat.NewDense(len(places), 4, nil)
	cloud.Apply(func(_, _ int, _ float64) float64 { return rng.NormFloat64() }, cloud)
	nu := make([]float64, len(places))
	for i := range nu {
		nu[i] = rng.NormFloat64()
	}
	for _, c := range []struct {
		name   string
		x      *mat.Dense
		places []float64
		none   []TreeNode // branchings that there are not
	}{
		{"cones", cloud, nil, []TreeNode{{Kind: 'e', At: 6}, {Kind: 'k'}, {Kind: 'c'}}},
		{"pieces", line, places, []TreeNode{{Kind: 'k', At: 1000}, {Kind: 'c', At: 0}, {Kind: 'c', At: 1000}, {Kind: 'e'}}},
	} {
		design, err := operator.NewDesign(c.x)
		if err != nil {
			t.Fatal(err)
		}
		s := NewStack(c.x, design, operator.ReLU, c.places)
		b, err := s.MaxNeuron(ctx, nu, DefaultBoundOptions())
		if err != nil {
			t.Fatal(err)
		}
		p, err := s.NewProver(ctx, nu, b.Upper*(1+1e-6), nil)
		if err != nil {
			t.Fatal(err)
		}
		var at Way // to a root that is branched
		var tree Tree
		var ways []Way // to what is open below
		for at.Root = -1; len(ways) == 0; {
			if at.Root++; at.Root == p.trees.roots() {
				t.Fatalf("%s: no root has an open leaf", c.name)
			}
			if tree, err = p.Grow(ctx, at, 4); err != nil {
				t.Fatal(err)
			}
			if ways, err = tree.ways(at); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.Check(ctx, at, tree); err != nil {
			t.Errorf("%s: a tree that has grown there: %v", c.name, err)
		}
		below, err := p.Grow(ctx, ways[0], 4)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Check(ctx, ways[0], below); err != nil {
			t.Errorf("%s: a tree that has grown at the end of a way: %v", c.name, err)
		}
		first := tree[0]
		refused := map[string]Tree{"cut off": tree[:len(tree)-1], "gone on": append(slices.Clone(tree), TreeNode{Kind: '?'}), "a leaf": {{Kind: '.'}}}
		for _, n := range c.none {
			refused[fmt.Sprintf("%c%d", n.Kind, n.At)] = Tree{n, {Kind: '?'}, {Kind: '?'}}
		}
		if c.name == "cones" {
			refused["shifts"] = Tree{first, {Kind: 's', Values: []float64{1}}, {Kind: '?'}}
			refused["numbers"] = Tree{first, {Kind: '.', Values: []float64{1}}, {Kind: '?'}}
		} else {
			refused["twice"] = Tree{first, first, {Kind: '?'}, {Kind: '?'}, {Kind: '?'}}
		}
		for name, lie := range refused {
			if err := p.Check(ctx, at, lie); err == nil {
				t.Errorf("%s: %s is no error", c.name, name)
			}
		}
		if err := p.Check(ctx, Way{Root: p.trees.roots()}, tree); !errors.Is(err, ErrNoWay) {
			t.Errorf("%s: behind the last root: %v", c.name, err)
		}
		nowhere := Way{Root: at.Root, Steps: []WayStep{{Kind: c.none[0].Kind, At: c.none[0].At}}}
		if err := p.Check(ctx, nowhere, Tree{{Kind: '?'}}); !errors.Is(err, ErrNoWay) {
			t.Errorf("%s: the end of no way: %v", c.name, err)
		}
	}
}
