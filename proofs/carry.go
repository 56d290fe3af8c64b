package proofs

// carryShifts re-derives what moves every column of x' on the training rows to
// nonnegative numbers: max(0, -min over the rows); entries not stored are zeros.
func carryShifts(x Matrix) []float64 {
	shift := make([]float64, x.cols)
	for i := range x.rows {
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
func carry(x Matrix, shift []float64) Matrix {
	c := Matrix{rows: x.rows, cols: x.cols}
	if x.Sparse() {
		c.start = []int{0}
	}
	row := make([]float64, x.cols)
	for i := range x.rows {
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
		c.appendRow(row)
	}
	return c
}

// beside is [z, c] for a dense z, dense or sparse as c.
func beside(z, c Matrix) Matrix {
	x := Matrix{rows: z.rows, cols: z.cols + c.cols}
	if c.Sparse() {
		x.start = []int{0}
	}
	row := make([]float64, x.cols)
	for i := range z.rows {
		clear(row)
		left, _ := z.Row(i)
		copy(row, left)
		values, index := c.Row(i)
		for k, v := range values {
			row[z.cols+columnOf(index, k)] = v
		}
		x.appendRow(row)
	}
	return x
}

// appendRow adds a row to a matrix in the making, of a sparse one what is not
