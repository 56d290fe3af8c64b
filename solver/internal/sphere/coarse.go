package sphere

import (
	"context"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"multigrade/solver/internal/direction"
	"multigrade/solver/internal/operator"
)

// Where rows are many, climbs from random starts begin with few of them: an end among these is mostly near a local maximum over
// all rows, and costs so many times less. Some maxima are the end of one climb of hundreds. Measured on 100,000 x 10 at 0.01 beta_max,
// where 144 climbs over all rows met one of 1 + 7e-5 n beta in the eighth round of column generation, and 576 others of 1 + 2e-5
// when all that had been met was solved.
const (
	// coarseStride is of how many rows one is taken, where that leaves coarseLeast. On 10,000 x 10 climbs that began with every second or
	// eighth row found less.
	coarseStride, coarseLeast = 8, 4096
)

// coarse is the ascent over some of the rows.
type coarse struct {
	ascent *ascent
	nu     []float64
}

// arrivedShare of the tolerance is what a step of a climb over many rows gains at least: a maximum is approached by ever
// smaller steps there, as walls are close.
const arrivedShare = 0.01

// Coarsely makes climbs from random starts begin with some of the rows, if they are many, and end where a step gains less than a share of
// the relative tolerance.
func (s *Pricing) Coarsely(tol float64) error {
	n, d := s.X.Dims()
	if n < coarseStride*coarseLeast {
		return nil
	}
	some := mat.NewDense((n+coarseStride-1)/coarseStride, d, nil)
	for k := range some.RawMatrix().Rows {
		s.X.Row(k*coarseStride, func(col int, v float64) { some.Set(k, col, v) })
	}
	x, err := operator.NewCountedDesign(some, s.X.Account())
	if err != nil {
		return err
	}
	s.Ascent.enough = arrivedShare * tol
	s.coarse = &coarse{newAscent(x, s.Ascent.activation), make([]float64, some.RawMatrix().Rows)}
	return nil
}

// Starts appends about so many starts of climbs to the given ones: random ones, or the highest ends of more climbs over some rows
// that are not near another one.
func (s *Pricing) Starts(ctx context.Context, given blas64.General, random int, nu []float64) blas64.General {
	c := s.coarse
	if c == nil {
		return s.RandomStarts(random, given)
	}
	for k := range c.nu {
		c.nu[k] = nu[k*coarseStride]
	}
	w := s.RandomStarts(random*coarseStride, operator.NewGeneral(0, given.Cols))
	value := c.ascent.Climb(ctx, w, c.nu)
	out := operator.NewGeneral(given.Rows+random, given.Cols)
	copy(out.Data, given.Data)
	var kept []direction.Signed
	for _, j := range Descending(value) {
		at := direction.Signed{W: operator.RowOf(w, j), Norm: 1, Sign: 1}
		if len(kept) < random && at.First(kept, direction.Trained) < 0 {
			copy(operator.RowOf(out, given.Rows+len(kept)), at.W)
			kept = append(kept, at)
		}
	}
	return operator.FirstRows(out, given.Rows+len(kept))
}
