package interior

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"multigrade/solver/internal/operator"
)

// Groups have every block once and the rows of their blocks, they save work, and what they add up to is the sum of
// V_jV_j' block by block.
func TestRowGroups(t *testing.T) {
	rng := rand.New(rand.NewPCG(30, 1))
	const n, d = 170, 3
	for _, alike := range []float64{0, 0.5, 0.95, 1} { // as many rows of a pattern are those of one of four
		op := &operator.Operators{N: n, D: d, Blocks: make([]operator.Block, 60), Mask: operator.NewGeneral(60, n)}
		for j := range op.Blocks {
			for i, mask := 0, operator.RowOf(op.Mask, j); i < n && j != 7; i++ { // block 7 is active nowhere
				if rng.Float64() < alike {
					mask[i] = float64((i*(1+j%4)/40 + j) % 2)
				} else {
					mask[i] = float64(rng.IntN(2))
				}
			}
		}
		groups := newRowGroups(op)
		want := blas64.Symmetric{N: n, Stride: n, Data: make([]float64, n*n), Uplo: blas.Upper}
		var blocks []int
		work, alone := 0.0, 0.0
		for _, g := range groups {
			blocks = append(blocks, g.blocks...)
			work += groupWork(len(g.rows), g.vt.Rows)
			for k, j := range g.blocks {
				at := make([]int, 0, n)
				for i, a := range operator.RowOf(op.Mask, j) {
					if a != 0 {
						at = append(at, i)
					}
				}
				alone += groupWork(len(at), d)
				for l, i := range g.rows {
					if !slices.Contains(at, i) {
						continue
					}
					for c := range d {
						g.vt.Data[(k*d+c)*g.vt.Stride+l] = rng.NormFloat64()
					}
				}
				if missing := slices.ContainsFunc(at, func(i int) bool { return !slices.Contains(g.rows, i) }); missing {
					t.Fatalf("alike %v: rows %v of block %d are not all in %v", alike, at, j, g.rows)
				}
				for x, i := range g.rows {
					for y, l := range g.rows[x:] {
						for c := range d {
							row := g.vt.Data[(k*d+c)*g.vt.Stride:]
							want.Data[i*n+l] += row[x] * row[x+y]
						}
					}
				}
			}
		}
		slices.Sort(blocks)
		for j := range op.Blocks {
			if len(blocks) != len(op.Blocks) || blocks[j] != j {
				t.Fatalf("alike %v: blocks %v in groups, want each once", alike, blocks)
			}
		}
		if work > alone || alike == 1 && len(groups) > 9 {
			t.Errorf("alike %v: %d groups of work %.3g, block by block %.3g", alike, len(groups), work, alone)
		}
		got := blas64.Symmetric{N: n, Stride: n, Data: make([]float64, n*n), Uplo: blas.Upper}
		newSquares(groups).addTo(got)
		for k, v := range want.Data {
			if math.Abs(got.Data[k]-v) > 1e-12*n {
				t.Fatalf("alike %v: entry %d, %d of the sum is %v, want %v", alike, k/n, k%n, got.Data[k], v)
			}
		}
	}
}
