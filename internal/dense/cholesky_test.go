package dense

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/blas"
	lapack "gonum.org/v1/gonum/lapack/gonum"
)

func checkCholesky(t *testing.T, rnd *rand.Rand, ul blas.Uplo, n int) {
	t.Helper()
	ld := max(1, n) + rnd.IntN(3)
	a := random(rnd, n, n, ld)
	for i, d := 0, dominant(rnd, n); i < n; i++ {
		copy(a[i*ld:], d[i*n:i*n+n])
	}
	for i := range n { // the other triangle must not be read
		for j := range n {
			if i != j && (j > i) == (ul == blas.Lower) {
				a[i*ld+j] = math.NaN()
			}
		}
	}
	want := slices.Clone(a)
	if !(lapack.Implementation{}).Dpotrf(ul, n, want, ld) {
		t.Fatal("reference failed")
	}
	if !dpotrf(ul, n, a, ld) {
		t.Fatalf("%c n=%d: not positive definite", ul, n)
	}
	if err := sameNumbers(a, want, 1e-13); err != nil {
		t.Fatalf("%c n=%d: %v", ul, n, err)
	}
}

func TestCholeskyAgreesWithGonum(t *testing.T) {
	eachKernel(t, func(t *testing.T) {
		rnd := rand.New(rand.NewPCG(6, 6))
		for _, ul := range uplos {
			for n := range 71 {
				checkCholesky(t, rnd, ul, n)
			}
			for _, n := range []int{95, 96, 97, 128, 191, 300, 389} {
				checkCholesky(t, rnd, ul, n)
			}
		}
	})
}

// A pivot that is zero, negative or NaN is found wherever it stands.
func TestCholeskyRefuses(t *testing.T) {
	eachKernel(t, func(t *testing.T) {
		rnd := rand.New(rand.NewPCG(7, 7))
		for _, ul := range uplos {
			for _, n := range []int{1, 5, 24, 25, 60, 200} {
				for _, at := range []int{0, n / 2, n - 1} {
					for _, pivot := range []float64{-1, math.NaN()} {
						a := dominant(rnd, n)
						a[at*n+at] = pivot
						if dpotrf(ul, n, a, n) {
							t.Fatalf("%c n=%d: pivot %v at %d accepted", ul, n, pivot, at)
						}
					}
				}
			}
		}
	})
}

// The factor times its transpose is the matrix, backward stable also when
// the matrix is close to singular.
func TestCholeskyBackwardError(t *testing.T) {
	eachKernel(t, func(t *testing.T) {
		const n, ridge = 200, 1e-10
		rnd := rand.New(rand.NewPCG(8, 8))
		g := random(rnd, n/2, n, n) // rank n/2
		a := make([]float64, n*n)
		reference.Dsyrk(blas.Upper, blas.Trans, n, n/2, 1, g, n, 0, a, n)
		for i := range n {
			a[i*n+i] += ridge
		}
		u := slices.Clone(a)
		if !dpotrf(blas.Upper, n, u, n) {
			t.Fatal("not positive definite")
		}
		for i := range n {
			for j := i; j < n; j++ {
				v := a[i*n+j]
				for k := range i + 1 {
					v -= u[k*n+i] * u[k*n+j]
				}
				if math.Abs(v) > 1e-14*math.Sqrt(a[i*n+i]*a[j*n+j]) {
					t.Fatalf("entry (%d, %d) of A - U'U is %v", i, j, v)
				}
			}
		}
	})
}
