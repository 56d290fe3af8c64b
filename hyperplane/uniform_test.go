package hyperplane

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/james-bowman/sparse"
)

// Products with rows whose columns have one value each are, to the last bit, those with any rows; columns of two values,
// or with a stored zero, are not taken for such.
func TestUniformColumns(t *testing.T) {
	rng := rand.New(rand.NewPCG(14, 5))
	const n, d = 60, 9
	value := make([]float64, d)
	for j := range value {
		value[j] = rng.NormFloat64()
	}
	made := func(other float64) *rows {
		m := sparse.NewDOK(n, d)
		for i := range n {
			for j := range d {
				if rng.IntN(3) == 0 {
					m.Set(i, j, value[j])
				}
			}
		}
		csr := m.ToCSR()
		if other != value[0] {
			csr.RawMatrix().Data[len(csr.RawMatrix().Data)/2] = other
		}
		return newRows(csr)
	}
	for _, other := range []float64{0, 0.7} {
		if made(other).uniformColumns() != nil {
			t.Errorf("a column with an entry %v among others was taken for one of one value", other)
		}
	}
	r := made(value[0])
	p := newProjector(r)
	if p.uniform == nil {
		t.Fatal("columns of one value were not found to be so")
	}
	w := make([]float64, d)
	for range 20 {
		for j := range w {
			w[j] = rng.NormFloat64()
		}
		want, some := make([]float64, n), []int{0, 3, 4, 17, n - 1}
		r.product(want, w)
		if p.product(w); !slices.Equal(p.price, want) {
			t.Fatalf("product %v, want %v", p.price, want)
		}
		clear(p.price)
		p.productOf(some, w)
		for _, i := range some {
			if p.price[i] != want[i] {
				t.Fatalf("entry %d of the product is %v, want %v", i, p.price[i], want[i])
			}
		}
	}
}
