package sphere

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// Prover grows a Proof that m(nu) <= target from its open leaves, each by itself: what
// grows from a leaf depends on nothing but the way to it, so the leaves can be shared
// out among any number of workers. One per goroutine; Twin makes more.
type Prover struct {
	target  float64
	columns []int
	quadratic
	trees treeGrower
}

// quadratic is the evidence of the closed form, which certificates carry, too.
type quadratic struct{ plus, minus Quadratic }

// treeGrower is a kind of trees.
type treeGrower interface {
	// roots is how many trees there are for either sign.
	roots() int
	// grow grows the tree at the end of a way to at least some nodes, 2 or more, or until
	// nothing is open, and the largest |nu'relu(Xw)| met.
	grow(ctx context.Context, at Way, nodes int) (Tree, float64, error)
	// exists says whether a tree at the end of a way has only branchings and leaves that there are;
	// what its leaves prove is not looked at.
	exists(at Way, tree Tree) error
	// chunk is how many nodes are best grown at once.
	chunk() int
	twin() treeGrower
	// certify puts the trees into the certificate.
	certify(p *Proof, c *GlobalCertificate)
}

// ErrNoSearch says that m(nu) is only bounded in closed form.
var ErrNoSearch = fmt.Errorf("the rows have no pieces and more than %d columns that are not zero, so there is no search to share out", maxBoundRank)

// ViolatedError says that the target cannot be proved: a neuron exceeds it.
type ViolatedError struct{ Value, Target float64 }

func (e *ViolatedError) Error() string {
	return fmt.Sprintf("a neuron exceeds what would prove the optimum by a relative %.3g, so this dual point proves none", e.Value/e.Target-1)
}

// NewProver prepares the proof of m(nu) <= target, target > 0. Seeds are where large
// values are expected; one above the target is a ViolatedError.
func (s *Stack) NewProver(ctx context.Context, nu []float64, target float64, seeds [][]float64) (*Prover, error) {
	b := s.bounder(ctx, nu, BoundOptions{Seeds: seeds})
	if len(b.nu) != b.n {
		return nil, fmt.Errorf("solver: %d duals for %d rows of X", len(b.nu), b.n)
	}
	byPieces, c := b.chain()
	if r := len(b.columns); c == nil && (r < 1 || r > maxBoundRank) {
		return nil, ErrNoSearch
	}
	if b.climb(b.starts()); b.lower > target {
		return nil, &ViolatedError{b.lower, target}
	}
	b.formula = NewClosedForm(ctx, s.X, b.nu, math.Inf(1))
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p := &Prover{target: target, columns: b.columns, quadratic: quadratic{b.formula.plus, b.formula.minus}}
	if c == nil {
		p.trees = newConeTrees(b, target)
		return p, nil
	}
	var err error
	p.trees, err = newPieceTrees(b, byPieces, c, target)
	return p, err
}

// Twin is a Prover for another goroutine.
func (p *Prover) Twin() *Prover {
	twin := *p
	twin.trees = p.trees.twin()
	return &twin
}

// Begin is the proof of which nothing is done yet.
func (p *Prover) Begin() *Proof {
	open := make(Tree, p.trees.roots())
	for k := range open {
		open[k].Kind = '?'
	}
	return &Proof{open, append(Tree{}, open...)}
}

// ErrNoProgress says that an open leaf cannot be branched: float64 ends there.
var ErrNoProgress = errors.New("a part of the proof is as fine as float64 allows, and not proved")

// Grow grows what is at the end of the way by about so many nodes, at least 2, and
// returns the tree. The error is a ViolatedError, ErrNoProgress, ctx's, or says that
// the way is none of a proof of this.
func (p *Prover) Grow(ctx context.Context, at Way, nodes int) (Tree, error) {
	t, err := p.growOnce(ctx, at, min(nodes, p.trees.chunk()))
	if err != nil {
		return nil, err
	}
	ways, err := t.ways(at)
	if err != nil {
		return nil, err
	}
	left := nodes - len(t)
	below := make([]Tree, len(ways))
	for k, way := range ways {
		below[k] = Tree{{Kind: '?'}}
		if left < 2 {
			continue
		}
		if below[k], err = p.Grow(ctx, way, left); err != nil {
			return nil, err
		}
		left -= len(below[k])
	}
	grown, _ := t.graft(below)
	return grown, nil
}

func (p *Prover) growOnce(ctx context.Context, at Way, nodes int) (Tree, error) {
	if at.Root >= p.trees.roots() {
		return nil, ErrNoWay
	}
	t, reached, err := p.trees.grow(ctx, at, max(2, nodes))
	switch {
	case err != nil:
		return nil, err
	case reached > p.target:
		return nil, &ViolatedError{reached, p.target}
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case len(t) == 1 && t[0].Kind == '?':
		return nil, ErrNoProgress
	}
	return t, nil
}

// Check reports the first thing in a tree that cannot have grown from the end of the way: it is
// not one, branches that do not exist, or a leaf in the place of the whole that proves nothing. Whether
// leaves further down are proved would take as long as to grow them, and is for who checks the
// certificate.
func (p *Prover) Check(ctx context.Context, at Way, t Tree) error {
	if !t.forest(1) {
		return errors.New("what is to be a tree ends too early or goes on behind it")
	}
	if at.Root >= p.trees.roots() {
		return ErrNoWay
	}
	if err := p.trees.exists(at, t); err != nil || !t[0].leaf() {
		return err
	}
	grown, err := p.growOnce(ctx, at, 2)
	if err == nil && grown[0].Kind != t[0].Kind {
		err = fmt.Errorf("a tree is a leaf (%c) where one has to be branched", t[0].Kind)
	}
	return err
}

// Bound is what a proof without open leaves proves.
func (p *Prover) Bound(proof *Proof) (*NeuronBound, error) {
	if open := proof.Open(); open > 0 {
		return nil, fmt.Errorf("%d leaves of the proof are open", open)
	}
	for _, t := range []Tree{proof.Plus, proof.Minus} {
		if !t.forest(p.trees.roots()) {
			return nil, errCutOff
		}
	}
	b := &NeuronBound{Upper: p.target, Leaves: proof.Nodes()}
	b.Certificate.Columns = p.columns
	b.Certificate.QuadraticPlus, b.Certificate.QuadraticMinus = p.plus, p.minus
	p.trees.certify(proof, &b.Certificate)
	return b, nil
}

// forest says that t is so many trees.
func (t Tree) forest(roots int) bool {
	left := roots
	for k := range t {
		if left == 0 {
			return false
		}
		if left++; t[k].leaf() {
			left -= 2
		}
	}
	return left == 0
}

// walk goes through one tree in preorder, from the place of its root to those of the children.
func walk[P any](t Tree, root P, child func(at P, s WayStep) (P, error)) error {
	places := []P{root}
	for k := range t {
		at := places[len(places)-1]
		places = places[:len(places)-1]
		n := &t[k]
		if n.leaf() {
			continue
		}
		for c := 1; c >= 0; c-- {
			to, err := child(at, WayStep{Kind: n.Kind, At: n.At, Row: n.Row, Child: c})
			if err != nil {
				return err
			}
			places = append(places, to)
		}
	}
	return nil
}
