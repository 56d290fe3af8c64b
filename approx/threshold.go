package approx

import (
	"context"
	"math"
)

// Which corrections a node is barred from.
const (
	barredUp   uint8 = 1 << iota // not above the residual everywhere around it
	barredDown                   // nor below
	knownZero                    // the residual is 0 there, and stays so
)

// thresholds is what the cells around each node demand of its value.
//
// On a simplex T with -below_T <= e - I_h e <= above_T let all vertices have c_b >= below_T, and 0 <= v_b <= c_b - below_T
// or v_b = 0: then 0 <= I_h v <= I_h c - below_T <= e on T; or the mirror image with above_T. So a node may be active if this holds for
// every simplex at it.
type thresholds struct {
	below, above []float64 // per node: the largest around it
	barred       []uint8   // per node
}

// thresholds collects the demands. Cells are worked through
// in layers along the first coordinate; neighbouring layers share nodes, so every other one is done at a time.
func (g Grid) thresholds(ctx context.Context, s *sampled, factor float64, threads int) (*thresholds, error) {
	n := len(s.residual)
	t := &thresholds{make([]float64, n), make([]float64, n), make([]uint8, n)}
	for i, zero := range s.zero {
		if zero {
			t.barred[i] = knownZero
		}
	}
	for parity := range 2 {
		err := parallel(ctx, threads, g.N, blocks, func() func(block, from, to int) error {
			offsets, chains := g.corners(), simplices(g.Dim)
			return func(block, from, to int) error {
				if block%2 == parity {
					return g.thresholdRows(ctx, t, s, factor, offsets, chains, from, to)
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

func (g Grid) thresholdRows(ctx context.Context, t *thresholds, s *sampled, factor float64, offsets []int, chains [][]int, from, to int) error {
	return g.rows(ctx, from, to, func(first int, lower []int) {
		base := 0
		for _, k := range lower {
			base = base*g.N + k
		}
		for k := range g.span(from, to) {
			below, above := factor*s.dev.below[base+k], factor*s.dev.above[base+k]
			for _, o := range offsets {
				i := first + k + o
				t.below[i], t.above[i] = max(t.below[i], below), max(t.above[i], above)
			}
			for _, chain := range chains {
				var bar uint8
				for _, m := range chain {
					i := first + k + offsets[m]
					bar |= barring(s.residual[i], t.barred[i]&knownZero != 0, below, above, s.slack)
				}
				for _, m := range chain {
					t.barred[first+k+offsets[m]] |= bar
				}
			}
		}
	})
}

// barring says which corrections a vertex with residual c, within slack of the truth, bars the others of its simplex from.
func barring(c float64, zero bool, below, above, slack float64) (bar uint8) {
	if !(c >= addUp(below, slack) || zero && below == 0) {
		bar |= barredUp
	}
	if !(c <= -addUp(above, slack) || zero && above == 0) {
		bar |= barredDown
	}
	return bar
}

// What a correction leaves. The sign of the residual stays known: leftRoundings times its slack are left at least. Where e > 0 below_T is,
// and leftDeviations times what it is more than above_T: where f is convex new nodes of the next grid are up to below_T lower, and want a
// quarter of it; the mirror image likewise. So |e| is at most 4/3 below_T + 2/3 above_T around a node that keeps no more.
//
// A correction of less than worthRoundings times the slack is not made, nor one of less than worthUnits units, two of which
// rounding leaves of the grade before, nor one of less than worthShare of the L1 norm or worthSize of |f|, which is about what boxes around a
// node can show to fall.
const (
	leftRoundings  = 8
	leftDeviations = 1. / 3
	worthRoundings = 64
	worthUnits     = 4
	worthShare     = 0x1p-10
	worthSize      = 0x1p-38
)

// value is the correction at a node with residual c and what is taken off it: a multiple of unit, if that is not 0, rounded towards zero.
func (t *thresholds) value(node int, c, slack, unit, worth float64) (value, off float64) {
	value, off = correction(c, t.below[node], t.above[node], t.barred[node], slack, worth)
	if unit > 0 {
		value = math.Floor(value/unit) * unit
	}
	return math.Copysign(value, c), off
}

// correction is the size of what is taken off a residual c, within slack of the truth, at a node with these demands around it, at least worth or 0; and
// what is left.
func correction(c, below, above float64, barred uint8, slack, worth float64) (value, off float64) {
	bar, need, other := barredUp, below, above
	if c < 0 {
		bar, need, other = barredDown, above, below
	}
	off = addUp(need, max(mulUp(leftDeviations, max(0, addUp(need, -other))), mulUp(leftRoundings, slack)))
	if value = addDown(math.Abs(c), -off); barred&bar != 0 || value < worth {
		return 0, 0
	}
	return value, off
}
