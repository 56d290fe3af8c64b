package dense

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/blas"
)

// clearTriangle sets the triangle ul of an n x n matrix to v.
func clearTriangle(c []float64, n, ld int, ul blas.Uplo, v float64) {
	for i := range n {
		for j := range n {
			if i == j || (j > i) == (ul == blas.Upper) {
				c[i*ld+j] = v
			}
		}
	}
}

func checkSyrk(t *testing.T, rnd *rand.Rand, ul blas.Uplo, tA blas.Transpose, n, k int, alpha, beta float64) {
	t.Helper()
	ar, ac := stored(tA, n, k)
	lda, ldc := max(1, ac)+rnd.IntN(3), max(1, n)+rnd.IntN(3)
	a, c := random(rnd, ar, ac, lda), random(rnd, n, n, ldc)
	want := slices.Clone(c)
	reference.Dsyrk(ul, tA, n, k, alpha, a, lda, beta, want, ldc)
	if beta == 0 && alpha != 0 && n > 0 && k > 0 {
		clearTriangle(c, n, ldc, ul, math.NaN())
	}
	dsyrk(ul, tA, n, k, alpha, a, lda, beta, c, ldc)
	if err := sameNumbers(c, want, 1e-13*math.Sqrt(float64(k+1))); err != nil {
		t.Fatalf("%c%c n=%d k=%d alpha=%v beta=%v: %v", ul, tA, n, k, alpha, beta, err)
	}
}

func TestSyrkAgreesWithGonum(t *testing.T) {
	eachKernel(t, func(t *testing.T) {
		rnd := rand.New(rand.NewPCG(4, 4))
		for _, ul := range uplos {
			for _, tA := range transposes {
				for range 300 {
					checkSyrk(t, rnd, ul, tA, pick(rnd), pick(rnd), scalars[rnd.IntN(4)], scalars[rnd.IntN(4)])
				}
				for n := 1; n <= 70; n++ {
					checkSyrk(t, rnd, ul, tA, n, 41, 1, 0)
				}
				for _, s := range [][2]int{{300, 257}, {64, 600}, {251, 3}, {500, 70}} {
					checkSyrk(t, rnd, ul, tA, s[0], s[1], -1, 1)
					checkSyrk(t, rnd, ul, tA, s[0], s[1], 0.7, 0)
				}
			}
		}
	})
}
