package program

import (
	"slices"

	"multigrade/solver/internal/loss"
)

// NullModel is the constant of the best network without neurons, 0 without an intercept,
// and a dual point that goes with it: an element of -n dL there (n values, the caller's),
// y less its mean for squares. The network is optimal from beta = m(nu)/n on. It is found
// once for all problems of the same target and loss that share a matrix.
func (p *Problem) NullModel() (c float64, nu []float64) {
	find := func() any {
		c, nu := loss.NullModel(p.LossOrSquared(), p.Y, p.Intercept)
		return nullModel{c, nu}
	}
	if p.Shared == nil {
		m := find().(nullModel)
		return m.c, m.nu
	}
	m := p.Shared.Once(nullOf{p.LossOrSquared(), &p.Y[0], p.Intercept}, find).(nullModel)
	return m.c, slices.Clone(m.nu)
}

type nullModel struct {
	c  float64
	nu []float64
}

type nullOf struct {
	loss      loss.Loss
	y         *float64
	intercept bool
}
