package hyperplane

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/james-bowman/sparse"
)

// No row but those listed is violated at a point that a list covers, and products with those listed are those with all.
func TestNearbyRows(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	const n, d = 600, 7
	x := gaussian(rng, n, d)
	dok := sparse.NewDOK(n, d)
	for i := range n {
		for j := range d {
			if j == i%d || rng.IntN(3) == 0 {
				dok.Set(i, j, x.At(i, j))
			}
		}
	}
	for _, r := range []*rows{newRows(x), newRows(dok.ToCSR())} {
		p := newProjector(r)
		w := gaussianVector(rng, d)
		pat, _ := r.pattern(w)
		var near nearby
		price := make([]float64, n)
		at := func(w []float64) {
			r.product(price, w)
			for i := range price {
				price[i] *= -pat.Sign(i) * p.inverse[i]
			}
		}
		at(w)
		near.set(w, price)
		if len(near.rows) == 0 || len(near.rows) > n/4 {
			t.Fatalf("%d rows of %d are near", len(near.rows), n)
		}
		covered, left := 0, 0
		for range 400 {
			v, far := slices.Clone(w), math.Exp(-3*rng.Float64())*0.5
			for j := range v {
				v[j] += far * rng.NormFloat64()
			}
			at(v)
			if !near.covers(v) {
				left++
				continue
			}
			covered++
			for i, violation := range price {
				if violation > 0 && !slices.Contains(near.rows, i) {
					t.Fatalf("row %d is violated by %v, %v away", i, violation, far)
				}
			}
			few := make([]float64, n)
			r.productOf(near.rows, few, v)
			r.product(price, v)
			for _, i := range near.rows {
				if few[i] != price[i] {
					t.Fatalf("row %d: %v of few rows, %v of all", i, few[i], price[i])
				}
			}
		}
		if covered == 0 || left == 0 {
			t.Errorf("%d points are covered, %d are not", covered, left)
		}
	}
}
