package sphere

import (
	"math"
	"math/rand/v2"
	"multigrade/proofs/internal/exact"
	"testing"
)

// manyLeaves is an inequality of Gaussian data and dual point, the radius being 1 + room
// times the largest of |nu'relu(Xw)| that random starts lead to, with trees grown for it.
func manyLeaves(rows, cols int, room float64) (q Inequality, plus, minus []byte) {
	rng := rand.New(rand.NewPCG(71, 72))
	x, nu := exact.Matrix{Rows: rows, Cols: cols, Values: make([]float64, rows*cols)}, make([]float64, rows)
	for k := range x.Values {
		x.Values[k] = rng.NormFloat64()
	}
	for i := range nu {
		nu[i] = rng.NormFloat64()
	}
	largest := 0.0
	for range 200 {
		w := make([]float64, cols)
		for j := range w {
			w[j] = rng.NormFloat64()
		}
		largest = max(largest, climb(x, nu, w))
	}
	q = Inequality{X: x, Nu: nu, Radius: exact.Point(largest * (1 + room))}
	return q, q.grownTree(1), q.grownTree(-1)
}

// climb moves w to X'D nu for its pattern D, or away from it where nu'relu(Xw) < 0,
// and returns the largest ||X'D nu|| on the way that D's own cone attains.
func climb(x exact.Matrix, nu, w []float64) (largest float64) {
	for range 20 {
		g, value := make([]float64, len(w)), 0.0
		for i, v := range nu {
			row, _ := x.Row(i)
			if z := dotProduct(row, w); z > 0 {
				addTo(g, v, row)
				value += v * z
			}
		}
		largest = max(largest, math.Abs(value)/math.Sqrt(dotProduct(w, w)))
		for j := range g {
			g[j] = math.Copysign(1, value) * g[j]
		}
		w = g
	}
	return largest
}

// grownTree bisects the longest edge until every leaf is true by more than a
// checker may ask for.
func (q Inequality) grownTree(s float64) (text []byte) {
	x, r := NonzeroColumns(q.X)
	t := q.newTreeCheck(nil, nil, x, r, s)
	t.radius *= 1 - 1e-8
	w := &treeWorker{treeCheck: t, leaf: newLeafCheck(r, t.radius, t.slack)}
	var grow func(depth int)
	grow = func(depth int) {
		c := w.cone(depth)
		if w.leaf.check(c) <= t.radius {
			text = append(text, TreeLeaf)
			return
		}
		edge := c.longestEdge()
		text = append(text, edge)
		a, b := edgeVertices(edge)
		w.cone(depth+1).child(c, a, b)
		grow(depth + 1)
		w.cone(depth+1).child(c, b, a)
		grow(depth + 1)
	}
	for orthant := range 1 << r {
		w.cone(0).orthant(orthant)
		w.cone(0).sortAll(x, q.Nu, s)
		grow(0)
	}
	return text
}

func (c *cone) longestEdge() (edge byte) {
	longest, number := 0.0, byte(TreeEdge)
	for b := range c.r {
		for a := range b {
			square := 0.0
			for k := range c.r {
				by := c.vertex[a*c.r+k] - c.vertex[b*c.r+k]
				square += by * by
			}
			if square > longest {
				longest, edge = square, number
			}
			number++
		}
	}
	return edge
}

func TestManyLeaves(t *testing.T) {
	q, plus, minus := manyLeaves(40, 3, 0.02)
	if bisected := len(plus) + len(minus) - 2*8; bisected < 20 {
		t.Errorf("%d nodes more than the orthants", bisected)
	}
	if _, err := q.ByTrees(plus, minus); err != nil {
		t.Error(err)
	}
	q.Radius = q.Radius.Div(1.03)
	if _, err := q.ByTrees(plus, minus); err == nil {
		t.Error("accepted with a radius too small")
	}
}

// BenchmarkCheckTree checks evidence over all patterns of rank 5, where it is most
// of a certificate.
func BenchmarkCheckTree(b *testing.B) {
	q, plus, minus := manyLeaves(400, 5, 0.1)
	b.Logf("%d and %d nodes", len(plus), len(minus))
	b.ResetTimer()
	for b.Loop() {
		if _, err := q.ByTrees(plus, minus); err != nil {
			b.Fatal(err)
		}
	}
}

// Sizes of subtrees, and texts that are not trees.
func TestSubtreeSizes(t *testing.T) {
	size, err := SubtreeSizes([]byte("0.0....."), 2)
	if err != nil || size[0] != 5 || size[1] != 1 || size[2] != 3 || size[7] != 1 {
		t.Errorf("%v, %v", size, err)
	}
	for _, text := range []string{"", "...", "0.", "0", ".....", "1....", "0....", "/...."} {
		if _, err := SubtreeSizes([]byte(text), 2); err == nil {
			t.Errorf("%q is not refused", text)
		}
	}
}

// The pairs a < b are numbered by b, then a.
func TestEdgeVertices(t *testing.T) {
	e := 0
	for b := 1; b < MaxTreeRank; b++ {
		for a := range b {
			if x, y := edgeVertices(byte(TreeEdge + e)); x != a || y != b {
				t.Errorf("edge %d is %d %d, want %d %d", e, x, y, a, b)
			}
			e++
		}
	}
}

// Depths go with the preorder of sizes.
func TestDepth(t *testing.T) {
	for text, want := range map[string]int{"....": 0, "0.....": 1, "00......": 2, "0.0.....": 2, "...0..": 1} {
		size, err := SubtreeSizes([]byte(text), 2)
		if err != nil {
			t.Fatal(text, err)
		}
		if got := depth(size); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}

// Where X is zero, so is m(nu).
func TestClosedFormOfZero(t *testing.T) {
	q := Inequality{X: exact.Matrix{Rows: 3, Cols: 2, Values: make([]float64, 6)}, Nu: []float64{1, -2, 0.5}, Radius: exact.Point(1e-300)}
	if _, err := q.ByClosedForm(Quadratic{Scale: 1}, Quadratic{Scale: 1}); err != nil {
		t.Error(err)
	}
	if _, err := q.ByClosedForm(Quadratic{Scale: 1, Tau: -1}, Quadratic{Scale: 1}); err == nil {
		t.Error("tau < 0 is not refused")
	}
}
