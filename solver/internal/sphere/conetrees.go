package sphere

import (
	"context"
	"errors"
)

// coneTrees are trees over cones: of every sign one for each orthant.
type coneTrees struct {
	r      int
	goal   float64 // of a leaf's bound, which are in units of scale
	given  float64 // the bound of the closed form
	scale  float64
	room   float64 // roundings of a value reached
	budget int
	g      *grower
}

var _ treeGrower = (*coneTrees)(nil)

func newConeTrees(b *bounder, target float64) *coneTrees {
	b.scale = target
	x, nu, slack := b.normalised()
	r := len(b.columns)
	// Of a bound u here NeuronBound.Upper is u scale (1+2^-50).
	return &coneTrees{r: r, goal: 1 - 1e-14, given: b.formula.Bound / b.scale, scale: b.scale, room: slack, budget: b.budget(), g: newGrower(x, nu, r, slack)}
}

func (t *coneTrees) roots() int { return 1 << t.r }

func (t *coneTrees) chunk() int { return t.budget }

func (t *coneTrees) twin() treeGrower {
	twin := *t
	twin.g = newGrower(t.g.x, t.g.nu, t.r, t.room)
	return &twin
}

// ErrNoWay says that a way is none in these trees.
var ErrNoWay = errors.New("a branching of the proof does not exist")

// child sets to to the cone that a step leads to from c.
func (t *coneTrees) child(to, c *cone, s WayStep) error {
	if s.Kind != 'e' || s.At >= t.r*(t.r-1)/2 {
		return ErrNoWay
	}
	keep, drop := ends(int16(s.At), s.Child)
	if max(c.age[keep], c.age[drop]) >= maxAge {
		return ErrNoWay
	}
	to.bisect(c, keep, drop)
	return nil
}

// follow sets c to the cone at the end of a way.
func (t *coneTrees) follow(c *cone, at Way) error {
	c.orthant(at.Root)
	for _, s := range at.Steps {
		if err := t.child(t.g.tmp, c, s); err != nil {
			return err
		}
		*c, *t.g.tmp = *t.g.tmp, *c
	}
	return nil
}

func (t *coneTrees) exists(at Way, tree Tree) error {
	root := newCone(t.r)
	if err := t.follow(root, at); err != nil {
		return err
	}
	for k := range tree {
		if n := &tree[k]; n.Kind == 's' || len(n.Values) > 0 {
			return ErrNoWay
		}
	}
	return walk(tree, root, func(c *cone, s WayStep) (*cone, error) {
		to := newCone(t.r)
		return to, t.child(to, c, s)
	})
}

func (t *coneTrees) grow(_ context.Context, at Way, nodes int) (Tree, float64, error) {
	if err := t.follow(t.g.cone(0), at); err != nil {
		return nil, 0, err
	}
	sign := 1.0
	if at.Minus {
		sign = -1
	}
	sub := t.g.growFrom(sign, t.given, t.goal, t.goal, 0, nodes)
	out := make(Tree, len(sub))
	for k, s := range sub {
		switch {
		case s.edge >= 0:
			out[k] = TreeNode{Kind: 'e', At: int(s.edge)}
		case s.bound <= t.goal:
			out[k].Kind = '.'
		default:
			out[k].Kind = '?'
		}
	}
	reached := 0.0
	if t.g.reached > 1+t.room {
		reached = t.g.reached * t.scale
	}
	return out, reached, nil
}

func (t *coneTrees) certify(p *Proof, c *GlobalCertificate) {
	text := func(t Tree) []byte {
		out := make([]byte, len(t))
		for k := range t {
			if out[k] = '.'; t[k].Kind == 'e' {
				out[k] = '0' + byte(t[k].At)
			}
		}
		return out
	}
	c.Plus, c.Minus = text(p.Plus), text(p.Minus)
}
