package operator

import (
	"slices"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/hyperplane"
)

// GramCache holds the d x d matrices X'A_pA_qX of pairs of cells, computed when
// first asked for. The matrix F'F of any set of blocks consists of them, so a
// working set that grows only pays for its new pairs.
type GramCache struct {
	x     Design
	a     Activation
	Cells []hyperplane.Cell
	Pairs map[[2]int][]float64
}

func NewGramCache(x Design, a Activation, cells []hyperplane.Cell) *GramCache {
	return &GramCache{x: x, a: a, Cells: cells, Pairs: make(map[[2]int][]float64)}
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

// compute fills in the given pairs, at most pairsAtOnce together.
func (g *GramCache) compute(missing [][2]int) {
	_, d := g.x.Dims()
	for len(missing) > 0 {
		now := missing[:min(pairsAtOnce, len(missing))]
		missing = missing[len(now):]
		grams := NewGeneral(len(now), d*d)
		g.x.Grams(grams, newPairWeights(g.a, g.Cells, now))
		for k, key := range now {
			g.Pairs[key] = slices.Clone(RowOf(grams, k))
		}
	}
}

// pairsAtOnce bounds the weights of a block of rows, 2 MB.
const pairsAtOnce = 256

// pairWeights are the products A_p A_q of pairs of cells.
type pairWeights struct {
	a       Activation
	cells   []hyperplane.Cell
	used    []int // the cells that occur
	pairs   [][2]int
	masks   map[int][]float64 // of the cells used, in a block of rows
	weights []float64
}

func newPairWeights(a Activation, cells []hyperplane.Cell, pairs [][2]int) *pairWeights {
	w := &pairWeights{a: a, cells: cells, pairs: pairs, masks: make(map[int][]float64)}
	for _, pair := range pairs {
		for _, p := range pair {
			if _, known := w.masks[p]; !known {
				w.masks[p] = make([]float64, gramRows)
				w.used = append(w.used, p)
			}
		}
	}
	w.weights = make([]float64, len(pairs)*gramRows)
	return w
}

// Block implements RowWeights.
func (w *pairWeights) Block(from, to int) blas64.General {
	rows := to - from
	Parallel(len(w.used), func(i int) {
		mask, pattern := w.masks[w.used[i]][:rows], w.cells[w.used[i]].Pattern
		w.a.DiagonalOf(mask, pattern.Words()[from/64:]) // from is a multiple of 64
	})
	g := blas64.General{Rows: len(w.pairs), Cols: rows, Stride: rows, Data: w.weights[:len(w.pairs)*rows]}
	Parallel(len(w.pairs), func(k int) {
		pair := w.pairs[k]
		floats.MulTo(RowOf(g, k), w.masks[pair[0]][:rows], w.masks[pair[1]][:rows])
	})
	return g
}

// at is X'A_pA_qX, row-major.
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
