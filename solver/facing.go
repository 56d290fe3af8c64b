package solver

import (
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver/internal/operator"
)

// facing chooses between a gate and its opposite where one of the two patterns
// says all (operator.Activation): the zero pattern gives way to that of all rows,
// and for the absolute value a pattern to its opposite unless the first row that is
// not zero is active.
type facing struct {
	x     mat.Matrix
	a     Activation
	first int // the first row that is not zero, 0 where there is none
}

func newFacing(x mat.Matrix, a Activation, zero []int) facing {
	f := facing{x: x, a: a}
	for slices.Contains(zero, f.first) {
		f.first++
	}
	if n, _ := x.Dims(); f.first == n {
		f.first = 0
	}
	return f
}

// of returns the gate, or a new slice with the opposite one.
func (f *facing) of(gate []float64) (chosen []float64, turned bool) {
	if f.a.Slope == 0 {
		return gate, false
	}
	p := hyperplane.PatternOf(f.x, gate)
	if f.a == Absolute && p.Active(f.first) || f.a != Absolute && !p.IsZero() {
		return gate, false
	}
	opposite := slices.Clone(gate)
	floats.Scale(-1, opposite)
	return opposite, true
}

// turn makes of a block (u, sign) in the pattern that was left the block in the one
// chosen: for the absolute value A_p X u = A_q X(-u); else, p being the zero
// pattern, s X u = -X(-s u).
func (f *facing) turn(u []float64, sign float64) float64 {
	if f.a == Absolute {
		floats.Scale(-1, u)
		return sign
	}
	floats.Scale(-f.a.Slope, u)
	return -sign
}

// Facing lists the cells that the program of an activation needs of the given ones:
// for the absolute value one of every two opposite cells, else all.
func Facing(x mat.Matrix, a Activation, cells []hyperplane.Cell) ([]hyperplane.Cell, error) {
	if a != Absolute {
		return cells, nil
	}
	design, err := operator.NewDesign(x)
	if err != nil {
		return nil, err
	}
	f := newFacing(x, a, operator.ZeroRows(design))
	seen := make(map[uint64][]hyperplane.Pattern)
	var kept []hyperplane.Cell
	for _, c := range cells {
		if gate, turned := f.of(c.Gate); turned {
			c = hyperplane.Cell{Pattern: hyperplane.PatternOf(x, gate), Gate: gate}
		}
		h := c.Pattern.Hash()
		if !slices.ContainsFunc(seen[h], c.Pattern.Equal) {
			seen[h] = append(seen[h], c.Pattern)
			kept = append(kept, c)
		}
	}
	return kept, nil
}
