package operator

import (
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/hyperplane"
)

// GramCache holds the d x d matrices X'D_pD_qX of pairs of cells, computed when
// first asked for. The matrix F'F of any set of blocks consists of them, so a
// working set that grows only pays for its new pairs.
type GramCache struct {
	x     Design
	Cells []hyperplane.Cell
	Pairs map[[2]int][]float64
}

func NewGramCache(x Design, cells []hyperplane.Cell) *GramCache {
	return &GramCache{x: x, Cells: cells, Pairs: make(map[[2]int][]float64)}
}

func OrderedPair(p, q int) [2]int { return [2]int{min(p, q), max(p, q)} }

// Forget drops the pairs of cells that none of the given blocks uses.
func (g *GramCache) Forget(blocks []Block) {
	used := make(map[int]bool)
	for _, b := range blocks {
		used[b.Cell] = true
	}
	for key := range g.Pairs {
		if !used[key[0]] || !used[key[1]] {
			delete(g.Pairs, key)
		}
	}
}

// Require computes the pairs of the given blocks that are not there yet.
func (g *GramCache) Require(blocks []Block) {
	var missing [][2]int
	for j, a := range blocks {
		for _, b := range blocks[:j+1] {
			key := OrderedPair(a.Cell, b.Cell)
			if _, ok := g.Pairs[key]; !ok {
				g.Pairs[key] = nil
				missing = append(missing, key)
			}
		}
	}
	if len(missing) > 0 {
		g.compute(missing)
	}
}

// compute fills in the given pairs.
func (g *GramCache) compute(missing [][2]int) {
	n, d := g.x.Dims()
	grams := make([][]float64, len(missing))
	Parallel(len(missing), func(k int) {
		w, tmp := make([]float64, n), make([]float64, n)
		FillMask(w, g.Cells[missing[k][0]].Pattern)
		FillMask(tmp, g.Cells[missing[k][1]].Pattern)
		for i, v := range tmp {
			w[i] *= v
		}
		grams[k] = make([]float64, d*d)
		g.x.Gram(grams[k], w, tmp)
	})
	for k, key := range missing {
		g.Pairs[key] = grams[k]
	}
}

// at is X'D_pD_qX, row-major.
func (g *GramCache) at(p, q int) []float64 { return g.Pairs[OrderedPair(p, q)] }

// Coupling sets the upper triangle of a (dB x dB) to F'F for the given blocks,
// whose pairs must have been required.
func Coupling(a blas64.Symmetric, blocks []Block, gram *GramCache, d int) {
	ParallelTask(len(blocks), &CouplingRows{A: a, Blocks: blocks, Gram: gram, D: d})
}

type CouplingRows struct {
	A      blas64.Symmetric
	Blocks []Block
	Gram   *GramCache
	D      int
}

func (c *CouplingRows) Part(j int) {
	for k := j; k < len(c.Blocks); k++ {
		g, sign := c.Gram.at(c.Blocks[j].Cell, c.Blocks[k].Cell), c.Blocks[j].Sign*c.Blocks[k].Sign
		for i := range c.D {
			at := (j*c.D+i)*c.A.Stride + k*c.D
			floats.ScaleTo(c.A.Data[at:at+c.D], sign, g[i*c.D:i*c.D+c.D])
		}
	}
}
