package pieces

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Grower grows parts of the trees that prove m(nu) <= target, each from the region
// where it begins and from nothing else: parts that are grown in any order, by
// anybody, are the same to the bit. One per goroutine; Twin makes more.
type Grower struct {
	from search // not begun
}

// Region is a part of the ball, given by the way to it: Steps from the root of the
// tree for nu (Tree 0) or -nu (Tree 1).
type Region struct {
	Tree  int
	Steps []Step
}

// Step is a branching, as in Node, and the child that is taken, 0 or 1.
type Step struct {
	Knot, Piece, Row int32
	Child            int
}

// NewGrower prepares the growing of trees for target > 0 in the units of nu (n). The
// error says what is wrong with the arguments, or that the rows are too far off
// their planes for that target.
func NewGrower(x *mat.Dense, nu []float64, c *Chain, target float64) (*Grower, error) {
	s, err := newSearch(x, nu, c, Options{Tol: 0x1p-52, Violation: target, Operations: math.Inf(1), Threads: 1})
	if err != nil {
		return nil, err
	}
	goal := (target - s.slack(x, nu)) / (1 + 0x1p-40)
	if !(goal > 0) {
		return nil, fmt.Errorf("pieces: rows off their planes and rounding leave nothing of the target %v", target)
	}
	// The goal of the search is the target, and what is larger is a violation: of
	// neurons that reach the target none raises it.
	s.o.Target, s.shift = goal, true
	s.setScale(nu)
	s.prepare(nu)
	return &Grower{*s}, nil
}

// Twin is a Grower for another goroutine.
func (g *Grower) Twin() *Grower {
	twin := &Grower{g.from}
	twin.from.workers = []*relaxation{newRelaxation(g.from.geometry)}
	return twin
}

// Grow bounds the region, branches what is above the target, largest bounds first,
// and returns the tree after at least the given number of nodes, or when nothing is
// above the target, a neuron is or ctx has ended. Leaves above the target are open.
func (g *Grower) Grow(ctx context.Context, at Region, nodes int) Grown {
	s := g.from
	s.o.Nodes, s.ended = nodes, make(map[climbEnd]bool)
	begin := s.root()
	for _, step := range at.Steps {
		n := Node{Knot: step.Knot, Piece: step.Piece, Row: step.Row}
		begin = n.children(begin, s.geometry)[step.Child]
	}
	first := s.begin(s.workers[0], at.Tree, begin)
	s.enterRoot(at.Tree, begin, &first)
	s.run(ctx)
	s.unscale()
	return Grown{Tree: s.tree[at.Tree], Reached: s.lower * s.scale, Target: s.o.Target}
}

// Grown is the tree below a region.
type Grown struct {
	Tree []Node
	// Reached is the largest |nu'relu(Xw)| met; Target is what a closed leaf's bound
	// does not exceed.
	Reached, Target float64
}
