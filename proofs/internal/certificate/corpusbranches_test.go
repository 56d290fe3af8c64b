package certificate

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"multigrade/proofs/internal/naive"
	"multigrade/proofs/internal/sphere"
	"multigrade/proofs/internal/verdict"
)

// Certificates with a section global branches for the corpora.

// branchEvidence has a tree of three leaves for nu and one of two for -nu, over the rows of the
// largest weights, with transfers in some leaves.
func branchEvidence(c *naive.Certificate, g *Global) bool {
	g.Plus, g.Minus = nil, nil
	c.Global.Trees = nil
	rows := make([]int, len(c.X))
	for i := range rows {
		rows[i] = i
	}
	slices.SortStableFunc(rows, func(i, j int) int { return new(big.Rat).Abs(c.Nu[j]).Cmp(new(big.Rat).Abs(c.Nu[i])) })
	rng := rand.New(rand.NewPCG(76, math.Float64bits(g.Nu[0])))
	first, second := rows[0], rows[min(1, len(rows)-1)]
	if first == second {
		panic("a program of one row")
	}
	type signs = map[int]int
	g.BranchesPlus = []sphere.BranchNode{{Row: first}, branchLeaf(c, 0, nil, []int{first}, signs{first: 1}), {Row: second},
		branchLeaf(c, 0, someTransfers(rng, c, 0), []int{first, second}, signs{first: -1, second: 1}),
		branchLeaf(c, 0, nil, []int{first, second}, signs{first: -1, second: -1})}
	g.BranchesMinus = []sphere.BranchNode{{Row: second}, branchLeaf(c, 1, nil, []int{second}, signs{second: 1}), branchLeaf(c, 1, nil, []int{second}, signs{second: -1})}
	c.Global.Branches = [][]naive.Branch{naiveBranches(g.BranchesPlus), naiveBranches(g.BranchesMinus)}
	return c.BranchesHold() == naive.Holds
}

// branchLeaf adds |t|/8 - t^2/(16 |x|) times the weight of every row of its path.
func branchLeaf(c *naive.Certificate, side int, transfers []sphere.Transfer, path []int, signs map[int]int) sphere.BranchNode {
	known := map[int]naive.Known{}
	var add []float64
	for k, i := range path {
		h, w := 0x1p-20, 0.0
		for _, x := range naive.Floats(c.X[i]) {
			h = math.Hypot(h, x)
		}
		if k == 0 {
			w, _ = c.Nu[i].Float64()
		}
		a, b := math.Abs(w)/8, math.Abs(w)/(16*h)
		add = append(add, a, b)
		known[i] = naive.Known{Sign: signs[i], A: new(big.Rat).SetFloat64(a), B: new(big.Rat).SetFloat64(b)}
	}
	_, leaf := leastParabolas(c, side, transfers, known)
	leaf.Signs = add
	return sphere.BranchNode{Leaf: leaf}
}

func naiveBranches(tree []sphere.BranchNode) (out []naive.Branch) {
	for _, node := range tree {
		b := naive.Branch{Row: node.Row}
		if p := node.Leaf; p != nil {
			b.Leaf = &naive.Rowwise{MuTau: rationals([]float64{p.Mu, p.Tau}), Slope: rationals(p.Slope), Curvature: rationals(p.Curvature), Transfers: rationalTransfers(p.Transfers)}
			for k := 0; k < len(p.Signs); k += 2 {
				v := rationals(p.Signs[k : k+2])
				b.Add = append(b.Add, [2]*big.Rat{v[0], v[1]})
			}
		}
		out = append(out, b)
	}
	return out
}

// branchLies change trees and leaves.
func branchLies(put func(base, lie, expect string, change func(c *Certificate))) {
	lie := func(lie, expect string, change func(g *Global)) {
		put("global-branches-rank-2", lie, "global-feasible: "+expect, func(c *Certificate) { change(c.Global) })
	}
	lie("leaf-missing", "tree-: the tree ends too early", func(g *Global) { g.BranchesMinus = g.BranchesMinus[:2] })
	lie("leaf-too-many", "tree-: 4 nodes, the tree ends after 3", func(g *Global) { g.BranchesMinus = append(g.BranchesMinus, g.BranchesMinus[2]) })
	lie("children-swapped", "tree+: node 1: ", func(g *Global) { b := g.BranchesPlus; b[3], b[4] = b[4], b[3]; b[1] = b[3] })
	lie("signs-swapped", "tree-: node 1: row ", func(g *Global) { b := g.BranchesMinus; b[1], b[2] = b[2], b[1] })
	lie("row-twice", "tree+: node 2: the sign of row ", func(g *Global) { g.BranchesPlus[2].Row = g.BranchesPlus[0].Row })
	lie("row-other", "tree-: node 1: row ", func(g *Global) { g.BranchesMinus[0].Row = (g.BranchesMinus[0].Row + 1) % len(g.Nu) })
	lie("no-branching", "tree-: node 0: ", func(g *Global) { g.BranchesMinus = g.BranchesMinus[1:2] })
	leaf := func(name, expect string, change func(p *sphere.Parabolas, row int)) {
		lie(name, "tree-: node 1: "+expect, func(g *Global) { change(g.BranchesMinus[1].Leaf, g.BranchesMinus[0].Row) })
	}
	leaf("mu-smaller", "the matrix of mu", func(p *sphere.Parabolas, _ int) { p.Mu *= 1 - 1e-2 })
	leaf("mu-too-large", "the parabolas show", func(p *sphere.Parabolas, _ int) { p.Mu *= 64 })
	leaf("signs-missing", "signs: 0 numbers for 1 rows", func(p *sphere.Parabolas, _ int) { p.Signs = nil })
	leaf("signs-negative", "signs: row ", func(p *sphere.Parabolas, _ int) { p.Signs[0] *= -1 })
	leaf("signs-bent-up", "signs: row ", func(p *sphere.Parabolas, _ int) { p.Signs[1] *= -1 })
	leaf("signs-too-bent", "signs: row ", func(p *sphere.Parabolas, _ int) { p.Signs[1] *= 4 })
	leaf("signs-larger", "the matrix of mu", func(p *sphere.Parabolas, _ int) { p.Signs[0] *= 1 << 20 })
	leaf("known-sloping", "row ", func(p *sphere.Parabolas, row int) { p.Slope[row] = 0.5 })
	leaf("known-bent", "row ", func(p *sphere.Parabolas, row int) { p.Curvature[row] = 0x1p-40 })
}

// Every node of a tree left out, in the place of another or with another row: what is not
// refused is true for the naive checker, too.
func TestBranchMutants(t *testing.T) {
	count := map[verdict.Verdict]int{}
	short := func(_ int, name, _ string) bool { return name == "global-branches-rank-2" }
	eachValid(t, short, func(name, text string) {
		if !strings.HasPrefix(name, "global-branches-") {
			return
		}
		c, err := Decode(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		for _, tree := range []*[]sphere.BranchNode{&c.Global.BranchesPlus, &c.Global.BranchesMinus} {
			whole := *tree
			with := func(nodes []sphere.BranchNode) {
				*tree = nodes
				count[agree(t, name, encoded(c))]++
			}
			for k, node := range whole {
				with(slices.Delete(slices.Clone(whole), k, k+1))
				for _, other := range whole {
					mutant := slices.Clone(whole)
					mutant[k] = other
					with(mutant)
				}
				for row := range c.Program.stackedRows() {
					mutant := slices.Clone(whole)
					if mutant[k] = (sphere.BranchNode{Row: row}); node.Leaf != nil || row != node.Row {
						with(mutant)
					}
				}
			}
			*tree = whole
		}
	})
	bites(t, count)
}
