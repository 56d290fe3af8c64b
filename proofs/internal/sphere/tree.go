package sphere

import (
	"fmt"
	"math"
	"multigrade/proofs/internal/exact"
)

// SubtreeSizes returns, for every node of a preorder text, the number of nodes
// of its subtree, after making sure that the text is exactly 2^r whole trees.
func SubtreeSizes(text []byte, r int) ([]int32, error) {
	if len(text) > math.MaxInt32 {
		return nil, fmt.Errorf("%d nodes are too many", len(text))
	}
	size := make([]int32, len(text))
	var whole []int32 // sizes of the trees to the right, the nearest last
	for k := len(text) - 1; k >= 0; k-- {
		size[k] = 1
		if text[k] != TreeLeaf {
			if e := int(text[k]) - TreeEdge; e < 0 || e >= r*(r-1)/2 {
				return nil, fmt.Errorf("node %d: %q, expected '.' or an edge of %d vertices", k, text[k], r)
			}
			n := len(whole)
			if n < 2 {
				return nil, fmt.Errorf("node %d: a bisected cone without two children", k)
			}
			size[k] += whole[n-1] + whole[n-2]
			whole = whole[:n-2]
		}
		whole = append(whole, size[k])
	}
	if len(whole) != 1<<r {
		return nil, fmt.Errorf("%d trees, expected one for each of %d orthants", len(whole), 1<<r)
	}
	return size, nil
}

// A treeCheck decides all leaves of one sign's tree.
type treeCheck struct {
	text   []byte
	size   []int32
	x      []float64 // n x r
	nu     []float64
	r      int
	s      float64
	radius float64
	slack  []float64 // of a leaf with so many cuts
}

// newTreeCheck bounds the rounding errors. With u = 2^-53, M = sum_i |nu_i|
// max_k |x_ik| and A the largest age of a vertex: |v_j|_1 = 1, so y_ij has an error of at
// most (r + A + 2) u |nu_i| max_k |x_ik|, one rounding for each term and each bisection;
// taking the sign of such a row wrongly changes its part by no more. U_j and what it is
// made of are sums of at most n + A + m terms, m being the number of cuts, whose absolute
// values sum to no more than M. So U_j is within 2 (n + 4 r + 4 A + 4 m) u M of what
// it stands for, and sum_j l_j <= sqrt(r).
func (q Inequality) newTreeCheck(text []byte, size []int32, x []float64, r int, s float64) *treeCheck {
	nu := q.Nu
	magnitude, age := rowMagnitude(x, nu, r), min(maxAge, depth(size))
	slack := make([]float64, maxLeafCuts+1)
	for m := range slack {
		slack[m] = exact.SumError(4*(len(nu)+4*r+4*age+4*m), magnitude) * math.Sqrt(float64(r)) * (1 + 0x1p-40)
	}
	return &treeCheck{text: text, size: size, x: x, nu: nu, r: r, s: s, radius: q.Radius.Lower(), slack: slack}
}

// depth of the deepest of the trees whose subtrees have the given sizes: an age is at
// most the number of bisections before. Without sizes it is not known.
func depth(size []int32) int {
	if size == nil {
		return maxAge
	}
	deepest := 0
	var ends []int32 // where the subtrees end that the node is in
	for k, n := range size {
		for len(ends) > 0 && ends[len(ends)-1] <= int32(k) {
			ends = ends[:len(ends)-1]
		}
		deepest = max(deepest, len(ends))
		ends = append(ends, int32(k)+n)
	}
	return deepest
}

func (t *treeCheck) leaves() int { return (len(t.text) + 1<<t.r) / 2 }

// A treeTask is a subtree with the vertices of its root.
type treeTask struct {
	node  int32
	shape *cone
}

// check decides the leaves in parallel and reports the first that fails. Without
// columns the left side of the only leaf's inequality is 0, so it is true.
func (t *treeCheck) check() error {
	if t.r == 0 {
		return nil
	}
	tasks, err := t.tasks()
	if err != nil {
		return err
	}
	failed := make([]error, len(tasks))
	exact.Parallel(len(tasks), func() func(int) {
		w := &treeWorker{treeCheck: t, leaf: newLeafCheck(t.r, t.radius, t.slack)}
		return func(i int) { failed[i] = w.run(tasks[i]) }
	})
	for _, err := range failed {
		if err != nil {
			return err
		}
	}
	return nil
}

// tasks cuts the trees into subtrees of moderate size, in order.
func (t *treeCheck) tasks() ([]treeTask, error) {
	const parts = 512
	most := int32(max(len(t.text)/parts, 32))
	var tasks, stack []treeTask
	next := int32(0)
	for number := range 1 << t.r {
		c := newTreeCone(t.r)
		c.orthant(number)
		stack = append(stack, treeTask{next, c})
		next += t.size[next]
		for len(stack) > 0 {
			top := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if t.size[top.node] <= most {
				tasks = append(tasks, top)
				continue
			}
			first, second, err := t.split(top)
			if err != nil {
				return nil, err
			}
			stack = append(stack, second, first)
		}
	}
	return tasks, nil
}

// split returns the two children of a subtree's root.
func (t *treeCheck) split(top treeTask) (first, second treeTask, err error) {
	a, b := edgeVertices(t.text[top.node])
	if err := t.age(top.node, top.shape, a, b); err != nil {
		return first, second, err
	}
	first = treeTask{top.node + 1, newTreeCone(t.r)}
	first.shape.copyShape(top.shape)
	first.shape.bisect(a, b)
	second = treeTask{first.node + t.size[first.node], newTreeCone(t.r)}
	second.shape.copyShape(top.shape)
	second.shape.bisect(b, a)
	return first, second, nil
}

// edgeVertices returns the pair a < b with number b(b-1)/2 + a.
func edgeVertices(char byte) (a, b int) {
	e := int(char) - TreeEdge
	for b = 1; e >= b*(b+1)/2; {
		b++
	}
	return e - b*(b-1)/2, b
}

// age refuses a bisection whose midpoint may need more than 53 bits.
func (t *treeCheck) age(node int32, c *cone, a, b int) error {
	if max(c.age[a], c.age[b]) >= maxAge {
		return fmt.Errorf("node %d: a vertex after more than %d bisections", node, maxAge)
	}
	return nil
}

// A treeWorker decides subtrees, one after the other.
type treeWorker struct {
	*treeCheck
	leaf  *leafCheck
	cones []*cone // one per depth
}

func (w *treeWorker) run(task treeTask) error {
	c := w.cone(0)
	c.copyShape(task.shape)
	c.sortAll(w.x, w.nu, w.s)
	_, err := w.descend(task.node, 0)
	return err
}

func (w *treeWorker) cone(depth int) *cone {
	for len(w.cones) <= depth {
		w.cones = append(w.cones, newTreeCone(w.r))
	}
	return w.cones[depth]
}

// descend decides the leaves of the subtree at node, whose cone is at the given
// depth, and returns the node after it.
func (w *treeWorker) descend(node int32, depth int) (int32, error) {
	c := w.cone(depth)
	if w.text[node] == TreeLeaf {
		if bound := w.leaf.check(c); !(bound <= w.radius) {
			return 0, fmt.Errorf("node %d: the leaf shows %.17g, more than n beta = %.17g", node, bound, w.radius)
		}
		return node + 1, nil
	}
	a, b := edgeVertices(w.text[node])
	if err := w.age(node, c, a, b); err != nil {
		return 0, err
	}
	child := w.cone(depth + 1)
	child.child(c, a, b)
	next, err := w.descend(node+1, depth+1)
	if err != nil {
		return 0, err
	}
	child.child(c, b, a)
	return w.descend(next, depth+1)
}

// rowMagnitude bounds sum_i |nu_i| max_k |x_ik| from above.
func rowMagnitude(x, nu []float64, r int) float64 {
	sum := 0.0
	for i, v := range nu {
		top := 0.0
		for _, a := range x[i*r : (i+1)*r] {
			top = max(top, math.Abs(a))
		}
		sum += math.Abs(v) * top
	}
	return exact.Outward(sum) + exact.SumError(len(nu), sum)
}
