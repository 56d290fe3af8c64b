package grade

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver"
)

// An optimum of a grade is rarely unique as a network: where a weight vector
// lies on a wall, every cell around the wall has it, and a solver spreads it
// over all of them. consolidate gathers such neurons, because each one costs
// the next grade a dimension. Directions closer than some angle are replaced by
// the heaviest of them, the masses a_j >= 0 are fitted again,
//
//	min over a >= 0, c of (1/2n)||c + sum_j s_j a_j phi(X w_j/|w_j|) - y||^2 + beta sum_j a_j,
//
// and the result stands in for r if the new objective, rounded up, is at most
// largest. Otherwise r itself is returned, as it is for gated units. The directions
// kept are untouched, so they stay in their cones exactly. For other losses than
// squares see regather.
func consolidate(p *solver.Problem, r *solver.Result, largest float64) *solver.Result {
	if p.Activation.Gated || p.Loss != solver.Squared || len(r.Network.Neurons) < 2 {
		return r
	}
	units := newUnits(p, &r.Network)
	for _, cosine := range solver.Coarsening() {
		kept := cluster(units, cosine)
		fit := newMassFit(p, kept, r.Network.Constant)
		fit.run()
		if c := fit.result(r); len(c.Network.Neurons) < len(r.Network.Neurons) && c.Primal <= largest {
			return c
		}
	}
	return r
}

// unit is a direction of the network with its mass.
type unit struct {
	cell  int
	sign  float64
	w     []float64 // as the solver returned it
	norm  float64   // |w|
	mass  float64   // |alpha| |w|
	value []float64 // phi(X w/|w|), n
}

// newUnits lists the neurons by falling mass.
func newUnits(p *solver.Problem, net *solver.Network) []unit {
	n, _ := p.X.Dims()
	var units []unit
	for _, u := range net.Neurons {
		v := unit{cell: u.Cell, sign: math.Copysign(1, u.Alpha), w: u.W, norm: floats.Norm(u.W, 2), value: make([]float64, n)}
		if v.norm == 0 || u.Alpha == 0 {
			continue
		}
		v.mass = math.Abs(u.Alpha) * v.norm
		for i := range v.value {
			values, index := rowOf(p.X, i)
			v.value[i] = p.Activation.Of(dot(u.W, values, index, false)) / v.norm
		}
		units = append(units, v)
	}
	slices.SortStableFunc(units, func(a, b unit) int {
		switch {
		case a.mass > b.mass:
			return -1
		case a.mass < b.mass:
			return 1
		}
		return 0
	})
	return units
}

// cluster gives every unit's mass to the first kept unit of its sign within the
// angle, else keeps it.
func cluster(units []unit, cosine float64) []unit {
	var kept []unit
	var directions []solver.Direction // of kept
	for _, u := range units {
		at := solver.Direction{W: u.w, Norm: u.norm, Sign: u.sign}
		if k := at.First(directions, cosine); k >= 0 {
			kept[k].mass += u.mass
			continue
		}
		kept, directions = append(kept, u), append(directions, at)
	}
	return kept
}

// massFit is coordinate descent in the masses and the constant.
type massFit struct {
	p        *solver.Problem
	units    []unit
	constant float64
	square   []float64 // |value|^2 of each unit
	residual []float64 // y - prediction
}

func newMassFit(p *solver.Problem, units []unit, constant float64) *massFit {
	f := &massFit{p: p, units: units, constant: constant, residual: slices.Clone(p.Y)}
	floats.AddConst(-constant, f.residual)
	for _, u := range units {
		f.square = append(f.square, floats.Dot(u.value, u.value))
		floats.AddScaled(f.residual, -u.sign*u.mass, u.value)
	}
	return f
}

// run sweeps until the objective stands still.
func (f *massFit) run() {
	const sweeps, still = 400, 1e-11
	last := math.Inf(1)
	for range sweeps {
		f.sweep()
		now := f.objective()
		if last-now <= still*now {
			return
		}
		last = now
	}
}

// sweep minimises over one mass after the other, then over the constant.
func (f *massFit) sweep() {
	threshold := f.p.Beta * float64(len(f.p.Y))
	for k := range f.units {
		u := &f.units[k]
		if f.square[k] == 0 {
			u.mass = 0
			continue
		}
		mass := math.Max(0, u.mass+(u.sign*floats.Dot(u.value, f.residual)-threshold)/f.square[k])
		floats.AddScaled(f.residual, u.sign*(u.mass-mass), u.value)
		u.mass = mass
	}
	if f.p.Intercept {
		mean := floats.Sum(f.residual) / float64(len(f.residual))
		f.constant += mean
		floats.AddConst(-mean, f.residual)
	}
}

func (f *massFit) objective() float64 {
	sum := 0.0
	for _, u := range f.units {
		sum += u.mass
	}
	return floats.Dot(f.residual, f.residual)/(2*float64(len(f.residual))) + f.p.Beta*sum
}

// result is r with the network of the fit and the values that belong to it.
func (f *massFit) result(r *solver.Result) *solver.Result {
	c := *r
	c.Network = f.network(r.Network.Activation)
	c.Primal, c.OwnObjective = upperObjectives(f.p, &c.Network)
	c.RelGap = solver.RelGap(c.Primal, c.Dual)
	return &c
}

// network has a neuron for every mass that is not 0.
func (f *massFit) network(a solver.Activation) solver.Network {
	net := solver.Network{Activation: a, Constant: f.constant}
	for k := range f.units {
		if u := &f.units[k]; u.mass > 0 {
			net.Neurons = append(net.Neurons, u.neuron(f.p))
		}
	}
	return net
}

// neuron balances |w| = |alpha| where that leaves w in its closed cone exactly,
// and otherwise up to a power of two, which changes no sign.
func (u *unit) neuron(p *solver.Problem) solver.Neuron {
	want := math.Sqrt(u.mass) / u.norm
	w := scaled(want, u.w)
	if u.cell != solver.NoCell && !inCone(p.X, w, p.Cells[u.cell].Pattern) {
		w = scaled(math.Exp2(math.Round(math.Log2(want))), u.w)
	}
	return solver.Neuron{Cell: u.cell, W: w, Alpha: u.sign * u.mass / floats.Norm(w, 2)}
}

func scaled(factor float64, w []float64) []float64 {
	out := make([]float64, len(w))
	return floats.ScaleTo(out, factor, w)
}

// inCone reports, exactly, whether s_i x_i.w >= 0 for all rows.
func inCone(x mat.Matrix, w []float64, cell hyperplane.Pattern) bool {
	plus, minus := hyperplane.PatternOf(x, w), hyperplane.PatternOf(x, scaled(-1, w))
	for k, word := range cell.Words() {
		if plus.Words()[k]&^word != 0 || minus.Words()[k]&word != 0 {
			return false
		}
	}
	return true
}

// upperObjectives returns upper bounds of the network's objective in the program
// and of its own, with weight decay: computed in float64 and enlarged by the
// largest rounding errors that sums of so many terms can have.
func upperObjectives(p *solver.Problem, net *solver.Network) (primal, own float64) {
	n, d := p.X.Dims()
	unit := float64(n+2*d+2*len(net.Neurons)+16) * 0x1p-52
	loss := 0.0
	for i := range n {
		values, index := rowOf(p.X, i)
		z, size := net.Constant, math.Abs(net.Constant)+math.Abs(p.Y[i])
		for _, u := range net.Neurons {
			z += u.Alpha * p.Activation.Of(dot(u.W, values, index, false))
			size += math.Abs(u.Alpha) * absDot(u.W, values, index)
		}
		e := math.Abs(z-p.Y[i]) + unit*size
		loss += e * e
	}
	loss /= 2 * float64(n)
	norms, decay := 0.0, 0.0
	for _, u := range net.Neurons {
		w := floats.Norm(u.W, 2)
		norms += math.Abs(u.Alpha) * w
		decay += (w*w + u.Alpha*u.Alpha) / 2
	}
	return (loss + p.Beta*norms) * (1 + unit), (loss + p.Beta*decay) * (1 + unit)
}

// absDot is sum_j |w_j x_j|.
func absDot(w, values []float64, index []int) float64 {
	sum := 0.0
	for k, v := range values {
		j := k
		if index != nil {
			j = index[k]
		}
		sum += math.Abs(w[j] * v)
	}
	return sum
}
