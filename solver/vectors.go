package solver

import (
	"slices"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
)

// newGeneral returns a zero r x c matrix.
func newGeneral(r, c int) blas64.General {
	return blas64.General{Rows: r, Cols: c, Stride: max(c, 1), Data: make([]float64, r*max(c, 1))}
}

// rowOf is row i of a, a view.
func rowOf(a blas64.General, i int) []float64 {
	return a.Data[i*a.Stride : i*a.Stride+a.Cols]
}

func cloneGeneral(a blas64.General) blas64.General {
	a.Data = slices.Clone(a.Data)
	return a
}

func firstRows(a blas64.General, k int) blas64.General {
	return blas64.General{Rows: k, Cols: a.Cols, Stride: a.Stride, Data: a.Data[:k*a.Stride]}
}

// normalise scales v to norm 1 if it is not zero.
func normalise(v []float64) {
	if norm := floats.Norm(v, 2); norm > 0 {
		floats.Scale(1/norm, v)
	}
}

func vector(v []float64) blas64.Vector { return blas64.Vector{N: len(v), Inc: 1, Data: v} }

// grown is a slice of n numbers, v if it is large enough.
func grown(v []float64, n int) []float64 {
	if cap(v) < n {
		return make([]float64, n)
	}
	return v[:n]
}

func resizeRows(a blas64.General, rows int) blas64.General {
	b := newGeneral(rows, a.Cols)
	copy(b.Data, a.Data)
	return b
}
