package operator

import (
	"fmt"
	"math"
	"sync"

	"github.com/james-bowman/sparse"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/internal/dense"
)

// Design is the data matrix X (n x d) as the products the solver needs. Blocks
// are rows: U is B x d with u_j in row j, Z = U X' is B x n with X u_j in row
// j, so that everything that belongs to one block is contiguous.
type Design interface {
	Dims() (n, d int)
	// Stored is the number of stored entries.
	Stored() int
	// Mul sets Z = U X', for Z B x n and U B x d.
	Mul(z, u blas64.General)
	// MulTrans sets C = T X, for C B x d and T B x n.
	MulTrans(c, t blas64.General)
	// Gram sets K = X' diag(w) X (d x d, both triangles), w >= 0; tmp has n
	// entries.
	Gram(k, w, tmp []float64)
	// Row calls f for every stored entry of row i, columns ascending.
	Row(i int, f func(col int, v float64))
}

// NewDesign wraps X without copying it where it can.
func NewDesign(x mat.Matrix) (Design, error) {
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
		g := NewGeneral(d, n)
		return &g
	}}}
}

func (x *denseDesign) Dims() (n, d int) { return x.x.Rows, x.x.Cols }

func (x *denseDesign) Stored() int { return len(x.xt.Data) }

func (x *denseDesign) Mul(z, u blas64.General) {
	dense.Gemm(blas.NoTrans, blas.NoTrans, 1, u, x.xt, 0, z)
}

func (x *denseDesign) MulTrans(c, t blas64.General) {
	dense.Gemm(blas.NoTrans, blas.Trans, 1, t, x.xt, 0, c)
}

// Gram takes dot products of columns where they are few, a product of
// sqrt(w) X with itself where that is faster.
func (x *denseDesign) Gram(k, w, tmp []float64) {
	n, d := x.Dims()
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
		dense.Syrk(blas.NoTrans, 1, *scaled, 0, blas64.Symmetric{N: d, Stride: d, Data: k, Uplo: blas.Upper})
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

func (x *denseDesign) Row(i int, f func(col int, v float64)) {
	for j, v := range x.x.Data[i*x.x.Stride : i*x.x.Stride+x.x.Cols] {
		f(j, v)
	}
}
