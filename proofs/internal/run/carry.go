package run

import (
	"multigrade/proofs/internal/exact"
)

// carryShifts re-derives what moves every column of x' on the training rows to
// nonnegative numbers: max(0, -min over the rows); entries not stored are zeros.
func carryShifts(x exact.Matrix) []float64 {
	shift := make([]float64, x.Cols)
	for i := range x.Rows {
		values, index := x.Row(i)
		for k, v := range values {
			j := columnOf(index, k)
			shift[j] = max(shift[j], -v)
		}
	}
	return shift
}

func columnOf(index []int, k int) int {
	if index == nil {
		return k
	}
	return index[k]
}

// carry is c(x) = max(x' + shift, 0) at every row of x', dense or sparse as x'.
func carry(x exact.Matrix, shift []float64) exact.Matrix {
	c := exact.Matrix{Rows: x.Rows, Cols: x.Cols}
	if x.Sparse() {
		c.Start = []int{0}
	}
	row := make([]float64, x.Cols)
	for i := range x.Rows {
		clear(row)
		values, index := x.Row(i)
		for k, v := range values {
			row[columnOf(index, k)] = v
		}
		for j, v := range row {
			if row[j] = v + shift[j]; !(row[j] > 0) {
				row[j] = 0
			}
		}
		c.AppendRow(row)
	}
	return c
}

// beside is [z, c] for a dense z, dense or sparse as c.
func beside(z, c exact.Matrix) exact.Matrix {
	x := exact.Matrix{Rows: z.Rows, Cols: z.Cols + c.Cols}
	if c.Sparse() {
		x.Start = []int{0}
	}
	row := make([]float64, x.Cols)
	for i := range z.Rows {
		clear(row)
		left, _ := z.Row(i)
		copy(row, left)
		values, index := c.Row(i)
		for k, v := range values {
			row[z.Cols+columnOf(index, k)] = v
		}
		x.AppendRow(row)
	}
	return x
}

// appendRow adds a row to a matrix in the making, of a sparse one what is not
