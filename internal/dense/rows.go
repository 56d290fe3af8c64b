package dense

import "gonum.org/v1/gonum/blas/blas64"

// The products of a sparse matrix with a narrow one, a row of stored entries at a time:
// entry e is val[e] in column ind[e]. Every product and every sum is rounded by itself,
// in ascending e.

// Quads is the multiple of 4 that the width of a matrix must be for GatherRows and
// ScatterRows: k rounded up.
func Quads(k int) int { return (k + 3) &^ 3 }

// GatherRows sets y = sum of val[e] a_e over the rows a_e = ind[e] of a. The length of y is
// the width of a, a multiple of 4.
func GatherRows(y, val []float64, ind []int, a blas64.General) {
	machine.gatherRows(y, val, ind, a)
}

// ScatterRows adds val[e] x to row ind[e] of a. The length of x is the width of a, a
// multiple of 4.
func ScatterRows(a blas64.General, val []float64, ind []int, x []float64) {
	machine.scatterRows(a, val, ind, x)
}

func (s instructions) gatherRows(y, val []float64, ind []int, a blas64.General) {
	checkRows(y, val, ind, a)
	switch {
	case len(ind) == 0 || s == portable:
		clear(y)
		for e, i := range ind {
			axpyPortable(val[e], a.Data[i*a.Stride:][:len(y)], y)
		}
	case len(y) > 0:
		gatherRows4(len(ind), &ind[0], &val[0], &a.Data[0], a.Stride, len(y)/4, &y[0])
	}
}

func (s instructions) scatterRows(a blas64.General, val []float64, ind []int, x []float64) {
	checkRows(x, val, ind, a)
	switch {
	case len(ind) == 0 || len(x) == 0:
	case s == portable:
		for e, i := range ind {
			axpyPortable(val[e], x, a.Data[i*a.Stride:][:len(x)])
		}
	default:
		scatterRows4(len(ind), &ind[0], &val[0], &a.Data[0], a.Stride, len(x)/4, &x[0])
	}
}

func checkRows(v, val []float64, ind []int, a blas64.General) {
	switch {
	case len(v) != a.Cols || a.Cols%4 != 0 || len(val) != len(ind):
		panic(badShape)
	case a.Rows > 0 && !(operand{data: a.Data, ld: a.Stride}).fits(a.Rows, max(a.Cols, 1)):
		panic(badLength)
	}
	for _, i := range ind {
		if uint(i) >= uint(a.Rows) {
			panic(badShape)
		}
	}
}

// Transpose sets dst = a'. Columns of dst beyond the rows of a, of which there may be as
// many as make its width a multiple of 4, are left.
func Transpose(dst, a blas64.General) {
	if a.Rows > dst.Cols || a.Cols > dst.Rows || a.Cols > a.Stride || dst.Cols > dst.Stride {
		panic(badShape)
	}
	quads, blocks := a.Rows&^3, a.Cols/4
	for i := 0; i < quads && blocks > 0; i += 4 {
		src, to := a.Data[i*a.Stride:], dst.Data[i:]
		_ = src[3*a.Stride+4*blocks-1]
		_ = to[(4*blocks-1)*dst.Stride+3]
		machine.transpose(blocks, src, a.Stride, 4, to, dst.Stride, 4*dst.Stride)
	}
	for i := range a.Rows {
		from := 4 * blocks
		if i >= quads {
			from = 0
		}
		for j := from; j < a.Cols; j++ {
			dst.Data[j*dst.Stride+i] = a.Data[i*a.Stride+j]
		}
	}
}
