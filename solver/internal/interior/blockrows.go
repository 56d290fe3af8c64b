package interior

import (
	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/operator"
)

// What a step does with the matrices of blocks and rows (B x n) beside products, block by block.

// slackRows keeps the slacks of rows in s, and sets tmp = -m.
type slackRows Interior

func (ip *slackRows) Part(j int) {
	copy(operator.RowOf(ip.s, j), operator.RowOf(ip.rows, j))
	floats.ScaleTo(operator.RowOf(ip.tmp, j), -1, operator.RowOf(ip.m, j))
}

// weightRows sets the weights m/s.
type weightRows Interior

func (ip *weightRows) Part(j int) {
	floats.DivTo(operator.RowOf(ip.weight, j), operator.RowOf(ip.m, j), operator.RowOf(ip.s, j))
}

// correctorRows sets q0, q1 and tmp of the combined step.
type correctorRows Interior

func (ip *correctorRows) Part(j int) {
	ip.q0[j] = ip.cone[j].corrected(operator.RowOf(ip.q1, j), ip.SocWeight*ip.target, ip.dt[j], operator.RowOf(ip.du, j), operator.RowOf(ip.dz, j))
	if !ip.relu {
		return
	}
	e, ds, dm := operator.RowOf(ip.tmp, j), operator.RowOf(ip.ds, j), operator.RowOf(ip.dm, j)
	for i, s := range operator.RowOf(ip.s, j) {
		e[i] = (ip.target - ds[i]*dm[i]) / s
	}
}

// multiplierSteps sets dm from ds.
type multiplierSteps Interior

func (ip *multiplierSteps) Part(j int) {
	ds := operator.RowOf(ip.ds, j)
	for _, i := range ip.Op.Zero {
		ds[i] = 0
	}
	e, m, w, dm := operator.RowOf(ip.tmp, j), operator.RowOf(ip.m, j), operator.RowOf(ip.weight, j), operator.RowOf(ip.dm, j)
	for i, v := range ds {
		dm[i] = e[i] - m[i] - w[i]*v
	}
}

// stepRows sets norm to the largest steps <= 1 that keep the cones of a block.
type stepRows Interior

func (ip *stepRows) Part(j int) {
	alpha := min(
		operator.SocStep(ip.T[j], operator.RowOf(ip.u, j), ip.dt[j], operator.RowOf(ip.du, j)),
		operator.SocStep(ip.Lambda, operator.RowOf(ip.z, j), 0, operator.RowOf(ip.dz, j)))
	if ip.relu {
		alpha = min(alpha,
			operator.OrthantStep(operator.RowOf(ip.s, j), operator.RowOf(ip.ds, j)),
			operator.OrthantStep(operator.RowOf(ip.m, j), operator.RowOf(ip.dm, j)))
	}
	ip.norm[j] = alpha
}

// advanceRows takes the step of a block.
type advanceRows Interior

func (ip *advanceRows) Part(j int) {
	ip.T[j] += float64(ip.length * ip.dt[j])
	floats.AddScaled(operator.RowOf(ip.u, j), ip.length, operator.RowOf(ip.du, j))
	floats.AddScaled(operator.RowOf(ip.z, j), ip.length, operator.RowOf(ip.dz, j))
	if ip.relu {
		floats.AddScaled(operator.RowOf(ip.m, j), ip.length, operator.RowOf(ip.dm, j))
	}
}
