package sphere

import (
	"errors"
	"fmt"
	"math"

	"multigrade/proofs/internal/exact"
)

// BranchNode is a node of a tree, in preorder, over parts of the unit ball: a leaf, with the
// evidence for its part, or one whose first child has x_Row.w >= 0 and whose second has
// x_Row.w <= 0.
type BranchNode struct {
	Row  int
	Leaf *Parabolas // nil where it branches
}

// maxPath bounds the branchings above a leaf.
const maxPath = 64

// signedRow is a row of a leaf's path and the sign that it has there.
type signedRow struct {
	row  int
	sign float64
}

// ByBranches decides the inequality by a tree for either sign, whose leaves cover the ball
// and are true: see FORMAT.md. On a leaf the rows of its path are max(t, 0) = t or 0, and
// a |t| - b t^2 >= 0, b |x| <= a, may be added for them.
func (q Inequality) ByBranches(plus, minus []BranchNode) (string, error) {
	x := q.X.StoredColumns()
	heights := rowHeights(x)
	leaves := 0
	for _, side := range []struct {
		name string
		s    float64
		tree []BranchNode
	}{{"tree+", 1, plus}, {"tree-", -1, minus}} {
		next := 0
		var walk func(path []signedRow) error
		walk = func(path []signedRow) error {
			if next == len(side.tree) {
				return errors.New("the tree ends too early")
			}
			at := next
			node := side.tree[at]
			next++
			if node.Leaf != nil {
				leaves++
				if err := q.byParabolas(x, heights, side.s, node.Leaf, path); err != nil {
					return fmt.Errorf("node %d: %w", at, err)
				}
				return nil
			}
			if node.Row < 0 || node.Row >= x.Rows {
				return fmt.Errorf("node %d: row %d of %d", at, node.Row, x.Rows)
			}
			if len(path) == maxPath {
				return fmt.Errorf("node %d: more than %d branchings above it", at, maxPath)
			}
			for _, b := range path {
				if b.row == node.Row {
					return fmt.Errorf("node %d: the sign of row %d is known", at, node.Row)
				}
			}
			for _, sign := range []float64{1, -1} {
				if err := walk(append(path[:len(path):len(path)], signedRow{node.Row, sign})); err != nil {
					return err
				}
			}
			return nil
		}
		if err := walk(nil); err != nil {
			return "", fmt.Errorf("%s: %w", side.name, err)
		}
		if next != len(side.tree) {
			return "", fmt.Errorf("%s: %d nodes, the tree ends after %d", side.name, len(side.tree), next)
		}
	}
	return fmt.Sprintf("all patterns, both signs: parabolas on %d parts of the ball", leaves), nil
}

// fix takes the signs of the path's rows, and what the evidence adds for them.
func (t *terms) fix(path []signedRow, e *Parabolas) error {
	if len(e.Signs) != 2*len(path) {
		return fmt.Errorf("signs: %d numbers for %d rows", len(e.Signs), len(path))
	}
	if len(path) == 0 {
		return nil
	}
	t.sign, t.square = make([]float64, t.x.Rows), make([]float64, t.x.Rows)
	for k, b := range path {
		a, square, h := e.Signs[2*k], e.Signs[2*k+1], t.heights[b.row]
		if !(a >= 0) || !(square >= 0) || exact.Outward(square*h) > a && square > 0 {
			return fmt.Errorf("signs: row %d: %v |t| - %v t^2 is not shown to be at least 0 for |t| <= %v", b.row, a, square, h)
		}
		if t.slope[b.row] != (1+b.sign)/2 || t.curvature[b.row] != 0 {
			return fmt.Errorf("row %d: slope %v and curvature %v, expected %v and 0 where its sign is known", b.row, t.slope[b.row], t.curvature[b.row], (1+b.sign)/2)
		}
		t.sign[b.row], t.square[b.row] = b.sign, square
		size := exact.Outward(4 * exact.UnitRoundoff * (math.Abs(t.linear[b.row]) + a))
		t.slack = exact.Outward(t.slack + exact.Outward(h*(size+exact.Underflow)))
		t.linear[b.row] += b.sign * a
	}
	return nil
}

// signed says whether the sign of row i is known.
func (t *terms) signed(i int) bool { return t.sign != nil && t.sign[i] != 0 }
