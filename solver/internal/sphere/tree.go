package sphere

import "math"

// boundTree is the tree of one sign: its first 2^r nodes are the orthants, and
// the children of a bisected node are neighbours.
type boundTree struct {
	r    int
	sign float64
	node []boundNode
}

// boundNode is a cone in the tree. Its edge is the pair of vertices that is
// bisected, -1 for a leaf; child 0 replaces the second vertex of the pair by the
// midpoint, child 1 the first.
type boundNode struct {
	bound  float64 // proved
	parent int32   // -1 for an orthant
	child  int32   // index of child 0, 0 for a leaf
	edge   int16
}

func newBoundTree(r int, sign, bound float64) *boundTree {
	t := &boundTree{r: r, sign: sign, node: make([]boundNode, 1<<r)}
	for o := range t.node {
		t.node[o] = boundNode{bound: bound, parent: -1, edge: -1}
	}
	return t
}

// edgeIndex numbers the pairs a < b by b, then a.
func edgeIndex(a, b int) int16 { return int16(b*(b-1)/2 + a) }

// edgeEnds is the inverse of edgeIndex.
func edgeEnds(e int16) (a, b int) {
	b = 1
	for int(e) >= b*(b+1)/2 {
		b++
	}
	return int(e) - b*(b-1)/2, b
}

// ends returns the vertex kept and the one replaced in child `which` of an edge.
func ends(e int16, which int) (keep, drop int) {
	a, b := edgeEnds(e)
	if which == 1 {
		return b, a
	}
	return a, b
}

// cone rebuilds the vertices of node k in c, using tmp.
func (t *boundTree) cone(k int32, c, tmp *cone) {
	var path []int32
	for ; t.node[k].parent >= 0; k = t.node[k].parent {
		path = append(path, k)
	}
	c.orthant(int(k))
	for len(path) > 0 {
		k := path[len(path)-1]
		path = path[:len(path)-1]
		p := t.node[t.node[k].parent]
		keep, drop := ends(p.edge, int(k-p.child))
		tmp.bisect(c, keep, drop)
		*c, *tmp = *tmp, *c
	}
}

// graft replaces leaf k by a subtree in preorder and calls open for each of its
// leaves.
func (t *boundTree) graft(k int32, sub []subtreeNode, open func(k int32, leaf subtreeNode)) {
	at := []int32{k}
	for _, s := range sub {
		k := at[len(at)-1]
		at = at[:len(at)-1]
		t.node[k].bound = min(t.node[k].bound, s.bound)
		if s.edge < 0 {
			open(k, s)
			continue
		}
		child := int32(len(t.node))
		t.node[k].edge, t.node[k].child = s.edge, child
		for range 2 {
			t.node = append(t.node, boundNode{bound: t.node[k].bound, parent: k, edge: -1})
		}
		at = append(at, child+1, child)
	}
}

// preorder writes the tree with one character a node: '.' for a leaf, '0' + e
// for a cone bisected at edge e. Orthants come in the order of their numbers.
// Nodes with a bound of at most enough are leaves: what was grown below them is
// not needed, and not all of it need be as easy to prove, for a cone inherits
// the bound of the one it was cut from.
func (t *boundTree) preorder(enough float64) []byte {
	out := make([]byte, 0, len(t.node))
	var stack []int32
	for o := range int32(1 << t.r) {
		stack = append(stack, o)
		for len(stack) > 0 {
			n := t.node[stack[len(stack)-1]]
			stack = stack[:len(stack)-1]
			if n.edge < 0 || n.bound <= enough {
				out = append(out, '.')
				continue
			}
			out = append(out, '0'+byte(n.edge))
			stack = append(stack, n.child+1, n.child)
		}
	}
	return out
}

// subtreeNode is a node of the part of the tree that grew from one leaf.
type subtreeNode struct {
	bound float64
	edge  int16 // -1: leaf
	done  bool  // a leaf that is not to be bisected: good enough, or as fine as float64 allows
}

// grower grows subtrees; one per goroutine.
type grower struct {
	r     int
	x     []float64 // n x r
	nu    []float64 // n, scaled
	relax *relaxation
	stack []*cone // one per depth
	tmp   *cone

	sub    []subtreeNode
	enough float64
	goal   float64 // leaves with a bound up to here are done; at most enough
	rise   float64 // goal is at least reached * rise
	budget int

	reached float64   // the largest v'relu(Xw) seen at |w| = 1
	w       []float64 // where
}

func newGrower(x, nu []float64, r int, slack float64) *grower {
	return &grower{r: r, x: x, nu: nu, relax: newRelaxation(r, slack), tmp: newCone(r), w: make([]float64, r)}
}

// grow grows the tree below node k until every leaf's bound is at most enough
// or the subtree has about budget nodes, and returns it in preorder. A point
// found on the way, of value v, raises goal and enough to v rise.
func (g *grower) grow(t *boundTree, k int32, goal, enough, rise float64, budget int) []subtreeNode {
	t.cone(k, g.cone(0), g.tmp)
	return g.growFrom(t.sign, t.node[k].bound, goal, enough, rise, budget)
}

// growFrom is grow below the cone at depth 0 of the stack, whose bound is given.
func (g *grower) growFrom(sign, bound, goal, enough, rise float64, budget int) []subtreeNode {
	g.sub, g.goal, g.enough, g.rise, g.budget, g.reached = nil, goal, enough, rise, budget, 0
	g.relax.operations += 2 * rowWork * len(g.x)
	g.cone(0).sortRows(g.x, g.nu, sign)
	g.descend(0, bound)
	return g.sub
}

// operations since the last call.
func (g *grower) operations() float64 {
	done := g.relax.operations
	g.relax.operations = 0
	return float64(done)
}

func (g *grower) cone(depth int) *cone {
	for len(g.stack) <= depth {
		g.stack = append(g.stack, newCone(g.r))
	}
	return g.stack[depth]
}

// descend evaluates the cone at the given depth of the stack, and its children.
func (g *grower) descend(depth int, bound float64) {
	c, x := g.cone(depth), g.relax
	x.evaluate(c, bound, g.enough, len(g.sub)+1 >= g.budget)
	g.remember(c)
	me := len(g.sub)
	g.sub = append(g.sub, subtreeNode{bound: x.bound, edge: -1, done: x.bound <= g.goal})
	if x.bound <= g.enough {
		return
	}
	a, b, ok := c.branch(x.l, x.score)
	if !ok {
		g.sub[me].done = true
		return
	}
	if len(g.sub) >= g.budget {
		return
	}
	g.sub[me].edge = edgeIndex(a, b)
	bound = x.bound
	child := g.cone(depth + 1)
	for which := range 2 {
		keep, drop := ends(edgeIndex(a, b), which)
		child.split(c, keep, drop)
		g.descend(depth+1, bound)
	}
}

// remember keeps the best point seen.
func (g *grower) remember(c *cone) {
	x := g.relax
	if x.reached <= g.reached {
		return
	}
	g.reached = x.reached
	g.goal = max(g.goal, g.reached*g.rise)
	g.enough = max(g.enough, g.goal)
	clear(g.w)
	for j, l := range x.l {
		for k := range g.w {
			g.w[k] += l * c.v[j*g.r+k]
		}
	}
	norm := math.Sqrt(dotSmall(g.w, g.w))
	for k := range g.w {
		g.w[k] /= norm
	}
}
