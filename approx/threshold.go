package approx

import (
	"context"
	"math"
)

// Which corrections a node is barred from.
const (
	barredUp   uint8 = 1 << iota // not above the residual everywhere around it
	barredDown                   // nor below
)

// thresholds is what the cells around each node demand of its value.
//
// On a simplex T with |e - I_h e| <= eps_T let all vertices have c_b >= eps_T, and let 0 <= v_b <= c_b - eps_T or v_b = 0:
// then 0 <= I_h v <= I_h c - eps_T <= e on T, or the mirror image. So a node may be active if this holds for
// every simplex at it, and its value is then |c_a| less the largest eps_T around it.
type thresholds struct {
	need   []float64 // per node: the largest eps_T around it
	barred []uint8   // per node
}

// thresholds collects the demands; c holds the nodal residual, each within slack of the truth. Cells are worked through
// in layers along the first coordinate; neighbouring layers share nodes, so every other one is done at a time.
func (g Grid) thresholds(ctx context.Context, c []float64, slack, factor float64, dev *deviations, threads int) (*thresholds, error) {
	t := &thresholds{need: make([]float64, len(c)), barred: make([]uint8, len(c))}
	for parity := range 2 {
		err := parallel(ctx, threads, g.N, blocks, func() func(block, from, to int) error {
			offsets, chains := g.corners(), simplices(g.Dim)
			return func(block, from, to int) error {
				if block%2 == parity {
					return g.thresholdRows(ctx, t, c, slack, factor, dev.cell, offsets, chains, from, to)
				}
				return nil
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (g Grid) thresholdRows(ctx context.Context, t *thresholds, c []float64, slack, factor float64, cell []float64, offsets []int, chains [][]int, from, to int) error {
	return g.rows(ctx, from, to, func(first int, lower []int) {
		base := 0
		for _, k := range lower {
			base = base*g.N + k
		}
		for k := range g.span(from, to) {
			eps := factor * cell[base+k]
			least := addUp(eps, slack)
			for _, o := range offsets {
				t.need[first+k+o] = max(t.need[first+k+o], eps)
			}
			for _, chain := range chains {
				var bar uint8
				for _, m := range chain {
					if v := c[first+k+offsets[m]]; !(v >= least) {
						bar |= barredUp
					}
					if v := c[first+k+offsets[m]]; !(v <= -least) {
						bar |= barredDown
					}
				}
				for _, m := range chain {
					t.barred[first+k+offsets[m]] |= bar
				}
			}
		}
	})
}

// value is the correction at a node with residual c, within slack of the truth, and what is taken off it: a multiple
// of unit, rounded towards zero, and 0 where it would be less than one.
func (t *thresholds) value(node int, c, slack, unit float64) (value, off float64) {
	bar := barredUp
	if c < 0 {
		bar = barredDown
	}
	if t.barred[node]&bar != 0 {
		return 0, 0
	}
	off = addUp(t.need[node], mulUp(2, slack))
	if excess := addDown(math.Abs(c), -off); excess >= unit {
		return math.Copysign(math.Floor(excess/unit)*unit, c), off
	}
	return 0, 0
}
