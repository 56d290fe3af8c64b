package solver

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/solver/internal/interior"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// Where a sweep finds every local maximum of |nu'phi(Xw)|, the maxima are units of which only the masses are unknown
// (interior.Masses). Solving for these, and exchanging units for the maxima at the dual point, is the exchange method of
// semi-infinite programs (Hettich and Kortanek, SIAM Review 35, 1993): near the optimum the directions are as wrong
// as nu is, and the objective is by the square of that. Dual points of kinked losses, which jump between solves
// over cells, are central ones of a program with a constraint for every unit.

const (
	// unitsPerSweep are entered at most. Of linf on 1000 samples of two inputs 100 took 30 rounds, 192 take 20, 400 took
	// as many operations in 17.
	unitsPerSweep = 192
	// exchangeShare of the gap over all patterns is that to which the masses are solved: with 0.1 the same took 29 rounds,
	// with 0.3 more than 60.
	exchangeShare = 0.03
	// coarsestMasses is the largest gap to which they are.
	coarsestMasses = 0.01
	// exchangePatience is the number of rounds in which the gap does not fall by a fifth that end the exchange.
	exchangePatience = 10
	// leaveBy is the factor by which the gap has fallen, or, of the gap, the objective has not, where idle units leave;
	// else the same ones would leave and enter for ever.
	leaveBy = 0.95
	// massesSteps are about what a solve takes.
	massesSteps = 40
)

// overUnits describes the method in results.
const overUnits = "interior point over units"

// exchanged are units of directions that stand, in whose masses the program is solved.
type exchanged struct {
	g    *everywhere
	unit []unit
}

// unit is sign phi(x.w), |w| = 1.
type unit struct {
	w    []float64 // d
	sign float64
	at   []float64 // its values at the rows (n)
}

// exchanges says that the exchange method is used.
func (g *everywhere) exchanges() bool {
	return g.sweep != nil && g.s.o.Method == Auto && loss.Everywhere(g.s.p.LossOrSquared())
}

// exchange is that method, from the units of the best network, until the gap over all patterns is closed or nothing
// changes. Its network becomes the best one if it is, and its units' blocks the working set.
func (g *everywhere) exchange(ctx context.Context) error {
	e := g.unitsOf(g.s.best.Net.Neurons)
	l := g.s.p.LossOrSquared()
	objective, asked := g.s.best.Objective, coarsestMasses
	entered, least, since := math.Inf(1), math.Inf(1), 0 // gaps when units left last, and when there was progress
	var best *exchanged
	var masses *interior.Weighed // of best
	for ctx.Err() == nil && g.rounds < g.o.MaxRounds && g.s.iterations < g.s.o.MaxIter && g.s.affords(g.sweep.Work()+e.work()) {
		g.rounds++
		l.Project(g.s.nu, g.s.p.Y, g.s.p.Intercept)
		found, err := g.sweepBetween(ctx, g.s.nu)
		if err != nil {
			return err
		}
		gap := program.RelGap(objective, g.centred.promise)
		g.reportExchange(objective, gap, len(e.unit))
		silent := len(found.Peaks) == 0
		if since++; gap < closingBy*least {
			least, since = gap, 0
		}
		if gap <= g.s.o.Tol || silent && asked <= exchangeShare*g.s.o.Tol || since > exchangePatience {
			break
		}
		for _, p := range found.Peaks[:min(len(found.Peaks), unitsPerSweep)] {
			e.enter(p.W, p.Sign)
		}
		if len(e.unit) == 0 {
			break
		}
		asked = exchangeShare * math.Max(min(gap, coarsestMasses/exchangeShare), g.s.o.Tol)
		if silent {
			asked = exchangeShare * g.s.o.Tol
		}
		w, err := e.solve(ctx, asked)
		if err != nil {
			return err
		}
		before := objective
		g.s.nu = w.Nu
		if w.Objective < objective {
			objective, masses, best = w.Objective, w, &exchanged{g, slices.Clone(e.unit)}
		}
		if gap < leaveBy*entered || before-objective > (1-leaveBy)*gap*objective {
			entered = min(gap, entered)
			e.leave(func(k int) bool { return w.Idle[k] && floats.Dot(e.unit[k].at, w.Nu) < g.s.lambda*(1-gap) })
		}
	}
	if best == nil {
		return nil
	}
	g.s.nu = slices.Clone(g.centred.nu)
	return best.adopt(ctx, masses, g.sweep.Gate)
}

// unitsOf are those of neurons.
func (g *everywhere) unitsOf(neurons []program.Neuron) *exchanged {
	e := &exchanged{g: g}
	for _, nr := range neurons {
		w := slices.Clone(nr.W)
		if norm := floats.Norm(w, 2); norm > 0 {
			floats.Scale(1/norm, w)
			e.enter(w, math.Copysign(1, nr.Alpha))
		}
	}
	return e
}

func (g *everywhere) reportExchange(objective, gap float64, units int) {
	if g.s.o.Progress != nil {
		g.s.o.Progress(Progress{Phase: "columns", Iteration: g.s.iterations, Primal: objective, Dual: g.s.dual, RelGap: gap, Active: units})
	}
}

// work is about the number of operations of a solve.
func (e *exchanged) work() float64 {
	n, k := float64(e.g.s.pricer.N), float64(len(e.unit)+unitsPerSweep)
	return massesSteps * (n*k*k + k*k*k/3)
}

func (e *exchanged) enter(w []float64, sign float64) {
	values := e.g.products(w)
	e.g.s.p.Activation.Apply(values, values)
	floats.Scale(sign, values)
	e.unit = append(e.unit, unit{w, sign, values})
}

// leave drops units.
func (e *exchanged) leave(idle func(k int) bool) {
	var kept []unit
	for k, u := range e.unit {
		if !idle(k) {
			kept = append(kept, u)
		}
	}
	e.unit = kept
}

// solve solves for the masses to the relative gap tol.
func (e *exchanged) solve(ctx context.Context, tol float64) (*interior.Weighed, error) {
	s := e.g.s
	f := mat.NewDense(s.pricer.N, len(e.unit), nil)
	for k, u := range e.unit {
		f.SetCol(k, u.at)
	}
	x, err := operator.NewCountedDesign(f, s.p.Account)
	if err != nil {
		return nil, err
	}
	m := interior.Masses{F: x, Y: s.p.Y, Loss: s.p.LossOrSquared(), Intercept: s.p.Intercept, Lambda: s.lambda}
	w := m.Solve(ctx, tol, s.o.MaxIter-s.iterations)
	s.iterations += w.Steps
	s.method = overUnits
	return w, nil
}

// adopt makes a network of the units, of those that are not idle if that costs nothing, each in the cell of a gate. It
// becomes the best one if it is, and its blocks the working set. Where ctx has ended cells of units that are not idle are
// still centred for the time of grace: units stand at kinks, and without a gate inside its cell a unit is lost.
func (e *exchanged) adopt(ctx context.Context, w *interior.Weighed, gate func(w []float64) []float64) error {
	g := e.g
	late, cancel := graced(ctx, g.o.Grace)
	defer func(before context.Context) { g.ctx = before; cancel() }(g.ctx)
	g.ctx = late
	few := &exchanged{g, slices.Clone(e.unit)}
	few.leave(func(k int) bool { return w.Idle[k] })
	if len(few.unit) > 0 && len(few.unit) < len(e.unit) && g.s.affords(few.work()) {
		again, err := few.solve(ctx, exchangeShare*g.s.o.Tol)
		if err != nil {
			return err
		}
		if again.Objective <= w.Objective*(1+exchangeShare*g.s.o.Tol) {
			e, w = few, again
		}
	}
	pt := program.Point{Net: program.Network{Activation: g.s.p.Activation, Constant: w.C}}
	var work, taken []int // blocks, units
	var gates [][]float64
	for k, u := range e.unit {
		if ctx.Err() == nil || !w.Idle[k] {
			taken, gates = append(taken, k), append(gates, gate(u.w))
		}
	}
	at, sign := operator.NewGeneral(len(taken), g.s.pricer.D), make([]float64, len(taken))
	for j, k := range taken {
		floats.ScaleTo(operator.RowOf(at, j), w.A[k], e.unit[k].w)
		sign[j] = e.unit[k].sign
	}
	for _, u := range g.place(gates, at, sign) {
		if u.ok {
			pt.Net.Neurons = append(pt.Net.Neurons, u.neuron)
			work = append(work, g.blockIndex(u.block))
		}
	}
	g.s.rec.Evaluate(&pt)
	g.s.recentre(&pt)
	if pt.Objective < g.s.best.Objective {
		g.s.best = pt
		slices.Sort(work)
		g.s.work = slices.Compact(work)
	}
	return nil
}

// placed is a neuron in a block; not ok where there is no cell for it but a sliver.
type placed struct {
	block  operator.Block
	neuron program.Neuron
	ok     bool
}

// place lists the cells of gates and puts the neurons sign |u| phi(x.u/|u|) in them, u the row of the gate, which is
// changed. A neuron is moved inside along the cell's gate or, where that is nearer, to the gate.
func (g *everywhere) place(gates [][]float64, u blas64.General, sign []float64) []placed {
	cells, turned := g.listEach(gates)
	out, at := make([]placed, len(gates)), make([]int, 0, len(gates))
	for k, cell := range cells {
		if cell < 0 {
			continue
		}
		b := operator.Block{Cell: cell, Sign: sign[k]}
		if turned[k] {
			b.Sign = g.facing.turn(operator.RowOf(u, k), sign[k])
		}
		out[k].block, at = b, append(at, k)
	}
	along := operator.NewGeneral(len(gates), u.Cols)
	g.neurons(out, at, u)
	var near []int
	for _, k := range at {
		row, inside, nr := operator.RowOf(u, k), g.s.p.Cells[cells[k]].Gate, out[k].neuron
		gate := floats.ScaleTo(operator.RowOf(along, k), floats.Norm(row, 2)/floats.Norm(inside, 2), inside)
		moved := floats.ScaleTo(make([]float64, len(row)), math.Abs(nr.Alpha), nr.W)
		if off := floats.Distance(row, gate, 2); off <= placedNear*floats.Norm(row, 2) && (!out[k].ok || off < floats.Distance(row, moved, 2)) {
			near = append(near, k)
		}
	}
	before := slices.Clone(out)
	g.neurons(out, near, along)
	for _, k := range near {
		if !out[k].ok {
			out[k] = before[k]
		}
	}
	return out
}

// neurons are made of some rows of u, each of which has its block, moved inside along the gates of their cells.
func (g *everywhere) neurons(out []placed, some []int, u blas64.General) {
	rows, blocks, gates := operator.NewGeneral(len(some), u.Cols), make([]operator.Block, len(some)), make([][]float64, len(some))
	for j, k := range some {
		copy(operator.RowOf(rows, j), operator.RowOf(u, k))
		blocks[j], gates[j] = out[k].block, g.s.p.Cells[out[k].block.Cell].Gate
	}
	neurons, ok := g.s.rec.Neurons(blocks, rows, gates)
	for j, k := range some {
		out[k].neuron, out[k].ok = neurons[j], ok[j]
	}
}

// placedNear is how far, as a share of its size, a neuron is moved at most to lie where the gate of its cell does. Cells around
// slivers are listed by gates that far away. Where these could not be centred they may be as near to a wall as rounding allows, and
// a neuron that is moved along one until it is inside becomes thousands of times as large: on grade 2 of sunspots_monthly
// (rank 19) the network of 50 units of objective .2062 had 1.8e5, and was lost.
const placedNear = 1e-5
