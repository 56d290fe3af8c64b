package operator

import (
	"math"

	"multigrade/internal/parallel"
)

type rowNorms struct{}

// RowNorms are |x_i| (n), computed once. The slice belongs to X.
func RowNorms(x Design) []float64 {
	return x.Once(rowNorms{}, func() any {
		n, _ := x.Dims()
		norms := make([]float64, n)
		parallel.Chunks(n, rowsTogether, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				_, row := x.Entries(i)
				norms[i] = norm(row)
			}
		})
		return norms
	}).([]float64)
}

// norm is |v|, entry by entry as math.Hypot, so that no square overflows; that computes other
// last bits on some processors, and takes several times as long.
func norm(v []float64) float64 {
	p := 0.0
	for _, q := range v {
		if q = math.Abs(q); q > p {
			p, q = q, p
		}
		if q > 0 {
			q /= p
			p *= math.Sqrt(1 + float64(q*q))
		}
	}
	return p
}
