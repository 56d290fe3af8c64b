package operator

import (
	"errors"
	"fmt"

	"github.com/james-bowman/sparse"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"multigrade/internal/dense"
	"multigrade/internal/parallel"
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
	// Gram sets K = X' diag(w) X (d x d, both triangles), w >= 0.
	Gram(k, w []float64)
	// Grams sets row j of K (B x d^2) to X' diag(w_j) X, w_j row j of the weights
	// (B x n), of any sign.
	Grams(k blas64.General, w RowWeights)
	// Row calls f for every stored entry of row i, columns ascending.
	Row(i int, f func(col int, v float64))
	// Entries are the stored entries of row i and their columns, ascending; ind is nil
	// where all are stored. The slices belong to X.
	Entries(i int) (ind []int, val []float64)
	// Once returns what find returned when it was first called for the key, a comparable value: what is true of X
	// whoever asks.
	Once(key any, find func() any) any
	// Account books the products, nil where nobody counts.
	Account() *Account
	// Book adds operations that are done beside the products.
	Book(operations float64)
}

// uncounted are the methods of a Design without an account.
type uncounted struct{}

func (uncounted) Account() *Account { return nil }

func (uncounted) Book(float64) {}

// CheckMatrix says that x is there and of a kind that a Design can be made of.
func CheckMatrix(x mat.Matrix) error {
	switch m := x.(type) {
	case nil:
		return errNoMatrix
	case *mat.Dense:
		if m == nil || m.IsEmpty() {
			return errNoMatrix
		}
	case *sparse.CSR:
		if m == nil {
			return errNoMatrix
		}
	default:
		return fmt.Errorf("solver: X is a %T, want *mat.Dense or *sparse.CSR", x)
	}
	return nil
}

var errNoMatrix = errors.New("solver: X is missing")

// NewDesign wraps X without copying it where it can. The error says what is no matrix, or
// the first entry that is not finite.
func NewDesign(x mat.Matrix) (Design, error) {
	if err := CheckMatrix(x); err != nil {
		return nil, err
	}
	var design Design
	switch m := x.(type) {
	case *mat.Dense:
		design = newDenseDesign(m)
	case *sparse.CSR:
		design = newSparseDesign(m)
	}
	n, _ := design.Dims()
	for i := range n {
		_, row := design.Entries(i)
		for _, v := range row {
			if v-v != 0 {
				return nil, fmt.Errorf("solver: row %d of X has the entry %v, want finite numbers", i, v)
			}
		}
	}
	return design, nil
}

// denseDesign holds X and its transpose: both products then run along
// contiguous rows of length n.
type denseDesign struct {
	uncounted
	x, xt blas64.General
	memo
	grams parallel.FreeList[gramProduct]
}

func newDenseDesign(m *mat.Dense) *denseDesign {
	n, d := m.Dims()
	xt := blas64.General{Rows: d, Cols: n, Stride: n, Data: make([]float64, d*n)}
	x := m.RawMatrix()
	parallel.Chunks(n, rowsTogether, func(lo, hi int) {
		for j := range d {
			column := xt.Data[j*n : j*n+n]
			for i := lo; i < hi; i++ {
				column[i] = x.Data[i*x.Stride+j]
			}
		}
	})
	return &denseDesign{x: x, xt: xt}
}

func (x *denseDesign) Dims() (n, d int) { return x.x.Rows, x.x.Cols }

func (x *denseDesign) Stored() int { return len(x.xt.Data) }

func (x *denseDesign) Mul(z, u blas64.General) {
	dense.Gemm(blas.NoTrans, blas.NoTrans, 1, u, x.xt, 0, z)
}

func (x *denseDesign) MulTrans(c, t blas64.General) {
	dense.Gemm(blas.NoTrans, blas.Trans, 1, t, x.xt, 0, c)
}

// col is column j of X.
func (x *denseDesign) col(j int) []float64 {
	n := x.xt.Stride
	return x.xt.Data[j*n : j*n+n]
}

func (x *denseDesign) Row(i int, f func(col int, v float64)) {
	for j, v := range RowOf(x.x, i) {
		f(j, v)
	}
}

func (x *denseDesign) Entries(i int) (ind []int, val []float64) { return nil, RowOf(x.x, i) }
