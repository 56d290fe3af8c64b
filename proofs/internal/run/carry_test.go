package run

import (
	"math/rand/v2"
	"slices"
	"testing"

	"multigrade/proofs/internal/exact"
)

// dense is x with its zeros.
func dense(x exact.Matrix) exact.Matrix {
	d := exact.Matrix{Rows: x.Rows, Cols: x.Cols, Values: make([]float64, x.Rows*x.Cols)}
	for i := range x.Rows {
		values, index := x.Row(i)
		for k, v := range values {
			d.Values[i*x.Cols+index[k]] = v
		}
	}
	return d
}

// Sparse rows carry what dense ones do, and on the training rows nothing is cut off.
func TestCarrySparse(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 8))
	for range 200 {
		x := exact.Matrix{Rows: 1 + rng.IntN(6), Cols: 1 + rng.IntN(6), Start: []int{0}}
		for range x.Rows {
			for j := range x.Cols {
				if rng.IntN(2) == 0 {
					x.Index, x.Values = append(x.Index, j), append(x.Values, float64(rng.IntN(5)-2))
				}
			}
			x.Start = append(x.Start, len(x.Values))
		}
		shift := carryShifts(x)
		if want := carryShifts(dense(x)); !slices.Equal(shift, want) {
			t.Fatalf("shifts %v, of the dense matrix %v: %v", shift, want, x)
		}
		c := carry(x, shift)
		whole := carry(dense(x), shift)
		if slices.Contains(c.Values, 0) || !slices.Equal(dense(c).Values, whole.Values) {
			t.Fatalf("%v carries %v, dense %v", x, c, whole.Values)
		}
		for k, v := range dense(x).Values {
			if whole.Values[k] != v+shift[k%x.Cols] || whole.Values[k] < 0 {
				t.Fatalf("%v is cut off: %v with shifts %v", x, whole.Values, shift)
			}
		}
		z := exact.Matrix{Rows: x.Rows, Cols: 2, Values: make([]float64, 2*x.Rows)}
		for k := range z.Values {
			z.Values[k] = float64(rng.IntN(2))
		}
		if both := beside(z, c); !slices.Equal(dense(both).Values, beside(z, whole).Values) {
			t.Fatalf("%v beside %v is %v", z, c, both)
		}
	}
}
