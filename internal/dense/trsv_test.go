package dense

import (
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/blas"
)

func TestTrsvAgreesWithGonum(t *testing.T) {
	eachKernel(t, func(t *testing.T) {
		rnd := rand.New(rand.NewPCG(12, 12))
		for c := range 8 {
			ul, tA := uplos[c&1], transposes[c>>1&1]
			d := []blas.Diag{blas.NonUnit, blas.Unit}[c>>2&1]
			for _, n := range []int{0, 1, 31, 32, 33, 40, 41, 64, 70, 129, 300} {
				for _, inc := range []int{1, 3} {
					ld := max(1, n) + rnd.IntN(3)
					a, x := random(rnd, n, n, ld), random(rnd, n, 1, inc)
					for i := range n { // well conditioned, so that the solutions can be compared
						for j := range n {
							a[i*ld+j] /= 2 * float64(n)
						}
						a[i*ld+i] = 1 + rnd.Float64()
					}
					want := slices.Clone(x)
					reference.Dtrsv(ul, tA, d, n, a, ld, want, inc)
					dtrsv(ul, tA, d, n, a, ld, x, inc)
					if err := sameNumbers(x, want, 1e-12); err != nil {
						t.Fatalf("%c%c%c n=%d inc=%d: %v", ul, tA, d, n, inc, err)
					}
				}
			}
		}
	})
}
