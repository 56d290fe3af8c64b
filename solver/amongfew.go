package solver

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

const (
	// fewRows for each column are the nearest to a gate among which its cell lies, mostly, where
	// there are many.
	fewRows = 16
	// fewRounds of centring among few rows, those that were missed being added, before all are
	// centred among.
	fewRounds = 8
)

// amongFew is a point well inside the cell c, near the centre of what few rows leave: the nearest
// to its gate and, as long as others are in the way, the most violated of these. It says whether
// it found one.
func (g *everywhere) amongFew(c hyperplane.Cell) (gate []float64, ok bool) {
	k := fewRows * len(c.Gate)
	if n, _ := g.s.x.Dims(); k >= n {
		return nil, false
	}
	gate = c.Gate
	var rows []int
	for range fewRounds {
		before := len(rows)
		rows = append(rows, least(g.slacks(gate, c.Pattern), k)...)
		slices.Sort(rows)
		if rows = slices.Compact(rows); len(rows) == before {
			break // it is stuck: Newton's method is within some 1e-10 of a wall
		}
		few := mat.NewDense(len(rows), len(c.Gate), nil)
		for at, i := range rows {
			g.s.x.Row(i, func(col int, v float64) { few.Set(at, col, v) })
		}
		x, err := operator.NewDesign(few)
		if err != nil {
			return nil, false
		}
		gate = program.CentreWithin(g.ctx, x, hyperplane.Cell{Pattern: c.Pattern.Among(rows), Gate: c.Gate}, operator.ZeroRows(x), nearCentre)
		if g.clearance(gate) >= minClearance && g.within(gate, c.Pattern) { // centring among all would leave it about there
			return gate, true
		}
	}
	return nil, false
}

// slacks are s_i x_i.gate / |x_i| for the signs of a pattern, +Inf for rows of zeros.
func (g *everywhere) slacks(gate []float64, p hyperplane.Pattern) []float64 {
	z := g.products(gate)
	for i, v := range z {
		if z[i] = p.Sign(i) * v / g.s.rec.RowNorm[i]; g.s.rec.RowNorm[i] == 0 {
			z[i] = math.Inf(1)
		}
	}
	return z
}

// least are the positions of the k least of v, in their order, ties by position.
func least(v []float64, k int) []int {
	type entry struct {
		value float64
		at    int
	}
	order := func(a, b entry) int { return cmp.Or(cmp.Compare(a.value, b.value), a.at-b.at) }
	kept, bound := make([]entry, 0, 4*k), math.Inf(1)
	for i, x := range v {
		if !(x < bound) {
			continue
		}
		if kept = append(kept, entry{x, i}); len(kept) == cap(kept) {
			slices.SortFunc(kept, order)
			kept, bound = kept[:k], kept[k-1].value
		}
	}
	slices.SortFunc(kept, order)
	out := make([]int, min(k, len(kept)))
	for j := range out {
		out[j] = kept[j].at
	}
	return out
}
