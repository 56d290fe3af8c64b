package solver

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

const (
	// firstCells are the cells whose gates are tried as neurons where there is no network, fewer
	// where little work is left, but fewestCells.
	firstCells, fewestCells = 64, 4
	// firstSizes are tried for such a neuron, from the best for squares by factors of two to both sides.
	firstSizes = 1
	// firstWork is the most that is done beyond the first neuron, a tenth of a second.
	firstWork = 1e9
	// poor is the gap of a network that may be worse than what a few gates make.
	poor = 0.5
)

// firstPoint leaves a network where a limit came before there was one to speak of: the gates of cells, which
// are within their cones, are taken for neurons one after the other, each where the rows are
// left worst by those before, as long as that lowers the objective and there is work left. One
// is tried whatever the limit.
func (s *search) firstPoint() {
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
	n, _ := s.x.Dims()
	each := float64(operator.EntryWork*s.x.Stored() + operator.PassWork*n)
	limit := min(s.p.Account.Left(), firstWork)
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
	before := s.best
	gate := s.p.Cells[c].Gate
	norm := floats.Norm(gate, 2)
	for k := -firstSizes; k <= firstSizes; k++ {
		u := make([]float64, len(gate))
		floats.ScaleTo(u, math.Ldexp(math.Abs(mass)/norm, k), gate)
		nr, ok := s.rec.Neuron(operator.Block{Cell: c, Sign: math.Copysign(1, mass)}, u, gate)
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
