package sphere

import (
	"context"
	"slices"

	"gonum.org/v1/gonum/mat"

	"multigrade/solver/internal/sphere/pieces"
)

// pieceTrees are trees over pieces, of every sign one.
type pieceTrees struct {
	chain *pieces.Chain
	knots [][]float64 // of all columns
	g     *pieces.Grower
}

var _ treeGrower = (*pieceTrees)(nil)

// piecesChunk is how many nodes are grown at once: open ones are kept in memory with
// what their branches fix.
const piecesChunk = 4096

func newPieceTrees(b *bounder, x *mat.Dense, c *pieces.Chain, target float64) (*pieceTrees, error) {
	g, err := pieces.NewGrower(x, b.nu, c, target/(1+piecesMargin))
	if err != nil {
		return nil, err
	}
	t := &pieceTrees{chain: c, g: g}
	for _, a := range c.Knots {
		t.knots = append(t.knots, b.embed(a))
	}
	return t, nil
}

func (t *pieceTrees) roots() int { return 1 }

func (t *pieceTrees) chunk() int { return piecesChunk }

func (t *pieceTrees) twin() treeGrower {
	twin := *t
	twin.g = t.g.Twin()
	return &twin
}

func (t *pieceTrees) grow(ctx context.Context, at Way, nodes int) (Tree, float64, error) {
	region := pieces.Region{}
	if at.Minus {
		region.Tree = 1
	}
	from := newPlace(t.chain)
	for _, s := range at.Steps {
		step, err := from.child(t.chain, s)
		if err != nil {
			return nil, 0, err
		}
		region.Steps = append(region.Steps, *step)
	}
	grown := t.g.Grow(ctx, region, nodes)
	var out Tree
	visitPieces(t.chain, grown.Tree, from, func(n PieceNode, node *pieces.Node) {
		if node.Child == 0 && !(node.Bound <= grown.Target) {
			n = PieceNode{Kind: '?'}
		}
		out = append(out, TreeNode(n))
	})
	return out, grown.Reached, nil
}

func (t *pieceTrees) exists(at Way, tree Tree) error {
	root := newPlace(t.chain)
	for _, s := range at.Steps {
		if _, err := root.child(t.chain, s); err != nil {
			return err
		}
	}
	return walk(tree, root, func(p *place, s WayStep) (*place, error) {
		to := &place{slices.Clone(p.sign), slices.Clone(p.l), slices.Clone(p.u)}
		_, err := to.child(t.chain, s)
		return to, err
	})
}

func (t *pieceTrees) certify(p *Proof, c *GlobalCertificate) {
	nodes := func(t Tree) []PieceNode {
		out := make([]PieceNode, len(t))
		for k := range t {
			out[k] = PieceNode(t[k])
		}
		return out
	}
	c.Pieces = &PiecesCertificate{Knots: t.knots, Plus: nodes(p.Plus), Minus: nodes(p.Minus)}
	for _, p := range t.chain.Pieces {
		c.Pieces.Groups = append(c.Pieces.Groups, RowGroup(p))
	}
}
