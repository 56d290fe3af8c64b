package sphere

import (
	"fmt"
	"multigrade/proofs/internal/exact"
)

// An inequality is m(nu) <= radius, where m(nu) is the maximum of |nu'relu(Xw)|
// over |w| <= 1, X is n x d and nu has n numbers.
type Inequality struct {
	X      exact.Matrix
	Nu     []float64
	Radius exact.Ball // n beta
}

// treeLeaf marks a leaf; treeEdge + e the bisection of edge e.
const (
	TreeLeaf = '.'
	TreeEdge = '0'
)

// MaxTreeRank bounds the columns a tree may have: it has 2^r orthants.
const MaxTreeRank = 12

// Quadratic is the evidence of the closed form for one sign.
type Quadratic struct{ Scale, Mu, Tau float64 }

// ByTrees decides the inequality by a tree of cones for either sign, whose leaves
// are true and cover the space. It says how many there are, or what is wrong.
func (q Inequality) ByTrees(plus, minus []byte) (string, error) {
	x, r := NonzeroColumns(q.X)
	if r > MaxTreeRank {
		return "", fmt.Errorf("trees: %d columns that are not zero, at most %d are possible", r, MaxTreeRank)
	}
	leaves := 0
	for _, side := range []struct {
		name string
		s    float64
		text []byte
	}{{"tree+", 1, plus}, {"tree-", -1, minus}} {
		size, err := SubtreeSizes(side.text, r)
		if err != nil {
			return "", fmt.Errorf("%s: %w", side.name, err)
		}
		t := q.newTreeCheck(side.text, size, x, r, side.s)
		if err := t.check(); err != nil {
			return "", fmt.Errorf("%s: %w", side.name, err)
		}
		leaves += t.leaves()
	}
	return fmt.Sprintf("all patterns, both signs: %d cones of rank %d", leaves, r), nil
}
