package grade

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// largestTarget bounds the targets: the mean of their squares is part of the ledger, and
// overflows beyond; smallestSpread their standard deviation, whose square vanishes
// below.
const (
	largestTarget  = 1e150
	smallestSpread = 1e-150
)

// checkRange refuses columns whose spread float64 does not hold, by name.
func (d *Data) checkRange(train []int) error {
	lo, hi := columnRanges(d.X)
	for j, name := range d.Columns {
		if math.IsInf(hi[j]-lo[j], 0) {
			return fmt.Errorf("%w: column %.40q goes from %v to %v, which is more than float64 holds: divide it by a power of ten", ErrData, name, lo[j], hi[j])
		}
	}
	if d.Task != Regression {
		return nil
	}
	for t, y := range d.Y {
		name := d.Target[t]
		values := make([]float64, len(train))
		for k, i := range train {
			values[k] = y[i]
		}
		for _, v := range y {
			if math.Abs(v) > largestTarget {
				return fmt.Errorf("%w: target %.40q has the value %v, whose square is more than float64 holds: divide it by a power of ten", ErrData, name, v)
			}
		}
		if _, sd := meanSD(values); sd > 0 && sd < smallestSpread {
			return fmt.Errorf("%w: target %.40q has the standard deviation %v, whose square is less than float64 holds: multiply it by a power of ten", ErrData, name, sd)
		}
	}
	return nil
}

// columnRanges are the least and the largest entries of the columns, and 0.
func columnRanges(x mat.Matrix) (lo, hi []float64) {
	n, d := x.Dims()
	lo, hi = make([]float64, d), make([]float64, d)
	for i := range n {
		values, index := rowOf(x, i)
		for k, v := range values {
			j := k
			if index != nil {
				j = index[k]
			}
			lo[j], hi[j] = min(lo[j], v), max(hi[j], v)
		}
	}
	return lo, hi
}
