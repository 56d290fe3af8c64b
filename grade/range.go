package grade

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// largestSquared bounds what is squared: the targets, the mean of whose squares is part of the ledger, and inputs that are
// not standardised; smallestSpread the targets' standard deviation, whose square vanishes below.
const (
	largestSquared = 1e150
	smallestSpread = 1e-150
)

// checkRange refuses columns whose spread float64 does not hold, or where they stay as they are their squares, by name.
func (d *Data) checkRange(train []int, standardize bool) error {
	lo, hi := columnRanges(d.X)
	for j, name := range d.Columns {
		if err := checkColumn(name, lo[j], hi[j], standardize); err != nil {
			return err
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
			if err := checkTarget(name, v); err != nil {
				return err
			}
		}
		_, sd := meanSD(values)
		if err := checkSpread(name, sd); err != nil {
			return err
		}
	}
	return nil
}

// checkRange is that of data in memory, from the sums of the columns, the target's the last.
func (d *RowData) checkRange(sums []columnSums, standardize bool) error {
	last := len(sums) - 1
	for j, name := range d.Columns {
		if err := checkColumn(name, min(0, sums[j].lo), max(0, sums[j].hi), standardize); err != nil {
			return err
		}
	}
	if d.Labels.Task != Regression {
		return nil
	}
	_, sd := sums[last].result()
	for _, v := range []float64{sums[last].lo, sums[last].hi} {
		if err := checkTarget(d.Target[0], v); err != nil {
			return err
		}
	}
	return checkSpread(d.Target[0], sd)
}

func checkColumn(name string, lo, hi float64, standardize bool) error {
	switch {
	case math.IsInf(hi-lo, 0):
		return fmt.Errorf("%w: column %.40q goes from %v to %v, which is more than float64 holds: divide it by a power of ten", ErrData, name, lo, hi)
	case !standardize && max(-lo, hi) > largestSquared:
		return fmt.Errorf("%w: column %.40q goes from %v to %v, whose squares are more than float64 holds: divide it by a power of ten, or standardise", ErrData, name, lo, hi)
	}
	return nil
}

func checkTarget(name string, v float64) error {
	if math.Abs(v) > largestSquared {
		return fmt.Errorf("%w: target %.40q has the value %v, whose square is more than float64 holds: divide it by a power of ten", ErrData, name, v)
	}
	return nil
}

func checkSpread(name string, sd float64) error {
	if sd > 0 && sd < smallestSpread {
		return fmt.Errorf("%w: target %.40q has the standard deviation %v, whose square is less than float64 holds: multiply it by a power of ten", ErrData, name, sd)
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
