package admm

import (
	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/program"
)

// Restart continues with the problem p, which differs in beta only. The penalty
// starts afresh: what the end of a solve leaves is often extreme.
func (m *ADMM) Restart(p *program.Problem) {
	first := m.o.Penalty * m.unit
	f := m.Rho / first
	m.loss.p, m.p, m.lambda, m.Rho = p, p, p.Beta*float64(m.Op.N), first
	floats.Scale(f, m.A)
	floats.Scale(f, m.b.Data)
}
