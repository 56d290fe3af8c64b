package run

import (
	"math"

	"multigrade/proofs/internal/exact"
)

// A scaling maps a column's number v to (v - Shift)/Scale, and to 0 where Scale is 0.
type scaling struct {
	Shift []float64 `json:"shift"`
	Scale []float64 `json:"scale"`
}

func unitScaling(d int) scaling {
	s := scaling{make([]float64, d), make([]float64, d)}
	for j := range s.Scale {
		s.Scale[j] = 1
	}
	return s
}

// columnScaling derives mean and population standard deviation of every column
// of x over the given rows. Sparse columns are not shifted.
func columnScaling(x exact.Matrix, rows []int) scaling {
	if x.Sparse() {
		return sparseScaling(x, rows)
	}
	s := unitScaling(x.Cols)
	column := make([]float64, len(rows))
	for j := range x.Cols {
		for k, i := range rows {
			column[k] = x.Values[i*x.Cols+j]
		}
		s.Shift[j], s.Scale[j] = meanAndDeviation(column)
	}
	return s
}

// targetScaling is columnScaling for targets, one column after the other.
func targetScaling(y [][]float64, rows []int) scaling {
	s := unitScaling(len(y))
	column := make([]float64, len(rows))
	for t, target := range y {
		for k, i := range rows {
			column[k] = target[i]
		}
		s.Shift[t], s.Scale[t] = meanAndDeviation(column)
	}
	return s
}

// apart is the spread, relative to the largest of the numbers in size, beyond which they count as
// different.
const apart = 1.0 / (1 << 48)

// column is a column's numbers, v divided by 2^exponent; the exponent is 0 where
// the largest in size is 0 or lies in [2^-300, 2^301), else that of the largest.
type column struct {
	v        []float64
	exponent int
	constant bool // they count as equal, if no zeros are to be counted with them
}

func newColumn(v []float64) column {
	least, largest, size := v[0], v[0], 0.0
	for _, x := range v {
		least, largest, size = math.Min(least, x), math.Max(largest, x), math.Max(size, math.Abs(x))
	}
	c := column{v: v, constant: alike(least, largest, size)}
	if c.exponent = columnExponent(size); c.exponent != 0 {
		c.v = make([]float64, len(v))
		for k, x := range v {
			c.v[k] = math.Ldexp(x, -c.exponent)
		}
	}
	return c
}

// alike says that numbers from least to largest, of that size at most, count as equal.
func alike(least, largest, size float64) bool { return largest-least <= apart*size }

// columnExponent is that of the power of two by which numbers of that size at most are
// divided before they are squared, 0 where they need not be.
func columnExponent(size float64) int {
	if _, e := math.Frexp(size); size > 0 && (e-1 < -300 || e-1 > 300) {
		return e - 1
	}
	return 0
}

// moments are (sum v)/n and sqrt((sum (v-mean)^2 + zeros mean^2)/n), every operation
// rounded, sums from the first term on, before they are multiplied by 2^exponent; n
// counts the zeros.
func (c column) moments(zeros float64) (mean, deviation float64) {
	n := float64(len(c.v)) + zeros
	for _, x := range c.v {
		mean += x
	}
	mean /= n
	for _, x := range c.v {
		deviation += float64((x - mean) * (x - mean))
	}
	if zeros > 0 {
		deviation += float64(zeros * float64(mean*mean))
	}
	return math.Ldexp(mean, c.exponent), math.Ldexp(math.Sqrt(deviation/n), c.exponent)
}

// meanAndDeviation of numbers; for such as count as equal the first one and 0.
func meanAndDeviation(v []float64) (mean, deviation float64) {
	c := newColumn(v)
	if c.constant {
		return v[0], 0
	}
	return c.moments(0)
}

// sparseScaling keeps zeros zero: shift 0, and the deviation counts them.
func sparseScaling(x exact.Matrix, rows []int) scaling {
	s := unitScaling(x.Cols)
	stored := make([][]float64, x.Cols)
	for _, i := range rows {
		values, index := x.Row(i)
		for e, v := range values {
			stored[index[e]] = append(stored[index[e]], v)
		}
	}
	for j, v := range stored {
		zeros := float64(len(rows) - len(v))
		s.Scale[j] = 0
		if len(v) == 0 {
			continue
		}
		if c := newColumn(v); zeros > 0 || !c.constant {
			_, s.Scale[j] = c.moments(zeros)
		}
	}
	return s
}

func (s scaling) value(v float64, j int) float64 {
	if s.Scale[j] == 0 {
		return 0
	}
	return (v - s.Shift[j]) / s.Scale[j]
}

// apply scales the given rows of x.
func (s scaling) apply(x exact.Matrix, rows []int) exact.Matrix {
	out := exact.Matrix{Rows: len(rows), Cols: x.Cols}
	if x.Sparse() {
		out.Start = []int{0}
	}
	for _, i := range rows {
		values, index := x.Row(i)
		for e, v := range values {
			j := e
			if index != nil {
				j = index[e]
				out.Index = append(out.Index, j)
			}
			out.Values = append(out.Values, s.value(v, j))
		}
		if x.Sparse() {
			out.Start = append(out.Start, len(out.Values))
		}
	}
	return out
}
