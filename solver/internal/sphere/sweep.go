package sphere

import (
	"context"

	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/sphere/circles"
)

// Sweep finds the largest neurons of rows of rank 2 and 3, of any activation that is not gated.
type Sweep struct {
	of      *Stack
	circles *circles.Circles
	work    float64
}

// NewSweep prepares it within work operations; nil where the rows have another rank or are too many for that, or
// ctx ends.
func (s *Stack) NewSweep(ctx context.Context, work float64) *Sweep {
	n, d := s.X.Dims()
	r := len(operator.UsedColumns(s.X))
	if operator.Columns(s.X) != d || r != 2 && r != 3 || !(circles.SortWork(n, r)+circles.LargestWork(n, r) <= work) {
		return nil
	}
	c := circles.New(ctx, s.X)
	if c == nil {
		return nil
	}
	return &Sweep{s, c, circles.LargestWork(n, r)}
}

// Largest finds m(nu) and the local maxima of |nu'phi(Xw)| above a level; nil when ctx ends before.
func (w *Sweep) Largest(ctx context.Context, nu []float64, above float64) *circles.Largest {
	return w.circles.Largest(ctx, w.of.weights(nu), above)
}

// Gate is inside a cell around w.
func (w *Sweep) Gate(at []float64) []float64 { return w.circles.Gate(at) }

// Work is about the cost of Largest.
func (w *Sweep) Work() float64 { return w.work }
