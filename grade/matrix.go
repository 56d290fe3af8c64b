package grade

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"math"

	"github.com/james-bowman/sparse"
	"gonum.org/v1/gonum/mat"
)

// rowOf returns the stored values of row i and their columns; index is nil for
// a dense row. The slices belong to x.
func rowOf(x mat.Matrix, i int) (values []float64, index []int) {
	switch x := x.(type) {
	case *mat.Dense:
		return x.RawRowView(i), nil
	case *sparse.CSR:
		r := x.RawMatrix()
		lo, hi := r.Indptr[i], r.Indptr[i+1]
		return r.Data[lo:hi], r.Ind[lo:hi]
	}
	panic("grade: neither *mat.Dense nor *sparse.CSR")
}

// WithBias returns [x, 1], dense or sparse as x is.
func WithBias(x mat.Matrix) mat.Matrix {
	n, d := x.Dims()
	if csr, ok := x.(*sparse.CSR); ok {
		return sparseWithBias(csr)
	}
	out := mat.NewDense(n, d+1, nil)
	overRows(n, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			values, _ := rowOf(x, i)
			row := out.RawRowView(i)
			copy(row, values)
			row[d] = 1
		}
	})
	return out
}

func sparseWithBias(x *sparse.CSR) *sparse.CSR {
	n, d := x.Dims()
	indptr := make([]int, 1, n+1)
	ind, data := make([]int, 0, x.NNZ()+n), make([]float64, 0, x.NNZ()+n)
	for i := range n {
		values, index := rowOf(x, i)
		ind, data = append(append(ind, index...), d), append(append(data, values...), 1)
		indptr = append(indptr, len(ind))
	}
	return sparse.NewCSR(n, d+1, indptr, ind, data)
}

// ProgramHash returns the SHA-256, in lower-case hex, of the float64 bits of x
// row by row and then of y, little-endian. It ties a certificate to the numbers
// of its program.
func ProgramHash(x mat.Matrix, y []float64) string { return programHash(rowsHash(x), y) }

// rowsHash is the state of a ProgramHash before y.
func rowsHash(x mat.Matrix) hash.Cloner {
	n, d := x.Dims()
	h := sha256.New().(hash.Cloner)
	row := make([]float64, d)
	chunk := make([]byte, 0, 8*d)
	for i := range n {
		values, index := rowOf(x, i)
		if index != nil {
			clear(row)
			for k, v := range values {
				row[index[k]] = v
			}
			values = row
		}
		chunk = appendBits(chunk[:0], values)
		h.Write(chunk)
	}
	return h
}

func programHash(rows hash.Cloner, y []float64) string {
	h, err := rows.Clone()
	if err != nil {
		panic("grade: SHA-256 cannot be cloned: " + err.Error())
	}
	h.Write(appendBits(nil, y))
	return hex.EncodeToString(h.Sum(nil))
}

func appendBits(b []byte, v []float64) []byte {
	for _, x := range v {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
	}
	return b
}
