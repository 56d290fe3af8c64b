package operator

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/james-bowman/sparse"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

// wideSparse has 20,000 rows, 2000 columns and about 14 entries in a row, as one-hot
// tables have.
func wideSparse() *sparse.CSR {
	const n, d, perRow = 20_000, 2000, 14
	rng := rand.New(rand.NewPCG(4, 1))
	ptr := []int{0}
	var ind []int
	var val []float64
	for range n {
		for k := range perRow {
			ind = append(ind, k*d/perRow+rng.IntN(d/perRow))
			val = append(val, rng.NormFloat64())
		}
		ptr = append(ptr, len(ind))
	}
	return sparse.NewCSR(n, d, ptr, ind, val)
}

// BenchmarkSparse compares the products of sparseDesign with those of package sparse
// for the rows of B vectors: one after the other by MulVecTo, all together by
// MulMatMat, whose arguments and results are the transposes.
func BenchmarkSparse(b *testing.B) {
	x := wideSparse()
	n, d := x.Dims()
	ours := newSparseDesign(x)
	rng := rand.New(rand.NewPCG(4, 2))
	random := func(rows, cols int) blas64.General {
		g := NewGeneral(rows, cols)
		for i := range g.Data {
			g.Data[i] = rng.NormFloat64()
		}
		return g
	}
	for _, k := range []int{1, 4, 40} {
		u, z := random(k, d), random(k, n)
		for _, c := range []struct {
			name string
			f    func()
		}{
			{"Mul", func() { ours.Mul(z, u) }},
			{"Mul/vectors", func() {
				for j := range k {
					clear(RowOf(z, j))
					x.MulVecTo(RowOf(z, j), false, RowOf(u, j))
				}
			}},
			{"Mul/matrix", func() { sparse.MulMatMat(false, 1, x, mat.DenseCopyOf(matrix(u).T()), nil) }},
			{"MulTrans", func() { ours.MulTrans(u, z) }},
			{"MulTrans/vectors", func() {
				for j := range k {
					clear(RowOf(u, j))
					x.MulVecTo(RowOf(u, j), true, RowOf(z, j))
				}
			}},
			{"MulTrans/matrix", func() { sparse.MulMatMat(true, 1, x, mat.DenseCopyOf(matrix(z).T()), nil) }},
		} {
			b.Run(fmt.Sprintf("%s/%d", c.name, k), func(b *testing.B) {
				for b.Loop() {
					c.f()
				}
			})
		}
	}
}

func matrix(g blas64.General) *mat.Dense { return mat.NewDense(g.Rows, g.Cols, g.Data) }
