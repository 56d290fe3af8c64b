package grade

import (
	"github.com/james-bowman/sparse"
	"gonum.org/v1/gonum/mat"

	"multigrade/solver"
)

// Grades that carry pass the inputs on beside their neurons: h_k ends with
//
//	c(x)_j = relu(x'_j + shift_j),   shift_j = max(0, -min over the training rows of x'_j).
//
// On the training rows nothing is cut off, and because c(x) >= 0 it goes through
// the relu of every further grade unchanged: the network stays a ReLU network.

// carryShifts returns the shifts for x', the standardised inputs of the
// training rows.
func carryShifts(x mat.Matrix) []float64 {
	n, d := x.Dims()
	shift := make([]float64, d)
	for i := range n {
		values, index := rowOf(x, i)
		for k, v := range values {
			j := columnOf(index, k)
			shift[j] = max(shift[j], -v)
		}
	}
	return shift
}

// columnOf is the column of stored entry k of a row.
func columnOf(index []int, k int) int {
	if index == nil {
		return k
	}
	return index[k]
}

// carried returns c(x) for the rows of x' = x, dense or sparse as x is; an
// entry that a sparse row does not store counts as zero.
func carried(x mat.Matrix, shift []float64) mat.Matrix {
	n, d := x.Dims()
	rows := newRowCollector(x, n, d)
	row := make([]float64, d)
	for i := range n {
		clear(row)
		values, index := rowOf(x, i)
		for k, v := range values {
			row[columnOf(index, k)] = v
		}
		for j, v := range row {
			row[j] = solver.ReLU.Of(v + shift[j])
		}
		rows.add(row)
	}
	return rows.matrix()
}

// beside returns [z, c], dense or sparse as c is.
func beside(z *mat.Dense, c mat.Matrix) mat.Matrix {
	n, m := z.Dims()
	_, d := c.Dims()
	rows := newRowCollector(c, n, m+d)
	row := make([]float64, m+d)
	for i := range n {
		clear(row)
		copy(row, z.RawRowView(i))
		values, index := rowOf(c, i)
		for k, v := range values {
			row[m+columnOf(index, k)] = v
		}
		rows.add(row)
	}
	return rows.matrix()
}

// rowCollector makes a matrix row by row, sparse without its zeros or dense.
type rowCollector struct {
	rows, cols int
	sparse     bool
	indptr     []int
	ind        []int
	data       []float64
}

// newRowCollector collects an n x d matrix that is sparse if like is.
func newRowCollector(like mat.Matrix, n, d int) *rowCollector {
	_, s := like.(*sparse.CSR)
	return &rowCollector{rows: n, cols: d, sparse: s, indptr: []int{0}}
}

func (c *rowCollector) add(row []float64) {
	if !c.sparse {
		c.data = append(c.data, row...)
		return
	}
	for j, v := range row {
		if v != 0 {
			c.ind, c.data = append(c.ind, j), append(c.data, v)
		}
	}
	c.indptr = append(c.indptr, len(c.data))
}

func (c *rowCollector) matrix() mat.Matrix {
	if c.sparse {
		return sparse.NewCSR(c.rows, c.cols, c.indptr, c.ind, c.data)
	}
	return mat.NewDense(c.rows, c.cols, c.data)
}
