package approx

import (
	"context"
	"math"
)

// variation returns V, the largest |sum of increments| over subsets of the steps of a chain of vertices, rounded up: on
// each simplex, that of the rises or that of the falls from its lowest vertex to its highest.
//
// It bounds the oscillation within a simplex, delta <= V <= ceil(d/2) delta, and unlike that (for d >= 3) it halves when
// the grid is refined: a chain of the finer grid within a simplex takes each step of the coarser chain once at most,
// half as long.
func (g Grid) variation(ctx context.Context, v []float64, threads int) (float64, error) {
	part := make([]float64, blocks)
	err := parallel(ctx, threads, g.N, blocks, func() func(block, from, to int) error {
		offsets, chains := g.corners(), simplices(g.Dim)
		return func(block, from, to int) error {
			var err error
			part[block], err = g.variationRows(ctx, v, offsets, chains, from, to)
			return err
		}
	})
	r := 0.0
	for _, p := range part {
		r = max(r, p)
	}
	// A sum of at most nine differences, each rounded once, as is each sum.
	return addUp(r, r*0x1p-48), err
}

func (g Grid) variationRows(ctx context.Context, v []float64, offsets []int, chains [][]int, from, to int) (r float64, err error) {
	err = g.rows(ctx, from, to, func(first int, _ []int) {
		for k := range g.span(from, to) {
			for _, chain := range chains {
				rise, fall := 0.0, 0.0
				for i, m := range chain[1:] {
					step := v[first+k+offsets[m]] - v[first+k+offsets[chain[i]]]
					rise += max(step, 0)
					fall += max(-step, 0)
				}
				r = max(r, rise, fall)
			}
		}
	})
	return r, err
}

// oscillation returns delta, the largest difference of nodal values along an edge of the triangulation, rounded up:
// within a simplex every two vertices are joined by an edge, corner m to the corners that contain its bits.
func (g Grid) oscillation(v []float64) float64 {
	r := 0.0
	offsets := g.corners()
	// Without an end of the context nothing fails.
	_ = g.rows(context.Background(), 0, g.N, func(first int, _ []int) {
		for k := range g.span(0, g.N) {
			for m, o := range offsets {
				for n := m + 1; n < len(offsets); n++ {
					if n&m == m {
						r = max(r, math.Abs(v[first+k+offsets[n]]-v[first+k+o]))
					}
				}
			}
		}
	})
	return addUp(r, r*0x1p-52)
}
