package refit

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"multigrade/internal/dense"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// Products are those of the columns phi(X w_k/|w_k|) of k units and of ones with each other and with
// y: all that their masses are fitted by.
type Products struct {
	gram    blas64.General // k + 1 x k + 1
	targets []float64      // k + 1
	target  float64        // |y|^2
}

// productRows is how many rows the columns are made of at a time: those of a hundred units stay in
// the second-level cache.
const productRows = 1024

// ProductsWork is what NewProducts counts for, of k units.
func ProductsWork(x operator.Design, k int) float64 {
	n, _ := x.Dims()
	return float64(k)*float64(operator.EntryWork*x.Stored()) + float64(n)*float64((k+2)*(k+2))
}

// NewProducts are those of the units of p.
func NewProducts(p *program.Problem, x operator.Design, units []Unit) *Products {
	n, _ := x.Dims()
	k := len(units)
	x.Book(ProductsWork(x, k))
	sums := blas64.Symmetric{N: k + 2, Stride: k + 2, Data: make([]float64, (k+2)*(k+2)), Uplo: blas.Upper}
	columns := operator.NewGeneral(k+2, min(n, productRows))
	for first := 0; first < n; first += productRows {
		columns.Cols = min(n-first, productRows)
		operator.Parallel(k, func(j int) {
			for i := range columns.Cols {
				columns.Data[j*columns.Stride+i] = p.Activation.Of(operator.DotRow(x, first+i, units[j].W)) / units[j].Norm
			}
		})
		for i := range columns.Cols {
			columns.Data[k*columns.Stride+i] = 1
			columns.Data[(k+1)*columns.Stride+i] = p.Y[first+i]
		}
		dense.Syrk(blas.NoTrans, 1, columns, 1, sums)
	}
	q := &Products{gram: operator.NewGeneral(k+1, k+1), targets: make([]float64, k+1), target: sums.Data[len(sums.Data)-1]}
	for i := range k + 1 {
		row := sums.Data[i*sums.Stride : (i+1)*sums.Stride]
		q.targets[i] = row[k+1]
		for j := i; j <= k; j++ {
			q.gram.Data[i*(k+1)+j], q.gram.Data[j*(k+1)+i] = row[j], row[j]
		}
	}
	return q
}
