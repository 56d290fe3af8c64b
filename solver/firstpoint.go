package solver

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
	"multigrade/solver/internal/sphere"
)

const (
	// firstCells are the cells whose gates are tried as neurons where there is no network, fewer
	// where little work is left, but fewestCells.
	firstCells, fewestCells = 64, 4
	// firstSizes are tried for such a neuron, from the best for squares by factors of two to both sides.
	firstSizes = 1
	// firstWork is the most that is done beyond the first neuron, a tenth of a second, and lateWork where the
	// context has ended: there may be many outputs and grades to come.
	firstWork, lateWork = 1e9, 5e7
	// constantWork of a row is what finding the constant of a loss that is not of squares takes.
	constantWork = 500
	// poor is the gap of a network that may be worse than what a few gates make.
	poor = 0.5
)

// firstPoint leaves a network where a limit came before there was one to speak of: the gates of cells, which
// are within their cones, are taken for neurons one after the other, each where the rows are
// left worst by those before, as long as that lowers the objective and there is work left. One
// is tried whatever the limit.
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
	if s.addGates(limit); len(s.best.Net.Neurons) == 0 {
		s.addBest()
	}
}

// firstPoint is that of the search, over the cells on both sides of X'nu where none is listed.
func (g *everywhere) firstPoint(ctx context.Context) error {
	if len(g.s.best.Net.Neurons) > 0 || g.ended == Priced || g.s.best.Nu == nil {
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
// the null model, which lowers the objective unless beta is too large for any.
func (s *search) addBest() {
	if s.pricer.PriceLargest(context.Background(), s.best.Nu, 1) != nil {
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

// addGates is firstPoint with gates, of so much work beyond the first.
func (s *search) addGates(limit float64) {
	n, _ := s.x.Dims()
	each := float64(operator.EntryWork*s.x.Stored() + operator.PassWork*n)
	if s.p.Intercept && s.p.LossOrSquared() != loss.Squared {
		each += constantWork * float64(n)
	}
	limit = min(s.p.Account.Left(), limit)
	count := max(fewestCells, int(min(firstCells, limit/(2*each))))
	cells := s.p.Cells[:min(len(s.p.Cells), count)]
	values, squares := make([][]float64, len(cells)), make([]float64, len(cells))
	s.x.Book(float64(len(cells)) * each)
	operator.Parallel(len(cells), func(c int) {
		norm := floats.Norm(cells[c].Gate, 2)
		v := make([]float64, n)
		for i := range v {
			v[i] = s.p.Activation.Of(operator.DotRow(s.x, i, cells[c].Gate)) / norm
		}
		values[c], squares[c] = v, floats.Dot(v, v)
	})
	spent := each * float64(len(cells))
	for k := range cells {
		if spent += each * float64(len(cells)/4+(2*firstSizes+1)*(k+2)); k > 0 && spent > limit {
			return
		}
		s.x.Book(operator.PassWork * float64(len(cells)+2*firstSizes) * float64(n))
		best, at := s.lambda, -1
		for c, v := range values {
			if m := math.Abs(floats.Dot(s.best.Nu, v)); squares[c] > 0 && m > best {
				best, at = m, c
			}
		}
		if at < 0 || !s.addGate(at, math.Copysign((best-s.lambda)/squares[at], floats.Dot(s.best.Nu, values[at]))) {
			return
		}
		squares[at] = 0
	}
}

// addGate adds the gate of cell c as a neuron, of about so much mass, if that lowers the
// objective.
func (s *search) addGate(c int, mass float64) bool {
	return s.addNeuron(operator.Block{Cell: c, Sign: math.Copysign(1, mass)}, s.p.Cells[c].Gate, math.Abs(mass))
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
