package solver

import (
	"fmt"
	"math"
	"sync"

	"github.com/james-bowman/sparse"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	fastblas "multigrade/internal/blas"
)

func init() { fastblas.Use() }

// design is the data matrix X (n x d) as the products the solver needs. Blocks
// are rows: U is B x d with u_j in row j, Z = U X' is B x n with X u_j in row
// j, so that everything that belongs to one block is contiguous.
type design interface {
	dims() (n, d int)
	// stored is the number of stored entries.
	stored() int
	// mul sets Z = U X', for Z B x n and U B x d.
	mul(z, u blas64.General)
	// mulTrans sets C = T X, for C B x d and T B x n.
	mulTrans(c, t blas64.General)
	// gram sets K = X' diag(w) X (d x d, both triangles), w >= 0; tmp has n
	// entries.
	gram(k, w, tmp []float64)
	// row calls f for every stored entry of row i, columns ascending.
	row(i int, f func(col int, v float64))
}

// newDesign wraps X without copying it where it can.
func newDesign(x mat.Matrix) (design, error) {
	switch m := x.(type) {
	case *mat.Dense:
		return newDenseDesign(m), nil
	case *sparse.CSR:
		return newSparseDesign(m), nil
	}
	return nil, fmt.Errorf("solver: X is a %T, want *mat.Dense or *sparse.CSR", x)
}

// denseDesign holds X and its transpose: both products then run along
// contiguous rows of length n.
type denseDesign struct {
	x, xt   blas64.General
	scratch sync.Pool // *blas64.General, d x n
}

func newDenseDesign(m *mat.Dense) *denseDesign {
	n, d := m.Dims()
	xt := blas64.General{Rows: d, Cols: n, Stride: n, Data: make([]float64, d*n)}
	for i := 0; i < n; i++ {
		for j, v := range m.RawRowView(i) {
			xt.Data[j*n+i] = v
		}
	}
	return &denseDesign{x: m.RawMatrix(), xt: xt, scratch: sync.Pool{New: func() any {
		g := newGeneral(d, n)
		return &g
	}}}
}

func (x *denseDesign) dims() (n, d int) { return x.x.Rows, x.x.Cols }

func (x *denseDesign) stored() int { return len(x.xt.Data) }

func (x *denseDesign) mul(z, u blas64.General) {
	blas64.Gemm(blas.NoTrans, blas.NoTrans, 1, u, x.xt, 0, z)
}

func (x *denseDesign) mulTrans(c, t blas64.General) {
	blas64.Gemm(blas.NoTrans, blas.Trans, 1, t, x.xt, 0, c)
}

// gram takes dot products of columns where they are few, a product of
// sqrt(w) X with itself where that is faster.
func (x *denseDesign) gram(k, w, tmp []float64) {
	n, d := x.dims()
	if d < 8 {
		for a := 0; a < d; a++ {
			floats.MulTo(tmp, w, x.col(a))
			for b := a; b < d; b++ {
				k[a*d+b] = floats.Dot(tmp, x.col(b))
			}
		}
	} else {
		scaled := x.scratch.Get().(*blas64.General)
		for i, v := range w {
			tmp[i] = math.Sqrt(v)
		}
		for a := range d {
			floats.MulTo(scaled.Data[a*n:a*n+n], tmp, x.col(a))
		}
		blas64.Syrk(blas.NoTrans, 1, *scaled, 0, blas64.Symmetric{N: d, Stride: d, Data: k, Uplo: blas.Upper})
		x.scratch.Put(scaled)
	}
	for a := range d {
		for b := range a {
			k[a*d+b] = k[b*d+a]
		}
	}
}

// col is column j of X.
func (x *denseDesign) col(j int) []float64 {
	n := x.xt.Stride
	return x.xt.Data[j*n : j*n+n]
}

func (x *denseDesign) row(i int, f func(col int, v float64)) {
	for j, v := range x.x.Data[i*x.x.Stride : i*x.x.Stride+x.x.Cols] {
		f(j, v)
	}
}
