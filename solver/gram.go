package solver

import (
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/hyperplane"
)

// gramCache holds the d x d matrices X'D_pD_qX of pairs of cells, computed when
// first asked for. The matrix F'F of any set of blocks consists of them, so a
// working set that grows only pays for its new pairs.
type gramCache struct {
	x     design
	cells []hyperplane.Cell
	pairs map[[2]int][]float64
}

func newGramCache(x design, cells []hyperplane.Cell) *gramCache {
	return &gramCache{x: x, cells: cells, pairs: make(map[[2]int][]float64)}
}

func orderedPair(p, q int) [2]int { return [2]int{min(p, q), max(p, q)} }

// forget drops the pairs of cells that none of the given blocks uses.
func (g *gramCache) forget(blocks []block) {
	used := make(map[int]bool)
	for _, b := range blocks {
		used[b.cell] = true
	}
	for key := range g.pairs {
		if !used[key[0]] || !used[key[1]] {
			delete(g.pairs, key)
		}
	}
}

// require computes the pairs of the given blocks that are not there yet.
func (g *gramCache) require(blocks []block) {
	var missing [][2]int
	for j, a := range blocks {
		for _, b := range blocks[:j+1] {
			key := orderedPair(a.cell, b.cell)
			if _, ok := g.pairs[key]; !ok {
				g.pairs[key] = nil
				missing = append(missing, key)
			}
		}
	}
	if len(missing) > 0 {
		g.compute(missing)
	}
}

// compute fills in the given pairs.
func (g *gramCache) compute(missing [][2]int) {
	n, d := g.x.dims()
	grams := make([][]float64, len(missing))
	parallel(len(missing), func(k int) {
		w, tmp := make([]float64, n), make([]float64, n)
		fillMask(w, g.cells[missing[k][0]].Pattern)
		fillMask(tmp, g.cells[missing[k][1]].Pattern)
		for i, v := range tmp {
			w[i] *= v
		}
		grams[k] = make([]float64, d*d)
		g.x.gram(grams[k], w, tmp)
	})
	for k, key := range missing {
		g.pairs[key] = grams[k]
	}
}

// at is X'D_pD_qX, row-major.
func (g *gramCache) at(p, q int) []float64 { return g.pairs[orderedPair(p, q)] }

// coupling sets the upper triangle of a (dB x dB) to F'F for the given blocks,
// whose pairs must have been required.
func coupling(a blas64.Symmetric, blocks []block, gram *gramCache, d int) {
	parallelTask(len(blocks), &couplingRows{a, blocks, gram, d})
}

type couplingRows struct {
	a      blas64.Symmetric
	blocks []block
	gram   *gramCache
	d      int
}

func (c *couplingRows) part(j int) {
	for k := j; k < len(c.blocks); k++ {
		g, sign := c.gram.at(c.blocks[j].cell, c.blocks[k].cell), c.blocks[j].sign*c.blocks[k].sign
		for i := range c.d {
			at := (j*c.d+i)*c.a.Stride + k*c.d
			floats.ScaleTo(c.a.Data[at:at+c.d], sign, g[i*c.d:i*c.d+c.d])
		}
	}
}
