package operator

import (
	"math"
	"sync"
)

// rowNorms are those of a design, once they are asked for.
type rowNorms struct {
	once  sync.Once
	norms []float64
}

func (r *rowNorms) of(x Design) []float64 {
	r.once.Do(func() {
		n, _ := x.Dims()
		r.norms = make([]float64, n)
		for i := range r.norms {
			_, row := x.Entries(i)
			r.norms[i] = norm(row)
		}
	})
	return r.norms
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
