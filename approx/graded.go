package approx

import (
	"math"
	"sort"
)

// A Graded grid cuts [0,1] into the cells of Levels, from left to right: cell i has the width 2^-Levels[i] and begins at a multiple of it.
// Nodes are the ends of cells, so that values on it are Len()+1 numbers.
type Graded struct {
	Levels []uint8
}

// finestLevel bounds the levels: ends and middles of cells are exact.
const finestLevel = 48

// Len returns the number of cells.
func (g Graded) Len() int { return len(g.Levels) }

func width(level uint8) float64 { return math.Ldexp(1, -int(level)) }

// Nodes returns the ends of the cells, in order.
func (g Graded) Nodes() []float64 {
	x := make([]float64, len(g.Levels)+1)
	for i, l := range g.Levels {
		x[i+1] = x[i] + width(l)
	}
	return x
}

// deepest returns the largest level.
func (g Graded) deepest() int {
	level := 0
	for _, l := range g.Levels {
		level = max(level, int(l))
	}
	return level
}

// refine returns the grid in which the marked cells are halved, and for every node of it its index before, or -1 for the middle of a cell.
func (g Graded) refine(marked []bool) (fine Graded, before []int) {
	before = append(before, 0)
	for i, l := range g.Levels {
		if marked[i] {
			fine.Levels, before = append(fine.Levels, l+1, l+1), append(before, -1)
		} else {
			fine.Levels = append(fine.Levels, l)
		}
		before = append(before, i+1)
	}
	return fine, before
}

// interpolate evaluates the broken line with those values at the nodes x in float64 arithmetic.
func interpolate(x, v []float64, at float64) float64 {
	i := min(max(sort.SearchFloat64s(x, at), 1), len(x)-1)
	share := (at - x[i-1]) / (x[i] - x[i-1])
	return (1-share)*v[i-1] + share*v[i]
}
