package solver

import (
	"slices"

	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// start is a network in the cells of a program with a dual point, both thought to be near the
// optimal ones.
type start struct {
	network Network
	nu      []float64
}

// in is the start in rank coordinates.
func (b *start) in(c *operator.Coordinates) *start {
	out := *b
	out.network.Neurons = slices.Clone(b.network.Neurons)
	for k, nr := range out.network.Neurons {
		out.network.Neurons[k].W = c.Down(nr.W)
	}
	return &out
}

// begin makes the network of b the best one, its blocks the working set and its dual point that
// to be priced first.
func (s *search) begin(b *start) {
	s.best = program.Point{Net: b.network}
	s.rec.Evaluate(&s.best)
	s.recentre(&s.best)
	s.nu = slices.Clone(b.nu)
	used := make(map[operator.Block]bool)
	for _, nr := range b.network.Neurons {
		used[blockOf(&nr)] = true
	}
	for j, b := range s.pricer.Blocks {
		if used[b] {
			s.work = append(s.work, j)
		}
	}
}
