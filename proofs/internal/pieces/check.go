package pieces

import (
	"fmt"
	"math"
	"math/big"

	"multigrade/proofs/internal/exact"
)

// u bounds the relative error of a handful of float64 operations.
const u = 0x1p-50

// Problem is what the evidence is about: X (Rows x Cols) by its rows, and nu.
type Problem struct {
	Rows, Cols int
	Row        func(i int, dst []float64) // sets dst to row i
	Nu         []float64
}

// Check decides m(nu) <= radius. It returns the number of leaves, or what is
// wrong and where.
func (e *Evidence) Check(p Problem, radius float64) (leaves int, err error) {
	c := &checker{e: e, p: p, radius: radius}
	if err := c.geometry(); err != nil {
		return 0, err
	}
	for _, side := range []struct {
		name string
		s    float64
		tree []Node
	}{{"tree+", 1, e.Plus}, {"tree-", -1, e.Minus}} {
		n, err := c.tree(side.tree, side.s)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", side.name, err)
		}
		leaves += n
	}
	return leaves, nil
}

type checker struct {
	e      *Evidence
	p      Problem
	radius float64
	norm   []float64 // of the knots, from above
	plane  []plane   // per group
	off    float64   // sum |nu_i| |delta_i|, from above
	first  []int     // per knot: the first of the two groups that share it, or -1
}

// plane has the coordinates of a group's knots in an orthonormal basis of their
// plane: a = (a1, 0), b = (b1, b2), up to errors of err in every norm of p a + q b
// relative to |p| |a| + |q| |b|.
type plane struct{ a1, b1, b2, err float64 }

// geometry checks the groups and measures how far rows are off their planes.
func (c *checker) geometry() error {
	for k, a := range c.e.Knots {
		if len(a) != c.p.Cols {
			return fmt.Errorf("knot %d: %d numbers for %d columns", k, len(a), c.p.Cols)
		}
		c.norm = append(c.norm, length(a))
	}
	seen := make([]bool, c.p.Rows)
	x := make([]float64, c.p.Cols)
	for k := range c.e.Groups {
		g := &c.e.Groups[k]
		if min(g.A, g.B) < 0 || max(g.A, g.B) >= len(c.e.Knots) {
			return fmt.Errorf("group %d: knots %d and %d of %d", k, g.A, g.B, len(c.e.Knots))
		}
		if len(g.Rows) != len(g.Theta) {
			return fmt.Errorf("group %d: %d rows and %d theta", k, len(g.Rows), len(g.Theta))
		}
		a, b := c.e.Knots[g.A], c.e.Knots[g.B]
		last := 0.0
		for j, i := range g.Rows {
			t := g.Theta[j]
			switch {
			case i < 0 || i >= c.p.Rows || seen[i]:
				return fmt.Errorf("group %d: row %d is in no or two groups", k, i)
			case !(t >= last && t <= 1):
				return fmt.Errorf("group %d: theta %v of row %d, expected ascending in [0, 1]", k, t, i)
			}
			seen[i], last = true, t
			c.p.Row(i, x)
			sum := 0.0
			for l, v := range x {
				near, far := (1-t)*a[l], t*b[l]
				d := math.Abs(v-near-far) + u*(math.Abs(v)+math.Abs(a[l])+math.Abs(b[l]))
				sum += d * d
			}
			c.off += math.Abs(c.p.Nu[i]) * (math.Sqrt(sum) + 0x1p-400)
		}
		c.plane = append(c.plane, newPlane(a, b))
	}
	for i, s := range seen {
		if !s {
			return fmt.Errorf("row %d is in no group", i)
		}
	}
	c.off *= 1 + float64(c.p.Rows+c.p.Cols)*u
	c.share()
	return nil
}

// share finds the knots at which there are shifts: those in which two groups end and no
// more, each of them between two knots.
func (c *checker) share() {
	ends, alone := make([]int, len(c.e.Knots)), make([]bool, len(c.e.Knots))
	c.first = make([]int, len(c.e.Knots))
	for k := len(c.e.Groups) - 1; k >= 0; k-- {
		for _, knot := range []int{c.e.Groups[k].A, c.e.Groups[k].B} {
			ends[knot]++
			alone[knot] = alone[knot] || c.e.Groups[k].A == c.e.Groups[k].B
			c.first[knot] = k
		}
	}
	for knot := range ends {
		if ends[knot] != 2 || alone[knot] {
			c.first[knot] = -1
		}
	}
}

// length is the norm from above.
func length(v []float64) float64 {
	s := 0.0
	for _, x := range v {
		s += x * x
	}
	return math.Sqrt(s)*(1+float64(len(v)+4)*u) + 0x1p-400 // for squares that underflow
}

func newPlane(a, b []float64) plane {
	p := plane{err: float64(4*len(a)+32) * u}
	for _, x := range a {
		p.a1 += x * x
	}
	p.a1 = math.Sqrt(p.a1)
	e := make([]float64, len(a))
	if p.a1 > 0 {
		for k, x := range a {
			e[k] = x / p.a1
			p.b1 += e[k] * b[k]
		}
	}
	for k, x := range b {
		d := x - p.b1*e[k]
		p.b2 += d * d
	}
	p.b2 = math.Sqrt(p.b2)
	return p
}

// sums are the partial sums of s nu and s nu theta over a group's first rows,
// correctly rounded but for a few 1e-60.
type sums struct{ c0, c1 []float64 }

func (c *checker) partial(g *Group, s float64) sums {
	const bits = 400
	var out sums
	zero := func() *big.Float { return new(big.Float).SetPrec(bits) }
	s0, s1 := zero(), zero()
	put := func() {
		v0, _ := s0.Float64()
		v1, _ := s1.Float64()
		out.c0, out.c1 = append(out.c0, v0), append(out.c1, v1)
	}
	put()
	for j, i := range g.Rows {
		v := zero().SetFloat64(s * c.p.Nu[i])
		s0.Add(s0, v)
		s1.Add(s1, v.Mul(v, zero().SetFloat64(g.Theta[j])))
		put()
	}
	return out
}

// region is a node's part of the ball: signs of knots and, for every group, that
// its sign changes after row l-1 and before row u of the group.
type region struct {
	sign []int8
	l, u []int
}

func (r *region) clone() *region {
	return &region{append([]int8(nil), r.sign...), append([]int(nil), r.l...), append([]int(nil), r.u...)}
}

func (r *region) crosses(g *Group) bool { return r.sign[g.A]*r.sign[g.B] < 0 }

// decided says that phi is linear by the signs of its knots.
func (r *region) decided(g *Group) bool { return r.sign[g.A]*r.sign[g.B] > 0 }

// tree walks the preorder and decides every leaf, in parallel.
func (c *checker) tree(nodes []Node, s float64) (leaves int, err error) {
	part := make([]sums, len(c.e.Groups))
	at := &region{sign: make([]int8, len(c.e.Knots)), l: make([]int, len(part)), u: make([]int, len(part))}
	for k := range part {
		g := &c.e.Groups[k]
		part[k] = c.partial(g, s)
		at.u[k] = len(g.Rows)
	}
	type leaf struct {
		node int
		at   *region
	}
	var list []leaf
	stack := []*region{at}
	for k := range nodes {
		if len(stack) == 0 {
			return 0, fmt.Errorf("node %d: after the end of the tree", k)
		}
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if nodes[k].Kind == Leaf || nodes[k].Kind == Shifted {
			list = append(list, leaf{k, at})
			continue
		}
		first, second, err := c.branch(&nodes[k], at)
		if err != nil {
			return 0, fmt.Errorf("node %d: %w", k, err)
		}
		stack = append(stack, second, first)
	}
	if len(stack) > 0 {
		return 0, fmt.Errorf("%d children are missing", len(stack))
	}
	failed := make([]error, len(list))
	exact.Parallel(len(list), func() func(k int) {
		return func(k int) {
			if bound, err := c.leaf(&nodes[list[k].node], list[k].at, part); err != nil {
				failed[k] = err
			} else if !(bound <= c.radius) {
				failed[k] = fmt.Errorf("the leaf shows %.17g, more than n beta = %.17g", bound, c.radius)
			}
		}
	})
	for k, err := range failed {
		if err != nil {
			return 0, fmt.Errorf("node %d: %w", list[k].node, err)
		}
	}
	return len(list), nil
}

// branch returns the regions of a node's children, whose union is the node's.
func (c *checker) branch(n *Node, at *region) (first, second *region, err error) {
	first, second = at.clone(), at.clone()
	switch n.Kind {
	case Sign:
		if n.At < 0 || n.At >= len(at.sign) {
			return nil, nil, fmt.Errorf("knot %d of %d", n.At, len(at.sign))
		}
		if at.sign[n.At] != 0 {
			return nil, nil, fmt.Errorf("the sign at knot %d is known", n.At)
		}
		first.sign[n.At], second.sign[n.At] = 1, -1
	case Crossing:
		if n.At < 0 || n.At >= len(at.l) {
			return nil, nil, fmt.Errorf("group %d of %d", n.At, len(at.l))
		}
		if !at.crosses(&c.e.Groups[n.At]) {
			return nil, nil, fmt.Errorf("group %d has no change of sign", n.At)
		}
		if n.Row < at.l[n.At] || n.Row >= at.u[n.At] {
			return nil, nil, fmt.Errorf("row %d of group %d is not among %d..%d", n.Row, n.At, at.l[n.At], at.u[n.At]-1)
		}
		first.u[n.At] = n.Row
		second.l[n.At] = n.Row + 1
	default:
		return nil, nil, fmt.Errorf("kind %q", n.Kind)
	}
	return first, second, nil
}
