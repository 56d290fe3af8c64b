package operator

import (
	"slices"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
)

// NewGeneral returns a zero r x c matrix.
func NewGeneral(r, c int) blas64.General {
	return blas64.General{Rows: r, Cols: c, Stride: max(c, 1), Data: make([]float64, r*max(c, 1))}
}

// RowsAtOnce is how many rows of n products are made at a time where there may be many: 64 MB of them.
func RowsAtOnce(n int) int { return max(1, 1<<23/n) }

// RowOf is row i of a, a view.
func RowOf(a blas64.General, i int) []float64 {
	return a.Data[i*a.Stride : i*a.Stride+a.Cols]
}

func CloneGeneral(a blas64.General) blas64.General {
	a.Data = slices.Clone(a.Data)
	return a
}

func FirstRows(a blas64.General, k int) blas64.General {
	return blas64.General{Rows: k, Cols: a.Cols, Stride: a.Stride, Data: a.Data[:k*a.Stride]}
}

// Normalise scales v to norm 1 if it is not zero.
func Normalise(v []float64) {
	if norm := floats.Norm(v, 2); norm > 0 {
		floats.Scale(1/norm, v)
	}
}

func Vector(v []float64) blas64.Vector { return blas64.Vector{N: len(v), Inc: 1, Data: v} }

// Grown is a slice of n numbers, v if it is large enough.
func Grown(v []float64, n int) []float64 {
	if cap(v) < n {
		return make([]float64, n)
	}
	return v[:n]
}

func ResizeRows(a blas64.General, rows int) blas64.General {
	b := NewGeneral(rows, a.Cols)
	copy(b.Data, a.Data)
	return b
}
