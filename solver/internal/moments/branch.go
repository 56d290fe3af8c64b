package moments

import (
	"context"
	"math"
	"slices"

	"multigrade/solver/internal/operator"
)

// BranchNode is a node of a tree, in preorder, that divides the unit ball by the signs of
// rows: either a leaf, with the evidence for its part, or the node whose first child has
// x_Row.w >= 0 and whose second has x_Row.w <= 0.
type BranchNode struct {
	Row  int
	Leaf *Parabolas // nil where it branches
}

// Tree is one in preorder.
type Tree []BranchNode

// Times is Parabolas.Times of all leaves.
func (t Tree) Times(f, up float64) (out Tree) {
	for _, node := range t {
		node.Leaf = node.Leaf.Times(f, up)
		out = append(out, node)
	}
	return out
}

// Room is the most that Parabolas.Room is of a leaf.
func (t Tree) Room(x operator.Design, delta []float64, slope float64) (room float64) {
	for _, node := range t {
		if node.Leaf != nil {
			room = max(room, node.Leaf.Room(x, delta, slope))
		}
	}
	return room
}

// Widen leaves room for such a change.
func (t Tree) Widen(room float64) {
	for _, node := range t {
		if node.Leaf != nil {
			node.Leaf.Widen(room)
		}
	}
}

const (
	// mostLeaves of the trees of both signs: a grade of 256 x 5 took 4 to come from a gap of
	// 0.011 to 0.0046, 7 to 0.0009 and 16 to 0.0002.
	mostLeaves = 32
	// branchingShare of all neurons' cost is the least that a leaf has which is branched.
	branchingShare = 0.01
	// branchingGain is the share of the gap that branching must take off for it to go on:
	// measured, 0.2 to 0.8 where it was of use, none where it was not.
	branchingGain = 0.1
	// stepsOfTree is about how many steps the interior-point method takes, 180 to 200.
	stepsOfTree = 200
	// closable is the gap up to which branching is worth its work: the leaves of two branchings
	// took a tenth off at 0.03 to 0.1 (442 x 11, 400 x 10), nine tenths at 0.01 (256 x 5) and
	// nothing at 0.2 (300 x 9).
	closable = 0.03
	// kept is how many times a loose triangle's multiplier those have that leaves begin with:
	// with 1, 10 and 100, 9.7, 8.9 and 8.9e-4 were left of the gap; with all, they left no
	// room for new ones.
	kept = 10
)

// branching is a node: a leaf has a half, others have children.
type branching struct {
	row  int
	kids [2]*branching
	half *half
}

// leaves appends those below b, in preorder.
func (b *branching) leaves(to []*branching) []*branching {
	if b.half != nil {
		return append(to, b)
	}
	return b.kids[1].leaves(b.kids[0].leaves(to))
}

// nodes appends the tree with the evidence of its leaves.
func (b *branching) nodes(to Tree, evidence map[*half]*Parabolas) Tree {
	if b.half != nil {
		return append(to, BranchNode{Leaf: evidence[b.half]})
	}
	to = append(to, BranchNode{Row: b.row})
	return b.kids[1].nodes(b.kids[0].nodes(to, evidence), evidence)
}

// grow divides the ball by the signs of rows: the neurons of every part have moments, and
// triangles, of their own. It begins with c, solved, which proves value, and returns the best
// bound, nil where none is better.
func (p *Problem) grow(ctx context.Context, r *relaxation, x0 []float64, c *central, value, work float64) (best *Bound, spent float64) {
	trees := [2]*branching{{half: c.coupled.side[0]}, {half: c.coupled.side[1]}}
	for value < p.Enough && p.Best-value <= closable*math.Abs(p.Best) && ctx.Err() == nil {
		if !branchAll(c, &trees) {
			break
		}
		next := bareCoupled(r, r.d)
		next.side = nil
		for _, t := range trees {
			for _, leaf := range t.leaves(nil) {
				leaf.half = leaf.half.again(r, kept*c.little())
				next.side = append(next.side, leaf.half)
			}
		}
		grown, ok := p.begin(r, x0, next)
		if !ok || spent+stepsOfTree*grown.stepWork()+p.evidenceWork()*float64(len(next.side)) > work {
			break
		}
		more := grown.search(ctx, work-spent)
		if spent += more; ctx.Err() != nil {
			break
		}
		b := grown.branchBound(ctx, p, trees)
		spent += p.evidenceWork() * float64(len(next.side)) / 2
		v := p.value(b)
		gained := v - value
		if gained > 0 {
			best, value = b, v
		}
		if !(gained > branchingGain*(p.Best-v)) {
			break
		}
		c = grown
	}
	return best, spent
}

// branchAll branches the leaves that have a share of the cost, and says whether it did.
func branchAll(c *central, trees *[2]*branching) bool {
	owner := make(map[*half]*branching)
	for _, t := range trees {
		for _, leaf := range t.leaves(nil) {
			owner[leaf.half] = leaf
		}
	}
	count, least := len(c.side), branchingShare*c.cost()
	branched := false
	for _, s := range c.side {
		if count++; count > mostLeaves || s.rho*s.rho < least {
			count--
			continue
		}
		row := s.branchingRow(c)
		if row < 0 {
			count--
			continue
		}
		b := owner[s.half]
		b.row, b.half = row, nil
		for k, sign := range []float64{1, -1} {
			h := *s.half
			h.path = append(slices.Clone(s.path), signed{row, sign})
			b.kids[k] = &branching{half: &h}
		}
		branched = true
	}
	return branched
}

// branchingRow is the one on whose sides most neurons are: e - |t| is twice the lesser of
// what they give to the row and to its opposite. -1 where none has neurons on both.
func (s *interior) branchingRow(c *central) int {
	row, most := -1, 0.0
	for _, i := range c.live {
		if v := s.even[i] - math.Abs(s.t[i]); v > most && s.on(i) == 0 {
			row, most = i, v
		}
	}
	return row
}

// again is the half with fresh unknowns and the triangles of larger multipliers than least.
func (h *half) again(r *relaxation, least float64) *half {
	out := newHalf(h.sign, r.n, r.d, r.d)
	out.path = h.path
	for _, t := range h.triangles {
		if t.multiplier > least {
			t.multiplier, t.slack = 0, 0
			out.triangles = append(out.triangles, t)
		}
	}
	return out
}

// branchBound is that of the multipliers of all leaves.
func (p *central) branchBound(ctx context.Context, q *Problem, trees [2]*branching) *Bound {
	p.multipliers()
	b := &Bound{Nu: slices.Clone(p.nu)}
	q.Loss.Project(b.Nu, q.Y, q.Intercept)
	evidence := make(map[*half]*Parabolas)
	for _, h := range p.coupled.side {
		e, upper := p.coupled.evidence(ctx, h, b.Nu)
		evidence[h] = e
		b.Upper = max(b.Upper, upper)
	}
	b.BranchesPlus, b.BranchesMinus = trees[0].nodes(nil, evidence), trees[1].nodes(nil, evidence)
	return b
}
