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
	// branchingGain is the share of the gap that branching must take off for it to go on: half
	// and more where it closed the gap, 0.1 to 0.2 at 442 x 11 and 400 x 10.
	branchingGain = 0.25
	// judgedGap is that at which it is judged what a branching gains.
	judgedGap = 1e-3
	// stepsOfTrial is about how many steps the interior-point method takes for a first tree, and stepsOfTree for larger ones.
	stepsOfTrial, stepsOfTree = 60, 100
	// trialWork is the most that a first branching may cost, which may bring nothing: a second or
	// two.
	trialWork = 3e10
	// leafGrowth is how many times as many leaves there are at most after a branching.
	leafGrowth = 2
	// closable is the gap up to which a branching is tried: the leaves of one took half off at 0.01
	// (256 x 5), a fifth at 0.03 to 0.1 (442 x 11, 400 x 10), a quarter at 0.058 (30 x 9), of which 24 leaves left 0.012, and hardly
	// anything at 0.13 to 0.42 (50 and 100 x 9, 300 x 9).
	closable = 0.1
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
// triangles, of their own. It begins with c, solved, which proves value, and returns a better
// bound, or nil.
func (p *Problem) grow(ctx context.Context, r *relaxation, l *lagrangian, c *central, value, work float64) (best *Bound, spent float64) {
	if value >= p.Enough || p.Best-value > closable*math.Abs(p.Best) || leafGrowth*stepsOfTrial*c.stepWork() > trialWork {
		return nil, 0
	}
	trees := [2]*branching{{half: c.coupled.side[0]}, {half: c.coupled.side[1]}}
	evidence := func() float64 { return p.evidenceWork() * float64(len(c.side)) / 2 }
	for reached, grown := value, false; ; {
		affordable := spent+leafGrowth*(stepsOfTree*c.stepWork()+evidence()) <= work
		if c.proved() >= p.Enough || !affordable || !branchAll(c, &trees) {
			if !grown {
				return nil, spent
			}
			break
		}
		next := bareCoupled(r, r.d)
		next.side = nil
		least := kept * c.little()
		for _, t := range trees {
			for _, leaf := range t.leaves(nil) {
				leaf.half = leaf.half.again(r, least)
				next.side = append(next.side, leaf.half)
			}
		}
		var ok bool
		if c, ok = p.begin(r, l, next); !ok {
			return nil, spent
		}
		more, ok := c.search(ctx, work-spent-evidence())
		if spent += more; !ok {
			return nil, spent
		}
		spent += c.settle(ctx, work-spent-evidence(), judgedGap)
		gained := c.objective() - reached
		if reached += gained; !(gained > branchingGain*(p.Best-reached)) {
			if !grown {
				return nil, spent
			}
			break
		}
		grown = true
	}
	spent += c.settle(ctx, work-spent-evidence(), accuracy)
	if ctx.Err() != nil {
		return nil, spent
	}
	best = c.branchBound(ctx, p, trees)
	if spent += evidence(); p.value(best) <= value {
		return nil, spent
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
	for _, s := range c.side {
		if count >= mostLeaves || s.rho*s.rho < least {
			continue
		}
		row := s.branchingRow(c)
		if row < 0 {
			continue
		}
		count++
		b := owner[s.half]
		b.row, b.half = row, nil
		for k, sign := range []float64{1, -1} {
			h := *s.half
			h.path = append(slices.Clone(s.path), signed{row, sign})
			b.kids[k] = &branching{half: &h}
		}
	}
	return count > len(c.side)
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
