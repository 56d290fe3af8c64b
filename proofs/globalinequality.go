package proofs

import "fmt"

// An inequality is m(nu) <= radius, where m(nu) is the maximum of |nu'relu(Xw)|
// over |w| <= 1, X is n x d and nu has n numbers.
type inequality struct {
	x      Matrix
	nu     []float64
	radius ball // n beta
}

// treeLeaf marks a leaf; treeEdge + e the bisection of edge e.
const (
	treeLeaf = '.'
	treeEdge = '0'
)

// maxTreeRank bounds the columns a tree may have: it has 2^r orthants.
const maxTreeRank = 12

// Quadratic is the evidence of the closed form for one sign.
type Quadratic struct{ Scale, Mu, Tau float64 }

// byTrees decides the inequality by a tree of cones for either sign, whose leaves
// are true and cover the space. It says how many there are, or what is wrong.
func (q inequality) byTrees(plus, minus []byte) (string, error) {
	x, r := nonzeroColumns(q.x)
	if r > maxTreeRank {
		return "", fmt.Errorf("trees: %d columns that are not zero, at most %d are possible", r, maxTreeRank)
	}
	leaves := 0
	for _, side := range []struct {
		name string
		s    float64
		text []byte
	}{{"tree+", 1, plus}, {"tree-", -1, minus}} {
		size, err := subtreeSizes(side.text, r)
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
