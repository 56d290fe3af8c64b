package run

import (
	"multigrade/proofs/internal/exact"
)

// carryShifts re-derives how far each column of x' reaches below 0 on the training
// rows, where what is not stored is 0.
func carryShifts(x exact.Matrix) []float64 {
	below := make([]float64, x.Cols)
	lowest := func(j int, v float64) {
		if v < -below[j] {
			below[j] = -v
		}
	}
	if !x.Sparse() {
		for k, v := range x.Values {
			lowest(k%x.Cols, v)
		}
		return below
	}
	for k, j := range x.Index {
		lowest(j, x.Values[k])
	}
	return below
}

// carry is c(x) = max(x' + shift, 0) at every row of x', dense or sparse as x'. In a
// sparse row the columns with a shift are stored beside those that x' stores.
func carry(x exact.Matrix, shift []float64) exact.Matrix {
	c := exact.Matrix{Rows: x.Rows, Cols: x.Cols}
	if !x.Sparse() {
		c.Values = make([]float64, len(x.Values))
		for k, v := range x.Values {
			c.Values[k] = max(v+shift[k%x.Cols], 0)
		}
		return c
	}
	var shifted []int
	for j, v := range shift {
		if v > 0 {
			shifted = append(shifted, j)
		}
	}
	c.Start = []int{0}
	for i := range x.Rows {
		values, index := x.Row(i)
		rest := shifted
		for len(rest)+len(index) > 0 {
			j, v := x.Cols, 0.0 // the next column that either has
			if len(rest) > 0 {
				j = rest[0]
			}
			if len(index) > 0 && index[0] <= j {
				j, v = index[0], values[0]
				values, index = values[1:], index[1:]
			}
			if len(rest) > 0 && rest[0] == j {
				rest = rest[1:]
			}
			if v = max(v+shift[j], 0); v > 0 {
				c.Index, c.Values = append(c.Index, j), append(c.Values, v)
			}
		}
		c.Start = append(c.Start, len(c.Values))
	}
	return c
}

// beside is [z, c] for a dense z, dense or sparse as c.
func beside(z, c exact.Matrix) exact.Matrix {
	x := exact.Matrix{Rows: z.Rows, Cols: z.Cols + c.Cols}
	if c.Sparse() {
		x.Start = []int{0}
	}
	for i := range z.Rows {
		left, _ := z.Row(i)
		right, index := c.Row(i)
		if !c.Sparse() {
			x.Values = append(append(x.Values, left...), right...)
			continue
		}
		for j, v := range left {
			if v != 0 {
				x.Index, x.Values = append(x.Index, j), append(x.Values, v)
			}
		}
		for _, j := range index {
			x.Index = append(x.Index, z.Cols+j)
		}
		x.Values = append(x.Values, right...)
		x.Start = append(x.Start, len(x.Values))
	}
	return x
}
