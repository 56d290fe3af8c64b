package exact

import (
	"fmt"
	"slices"
)

// A Matrix is the n x d matrix of a program, stored by rows, dense or sparse.
// It is read-only: constructors keep the slices they are given. The zero value
// is a 0 x 0 matrix.
type Matrix struct {
	Rows, Cols int
	Values     []float64 // dense: row-major; sparse: stored entries row by row
	Start      []int     // sparse: row i is values[start[i]:start[i+1]]; nil when dense
	Index      []int     // sparse: column of each stored entry, ascending within a row
}

// NewDense returns the rows x cols matrix with the given row-major values.
func NewDense(rows, cols int, values []float64) (Matrix, error) {
	if rows < 0 || cols < 0 || len(values) != rows*cols {
		return Matrix{}, fmt.Errorf("dense matrix: %d values given for %d x %d", len(values), rows, cols)
	}
	return Matrix{Rows: rows, Cols: cols, Values: values}, nil
}

// NewSparse returns the rows x cols matrix in compressed row form: row i has
// columns index[start[i]:start[i+1]], strictly ascending, with those values.
func NewSparse(rows, cols int, start, index []int, values []float64) (Matrix, error) {
	if rows < 0 || cols < 0 || len(start) != rows+1 || len(index) != len(values) {
		return Matrix{}, fmt.Errorf("sparse matrix: %d starts, %d columns, %d values given for %d x %d", len(start), len(index), len(values), rows, cols)
	}
	if start[0] != 0 || start[rows] != len(values) {
		return Matrix{}, fmt.Errorf("sparse matrix: rows cover entries %d to %d of %d", start[0], start[rows], len(values))
	}
	for i := range rows {
		if start[i] > start[i+1] || start[i+1] > len(values) {
			return Matrix{}, fmt.Errorf("sparse matrix: row %d ends at entry %d before it begins at %d", i, start[i+1], start[i])
		}
		for k := start[i]; k < start[i+1]; k++ {
			if index[k] < 0 || index[k] >= cols || k > start[i] && index[k] <= index[k-1] {
				return Matrix{}, fmt.Errorf("sparse matrix: row %d: column %d is out of order or not in 0..%d", i, index[k], cols-1)
			}
		}
	}
	return Matrix{Rows: rows, Cols: cols, Values: values, Start: start, Index: index}, nil
}

// Dims returns n and d.
func (m Matrix) Dims() (rows, cols int) { return m.Rows, m.Cols }

// Sparse reports whether rows are stored sparsely.
func (m Matrix) Sparse() bool { return m.Start != nil }

// Row returns the stored values of row i and their columns; index is nil when
// the row is dense (value k is column k). Both are read-only.
func (m Matrix) Row(i int) (values []float64, index []int) {
	if m.Start == nil {
		return m.Values[i*m.Cols : (i+1)*m.Cols], nil
	}
	return m.Values[m.Start[i]:m.Start[i+1]], m.Index[m.Start[i]:m.Start[i+1]]
}

// StoredColumns drops the columns of a sparse matrix that store nothing, and
// numbers the others anew, so that a number of columns alone costs no memory.
func (m Matrix) StoredColumns() Matrix {
	if !m.Sparse() {
		return m
	}
	number := make(map[int]int)
	index := make([]int, len(m.Index))
	for k, j := range m.Index {
		if _, seen := number[j]; !seen {
			number[j] = len(number)
		}
		index[k] = number[j]
	}
	return Matrix{Rows: m.Rows, Cols: len(number), Values: m.Values, Start: m.Start, Index: index}
}

// AboveNegative is [m; -m].
func (m Matrix) AboveNegative() Matrix {
	out := m
	out.Rows = 2 * m.Rows
	out.Values = slices.Concat(m.Values, m.Values)
	for k := len(m.Values); k < len(out.Values); k++ {
		out.Values[k] = -out.Values[k]
	}
	if m.Sparse() {
		out.Index = slices.Concat(m.Index, m.Index)
		out.Start = slices.Clone(m.Start)
		for _, end := range m.Start[1:] {
			out.Start = append(out.Start, len(m.Values)+end)
		}
	}
	return out
}
