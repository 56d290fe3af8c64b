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
	a     Activation
	first int // the first row that is not zero, 0 where there is none
}

func newFacing(n int, a Activation, zero []int) facing {
	f := facing{a: a}
	for slices.Contains(zero, f.first) {
		f.first++
	}
	if f.first == n {
		f.first = 0
	}
	return f
}

// chooses says that there is a choice at all.
func (f *facing) chooses() bool { return f.a.Slope != 0 }

// gives says that a pattern gives way to the opposite one.
func (f *facing) gives(p hyperplane.Pattern) bool {
	if f.a == Absolute {
		return !p.Active(f.first)
	}
	return f.chooses() && p.IsZero()
}

// opposite is -gate.
func opposite(gate []float64) []float64 {
	return floats.ScaleTo(make([]float64, len(gate)), -1, gate)
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
	n, _ := x.Dims()
	f := newFacing(n, a, operator.ZeroRows(design))
	seen := make(map[uint64][]hyperplane.Pattern)
	var kept []hyperplane.Cell
	for _, c := range cells {
		if f.gives(hyperplane.PatternOf(x, c.Gate)) {
			c.Gate = opposite(c.Gate)
			c.Pattern = hyperplane.PatternOf(x, c.Gate)
		}
		h := c.Pattern.Hash()
		if !slices.ContainsFunc(seen[h], c.Pattern.Equal) {
			seen[h] = append(seen[h], c.Pattern)
			kept = append(kept, c)
		}
	}
	return kept, nil
}
