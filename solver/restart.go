package solver

import "gonum.org/v1/gonum/floats"

// restart continues with the problem p, which differs in beta only. The penalty
// starts afresh: what the end of a solve leaves is often extreme.
func (m *admm) restart(p *Problem) {
	f := m.rho
	m.p, m.lambda, m.rho = p, p.Beta*float64(m.op.n), 1
	floats.Scale(f, m.a)
	floats.Scale(f, m.b.Data)
	floats.Scale(f, m.c.Data)
}
