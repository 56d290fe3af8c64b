package solver

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/solver/internal/interior"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
	"multigrade/solver/internal/sphere"
)

const (
	// firstCells are the cells whose gates are tried as neurons where there is no network, fewer
	// where little work is left, but fewestCells.
	firstCells, fewestCells = 100, 4
	// firstSizes are tried for a single neuron, from the best for squares by factors of two to both sides.
	firstSizes = 1
	// firstWork is the most that is done for them, a tenth of a second, and lateWork where the
	// context has ended: there may be many outputs and grades to come.
	firstWork, lateWork = 1e9, 5e8
	// firstSteps find the masses of the gates, to the gap firstGap; those less than leastMass of the largest are left out.
	firstSteps, firstGap, leastMass = 20, 1e-2, 1e-3
	// boundWork of a row is what the bound in such a step takes where the loss is not of squares (measured with the logistic
	// loss); fewestSteps are made where they take no more than mostBound, a second, and otherwise none.
	boundWork, fewestSteps, mostBound = 1e4, 4, 1e10
	// poor is the gap of a network that may be worse than what a few gates make.
	poor = 0.5
)

// firstPoint leaves a network where a limit came before there was one to speak of: the gates of cells, which
// are within their cones, are taken for neurons of the best masses, which is a program in as many unknowns. Where no
// gate will do, the best neuron of a cell is tried.
func (s *search) firstPoint(ctx context.Context) {
	if s.status == Optimal || len(s.best.Net.Neurons) > 0 && program.RelGap(s.best.Objective, s.dual) < poor {
		return
	}
	found := s.best
	s.best = zeroPoint(s.p)
	s.rec.Evaluate(&s.best)
	defer func() {
		if found.Objective <= s.best.Objective {
			s.best = found
		}
	}()
	limit := firstWork
	if ctx.Err() != nil {
		limit = lateWork
	}
	if steps := s.firstSteps(limit); steps > 0 {
		s.addGates(min(s.p.Account.Left(), limit), steps)
	}
	if len(s.best.Net.Neurons) == 0 {
		s.addBest(ctx)
	}
}

// firstPoint is that of the search, over the cells on both sides of X'nu where none is listed.
func (g *everywhere) firstPoint(ctx context.Context) error {
	if len(g.s.best.Net.Neurons) > 0 || g.o.StartOnly && g.o.Neurons == 0 || g.ended == Priced || g.s.best.Nu == nil {
		return nil
	}
	if len(g.s.p.Cells) == 0 {
		gates := operator.NewGeneral(2, g.s.pricer.D)
		up, down := operator.RowOf(gates, 0), operator.RowOf(gates, 1)
		g.s.x.MulTrans(operator.FirstRows(gates, 1), blas64.General{Rows: 1, Cols: g.s.pricer.N, Stride: g.s.pricer.N, Data: g.s.best.Nu})
		if !(floats.Norm(up, 2) > 0) {
			return nil
		}
		floats.ScaleTo(down, -1, up)
		if err := g.list([][]float64{up, down}); err != nil {
			return err
		}
		g.s.status = Limit
	}
	g.s.firstPoint(ctx)
	return nil
}

// addBest adds, where no gate will do, the best neuron of the block of nearly the largest value at
// the null model, which lowers the objective unless beta is too large for any: what the
// correlations may show. One projection may take seconds, and gets a grace where ctx has ended.
func (s *search) addBest(ctx context.Context) {
	ctx, cancel := graced(ctx, grace)
	defer cancel()
	if s.pricer.PriceLargest(ctx, s.best.Nu, 0) != nil || s.pricer.Largest() <= s.lambda {
		return
	}
	if s.pricer.Coned && s.pricer.PriceLargest(ctx, s.best.Nu, 1) != nil {
		return
	}
	order := sphere.Descending(s.pricer.Value)
	z, diagonal := operator.NewGeneral(1, s.pricer.N), make([]float64, s.pricer.N)
	for _, j := range order[:min(len(order), fewestCells)] {
		b := s.pricer.Blocks[j]
		w := s.pricer.Correlation(b.Cell) // the direction itself without cones
		if s.pricer.Coned {
			w = s.pricer.Direction(j).W
		}
		norm := floats.Norm(w, 2)
		if !(norm > 0) {
			continue
		}
		s.x.Mul(z, blas64.General{Rows: 1, Cols: s.pricer.D, Stride: s.pricer.D, Data: w})
		s.p.Activation.Diagonal(diagonal, s.p.Cells[b.Cell].Pattern)
		floats.Mul(z.Data, diagonal)
		size := floats.Norm(z.Data, 2) / norm
		if s.addNeuron(b, w, (s.pricer.Value[j]-s.lambda)/(size*size)) {
			return
		}
	}
}

// firstSteps are as many as so much work pays for, 0 for a loss that is not finite everywhere or takes too long.
func (s *search) firstSteps(work float64) int {
	each := boundWork * float64(s.pricer.N)
	switch l := s.p.LossOrSquared(); {
	case !loss.Everywhere(l) || l != loss.Squared && fewestSteps*each > mostBound:
		return 0
	case l == loss.Squared:
		return firstSteps
	}
	return int(min(firstSteps, max(fewestSteps, work/each)))
}

// firstGates are as many as so much work pays for, values and masses of both signs.
func (s *search) firstGates(work float64) int {
	n, _ := s.x.Dims()
	work = max(work, 0)
	product, steps := operator.EntryWork*float64(s.x.Stored()), 12*firstSteps*float64(n) // those of Grams
	affordable := 2 * work / (product + math.Sqrt(product*product+4*steps*work))         // product k + steps k^2 = work
	return min(len(s.p.Cells), max(fewestCells, int(min(firstCells, affordable))))
}

// addGates makes a network of gates with about so much work, in so many steps at most.
func (s *search) addGates(work float64, steps int) {
	cells := s.p.Cells[:s.firstGates(work)]
	if len(cells) == 0 {
		return
	}
	n, d := s.x.Dims()
	z, f := operator.NewGeneral(len(cells), n), mat.NewDense(n, 2*len(cells), nil)
	s.x.Mul(z, gatesOf(cells))
	for c := range cells {
		norm := floats.Norm(cells[c].Gate, 2)
		for i, v := range operator.RowOf(z, c) {
			v = s.p.Activation.Of(v) / norm
			f.Set(i, 2*c, v)
			f.Set(i, 2*c+1, -v)
		}
	}
	values, err := operator.NewCountedDesign(f, s.p.Account)
	if err != nil {
		return
	}
	m := interior.Masses{F: values, Y: s.p.Y, Loss: s.p.LossOrSquared(), Intercept: s.p.Intercept, Lambda: s.lambda}
	w := m.Solve(context.Background(), firstGap, steps)
	var blocks []operator.Block
	var inside [][]float64
	u := operator.NewGeneral(len(w.A), d)
	for k, a := range w.A {
		if a > leastMass*floats.Max(w.A) {
			gate := cells[k/2].Gate
			floats.ScaleTo(operator.RowOf(u, len(blocks)), a/floats.Norm(gate, 2), gate)
			blocks, inside = append(blocks, operator.Block{Cell: k / 2, Sign: float64(1 - 2*(k%2))}), append(inside, gate)
		}
	}
	pt := program.Point{Net: program.Network{Activation: s.p.Activation, Constant: w.C}}
	neurons, ok := s.rec.Neurons(blocks, operator.FirstRows(u, len(blocks)), inside)
	for k, nr := range neurons {
		if ok[k] {
			pt.Net.Neurons = append(pt.Net.Neurons, nr)
		}
	}
	s.rec.Evaluate(&pt)
	s.recentre(&pt)
	if pt.Objective < s.best.Objective {
		s.best = pt
	}
}

// addNeuron adds one of the block in direction w, of about so much mass, if that lowers the
// objective.
func (s *search) addNeuron(b operator.Block, w []float64, mass float64) bool {
	before := s.best
	norm := floats.Norm(w, 2)
	for k := -firstSizes; k <= firstSizes; k++ {
		u := make([]float64, len(w))
		floats.ScaleTo(u, math.Ldexp(mass/norm, k), w)
		nr, ok := s.rec.Neuron(b, u, s.p.Cells[b.Cell].Gate)
		if !ok {
			continue
		}
		pt := program.Point{Net: program.Network{Activation: s.p.Activation, Constant: before.Net.Constant}}
		pt.Net.Neurons = append(append(pt.Net.Neurons, before.Net.Neurons...), nr)
		s.rec.Evaluate(&pt)
		s.recentre(&pt)
		if pt.Objective < s.best.Objective {
			s.best = pt
		}
	}
	return s.best.Objective < before.Objective
}
