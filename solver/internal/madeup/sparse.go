package madeup

import (
	"github.com/james-bowman/sparse"
	"gonum.org/v1/gonum/mat"
)

// CSR is x in compressed sparse rows.
func CSR(x mat.Matrix) *sparse.CSR {
	n, d := x.Dims()
	coo := sparse.NewCOO(n, d, nil, nil, nil)
	for i := range n {
		for j := range d {
			if v := x.At(i, j); v != 0 {
				coo.Set(i, j, v)
			}
		}
	}
	return coo.ToCSR()
}
