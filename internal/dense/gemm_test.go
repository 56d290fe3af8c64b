package dense

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
)

func checkGemm(t *testing.T, rnd *rand.Rand, tA, tB blas.Transpose, m, n, k int, alpha, beta float64) {
	t.Helper()
	ar, ac := stored(tA, m, k)
	br, bc := stored(tB, k, n)
	lda, ldb, ldc := max(1, ac)+rnd.IntN(3), max(1, bc)+rnd.IntN(3), max(1, n)+rnd.IntN(3)
	a, b, c := random(rnd, ar, ac, lda), random(rnd, br, bc, ldb), random(rnd, m, n, ldc)
	want := slices.Clone(c)
	reference.Dgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, want, ldc)
	if beta == 0 {
		for i := range c {
			c[i] = math.NaN()
		}
	}
	dgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
	if err := sameNumbers(c, want, 1e-13*math.Sqrt(float64(k+1))); err != nil {
		t.Fatalf("%c%c m=%d n=%d k=%d alpha=%v beta=%v: %v", tA, tB, m, n, k, alpha, beta, err)
	}
}

func TestGemmAgreesWithGonum(t *testing.T) {
	eachKernel(t, func(t *testing.T) {
		rnd := rand.New(rand.NewPCG(1, 1))
		for _, tA := range transposes {
			for _, tB := range transposes {
				for range 400 {
					checkGemm(t, rnd, tA, tB, pick(rnd), pick(rnd), pick(rnd), scalars[rnd.IntN(4)], scalars[rnd.IntN(4)])
				}
				for _, s := range [][3]int{{300, 251, 270}, {55, 700, 20}, {55, 20, 700}, {3, 500, 600}, {500, 3, 130}, {130, 241, 513}, {2, 3000, 60}, {3000, 3, 60}, {5, 700, 130}, {700, 5, 130}} {
					checkGemm(t, rnd, tA, tB, s[0], s[1], s[2], -1, 1)
					checkGemm(t, rnd, tA, tB, s[0], s[1], s[2], 0.7, 0)
				}
			}
		}
	})
}

// every size of tile in all three dimensions
func TestGemmEverySmallSize(t *testing.T) {
	eachKernel(t, func(t *testing.T) {
		rnd := rand.New(rand.NewPCG(2, 2))
		for n := 1; n <= 70; n++ {
			for _, tA := range transposes {
				for _, tB := range transposes {
					checkGemm(t, rnd, tA, tB, n, 70, 37, -1, 1)
					checkGemm(t, rnd, tA, tB, 70, n, 37, 1, 0)
					checkGemm(t, rnd, tA, tB, 61, 70, n, 0.7, 0.7)
				}
			}
		}
	})
}

// NaN and Inf reach exactly the row of A or column of B they belong to.
func TestGemmKeepsNaNInItsRow(t *testing.T) {
	eachKernel(t, func(t *testing.T) {
		const m, n, k = 29, 31, 33
		rnd := rand.New(rand.NewPCG(3, 3))
		a, b, c := random(rnd, m, k, k), random(rnd, k, n, n), make([]float64, m*n)
		a[17*k+5] = math.NaN()
		b[4*n+30] = math.Inf(1)
		dgemm(blas.NoTrans, blas.NoTrans, m, n, k, 1, a, k, b, n, 0, c, n)
		for i := range m {
			for j := range n {
				bad := math.IsNaN(c[i*n+j]) || math.IsInf(c[i*n+j], 0)
				if want := i == 17 || j == 30; bad != want {
					t.Fatalf("entry (%d, %d) is %v", i, j, c[i*n+j])
				}
			}
		}
	})
}

func TestGemvAgreesWithGonum(t *testing.T) {
	eachKernel(t, func(t *testing.T) {
		rnd := rand.New(rand.NewPCG(13, 13))
		for range 2000 {
			m, n := pick(rnd), pick(rnd)
			lda, incX, incY := max(1, n)+rnd.IntN(3), 1+rnd.IntN(2), 1+rnd.IntN(2)
			tA := transposes[rnd.IntN(2)]
			rows, cols := turned(tA, m, n)
			a, x, y := random(rnd, m, n, lda), random(rnd, cols, 1, incX), random(rnd, rows, 1, incY)
			alpha, beta := scalars[rnd.IntN(4)], scalars[rnd.IntN(4)]
			want := slices.Clone(y)
			reference.Dgemv(tA, m, n, alpha, a, lda, x, incX, beta, want, incY)
			if beta == 0 {
				for i := range rows {
					y[i*incY] = math.NaN()
				}
			}
			if m == 0 || n == 0 { // gonum does nothing where the sum is empty
				continue
			}
			ours{}.Dgemv(tA, m, n, alpha, a, lda, x, incX, beta, y, incY)
			if err := sameNumbers(y, want, 1e-12); err != nil {
				t.Fatalf("%c m=%d n=%d inc=%d,%d alpha=%v beta=%v: %v", tA, m, n, incX, incY, alpha, beta, err)
			}
		}
	})
}

func TestIllegalArguments(t *testing.T) {
	a := make([]float64, 400)
	square := blas64.General{Rows: 20, Cols: 20, Stride: 20, Data: a}
	for name, f := range map[string]func(){
		badLength: func() {
			dgemm(blas.NoTrans, blas.NoTrans, 20, 20, 20, 1, a, 19, a, 20, 0, make([]float64, 400), 20)
		},
		badLength + " ": func() {
			dgemm(blas.NoTrans, blas.NoTrans, 20, 20, 20, 1, a, 20, a, 20, 0, make([]float64, 399), 20)
		},
		badTranspose: func() {
			dgemm('X', blas.NoTrans, 20, 20, 20, 1, a, 20, a, 20, 0, make([]float64, 400), 20)
		},
		badShape: func() {
			Gemm(blas.NoTrans, blas.NoTrans, 1, square, blas64.General{Rows: 19, Cols: 20, Stride: 20, Data: a}, 0, square)
		},
		badTriangle: func() {
			dsyrk('X', blas.NoTrans, 20, 20, 1, a, 20, 0, make([]float64, 400), 20)
		},
		badSide: func() {
			dtrsm('X', blas.Upper, blas.NoTrans, blas.Unit, 20, 20, 1, a, 20, make([]float64, 400), 20)
		},
		badDiagonal: func() {
			dtrsv(blas.Upper, blas.NoTrans, 'X', 20, a, 20, make([]float64, 20), 1)
		},
	} {
		func() {
			defer func() {
				if got := recover(); got != strings.TrimSpace(name) {
					t.Errorf("panic %v, want %q", got, name)
				}
			}()
			f()
		}()
	}
}
