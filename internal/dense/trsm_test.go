package dense

import (
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/blas"
)

func checkTrsm(t *testing.T, rnd *rand.Rand, s blas.Side, ul blas.Uplo, tA blas.Transpose, d blas.Diag, m, n int, alpha float64) {
	t.Helper()
	k := m
	if s == blas.Right {
		k = n
	}
	lda, ldb := max(1, k)+rnd.IntN(3), max(1, n)+rnd.IntN(3)
	a, b := random(rnd, k, k, lda), random(rnd, m, n, ldb)
	for i := range k { // well conditioned, so that the solutions can be compared
		for j := range k {
			a[i*lda+j] /= 2 * float64(k)
		}
		a[i*lda+i] = 1 + rnd.Float64()
	}
	want := slices.Clone(b)
	reference.Dtrsm(s, ul, tA, d, m, n, alpha, a, lda, want, ldb)
	dtrsm(s, ul, tA, d, m, n, alpha, a, lda, b, ldb)
	if err := sameNumbers(b, want, 1e-12); err != nil {
		t.Fatalf("%c%c%c%c m=%d n=%d alpha=%v: %v", s, ul, tA, d, m, n, alpha, err)
	}
}

func TestTrsmAgreesWithGonum(t *testing.T) {
	eachKernel(t, func(t *testing.T) {
		rnd := rand.New(rand.NewPCG(5, 5))
		for c := range 16 {
			s := []blas.Side{blas.Left, blas.Right}[c&1]
			ul, tA := uplos[c>>1&1], transposes[c>>2&1]
			d := []blas.Diag{blas.NonUnit, blas.Unit}[c>>3&1]
			for range 150 {
				checkTrsm(t, rnd, s, ul, tA, d, pick(rnd), pick(rnd), scalars[rnd.IntN(4)])
			}
			for n := 1; n <= 70; n++ {
				checkTrsm(t, rnd, s, ul, tA, d, n, 33, 1)
				checkTrsm(t, rnd, s, ul, tA, d, 33, n, 1)
			}
			for _, z := range [][2]int{{64, 300}, {300, 64}, {97, 100}, {193, 211}, {250, 40}} {
				checkTrsm(t, rnd, s, ul, tA, d, z[0], z[1], 0.7)
			}
			for count := 1; count < 4; count++ {
				checkTrsm(t, rnd, s, ul, tA, d, 300, count, 0.7)
				checkTrsm(t, rnd, s, ul, tA, d, count, 150, 1)
			}
		}
	})
}
