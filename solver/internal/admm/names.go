package admm

import (
	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// named lists the blocks that the iterate says are active, v_j != 0, and those
// that the last pricing found violated.
func (m *ADMM) named(violated []bool) []int {
	var named []int
	for j := range m.Op.Blocks {
		if violated[j] || floats.Norm(operator.RowOf(m.V, j), 2) > 0 {
			named = append(named, j)
		}
	}
	return named
}

// affordable is the number of operations that a Newton step of the polish may take with a
// matrix that is factored, about a second. Beyond it there are conjugate gradients.
const affordable = 5e10

// largestDiagonal is the number of float64 that the diagonal blocks of the matrix may take
// where it is not factored, half a gigabyte. Beyond it ADMM finishes alone.
const largestDiagonal = 1 << 26

// Polishes reports whether the polish of so many blocks is affordable, with a
// loss other than squares: by matrices that are factored or, where the loss is smooth, by
// conjugate gradients. (With kinks the matrix is nearly singular.)
func Polishes(x operator.Design, blocks int, smooth bool) bool {
	size := sizeOf(x, blocks, false)
	return size.direct() <= affordable || smooth && size.hasGradients()
}

// stepBack: a polish starts with at least the rho at which the last one ended,
// divided by this.
const stepBack = 10

// leastPolish Newton steps of a polish without which it is not begun: with 13 of them a grade of
// 1503 x 64 over 115 blocks was no nearer to its end.
const leastPolish = 20

// PolishWork is about how many operations the first steps of a polish of so many blocks take.
func PolishWork(x operator.Design, blocks int, squares bool) float64 {
	return sizeOf(x, blocks, squares).first()
}

// first is the cost of leastPolish steps.
func (s newtonSize) first() float64 { return leastPolish * min(s.direct(), affordable) }

// newPolish is a polish of the blocks named, from where the iterate is; nil if
// there are none, its matrices are too large or the budget has no room for its first steps.
func (m *ADMM) newPolish(w *program.WorkingSet, named []int, budget program.Budget) *polish {
	size := sizeOf(m.Op.X, len(named), m.squares())
	if len(named) == 0 || size.direct() > affordable && !size.hasGradients() {
		return nil
	}
	if !budget.Affords(size.first()) {
		return nil
	}
	blocks := make([]operator.Block, len(named))
	for k, j := range named {
		blocks[k] = m.Op.Blocks[j]
	}
	q := newPolish(operator.NewOperators(w.X, w.P.Activation, w.P.Cells, blocks, w.Zero), w.Gram, m)
	for k, j := range named {
		copy(operator.RowOf(q.u, k), operator.RowOf(m.V, j))
		copy(operator.RowOf(q.b, k), operator.RowOf(m.b, j))
		q.block.warm(k, m.block, j)
	}
	copy(q.a, m.A)
	if rho := m.polishRho / stepBack; rho > q.rho {
		q.changePenalty(rho / q.rho)
	}
	return q
}

// adopt goes on from the end of a polish, whose blocks are those named; the
// others are zero.
func (m *ADMM) adopt(q *polish, named []int) {
	f := q.rho / m.Rho
	m.polishRho = q.rho
	floats.ScaleTo(m.A, f, q.a)
	copy(m.z, q.z)
	m.Constant = q.constant
	clear(m.V.Data)
	clear(m.u.Data)
	for k, j := range named {
		copy(operator.RowOf(m.u, j), operator.RowOf(q.u, k))
		copy(operator.RowOf(m.V, j), operator.RowOf(q.v, k))
		floats.ScaleTo(operator.RowOf(m.b, j), f, operator.RowOf(q.b, k))
		m.block.warm(j, q.block, k)
	}
	m.forgetHistory()
}
