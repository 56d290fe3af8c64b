package dense

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/blas/gonum"
	lapack "gonum.org/v1/gonum/lapack/gonum"
)

// ours has the routines of this package under gonum's names.
type ours struct{}

func (ours) Dgemm(tA, tB blas.Transpose, m, n, k int, alpha float64, a []float64, lda int, b []float64, ldb int, beta float64, c []float64, ldc int) {
	dgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}

func (ours) Dsyrk(ul blas.Uplo, tA blas.Transpose, n, k int, alpha float64, a []float64, lda int, beta float64, c []float64, ldc int) {
	dsyrk(ul, tA, n, k, alpha, a, lda, beta, c, ldc)
}

func (ours) Dtrsm(s blas.Side, ul blas.Uplo, tA blas.Transpose, d blas.Diag, m, n int, alpha float64, a []float64, lda int, b []float64, ldb int) {
	dtrsm(s, ul, tA, d, m, n, alpha, a, lda, b, ldb)
}

func (ours) Dtrsv(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int, a []float64, lda int, x []float64, incX int) {
	dtrsv(ul, tA, d, n, a, lda, x, incX)
}

func (ours) Dgemv(tA blas.Transpose, m, n int, alpha float64, a []float64, lda int, x []float64, incX int, beta float64, y []float64, incY int) {
	k, r := turned(tA, n, m)
	Gemv(tA, alpha, blas64.General{Rows: m, Cols: n, Stride: lda, Data: a}, blas64.Vector{N: k, Inc: incX, Data: x}, beta, blas64.Vector{N: r, Inc: incY, Data: y})
}

// routines are what is compared.
type routines interface {
	Dgemm(tA, tB blas.Transpose, m, n, k int, alpha float64, a []float64, lda int, b []float64, ldb int, beta float64, c []float64, ldc int)
	Dsyrk(ul blas.Uplo, tA blas.Transpose, n, k int, alpha float64, a []float64, lda int, beta float64, c []float64, ldc int)
	Dtrsm(s blas.Side, ul blas.Uplo, tA blas.Transpose, d blas.Diag, m, n int, alpha float64, a []float64, lda int, b []float64, ldb int)
	Dtrsv(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int, a []float64, lda int, x []float64, incX int)
	Dgemv(tA blas.Transpose, m, n int, alpha float64, a []float64, lda int, x []float64, incX int, beta float64, y []float64, incY int)
}

// implementations are compared in the same run.
var implementations = []struct {
	name string
	routines
}{{"gonum", gonum.Implementation{}}, {"ours", ours{}}}

// rate reports 10^9 floating point operations in a second.
func rate(b *testing.B, flops float64) {
	b.ReportMetric(flops*float64(b.N)/b.Elapsed().Seconds()/1e9, "GF/s")
}

func BenchmarkGemm(b *testing.B) {
	rnd := rand.New(rand.NewPCG(1, 1))
	for _, s := range []struct {
		tB      blas.Transpose
		m, n, k int
	}{
		{'N', 1000, 1000, 1000}, {'T', 1000, 1000, 1000},
		{'N', 55, 1000, 20}, {'N', 55, 20, 1000}, {'T', 55, 20, 1000}, {'N', 200, 1000, 20},
		{'N', 10, 60000, 3}, {'T', 10, 3, 60000}, {'N', 300, 20000, 130}, {'T', 300, 130, 20000},
		{'N', 1, 1000, 20}, {'T', 1, 20, 1000}, {'N', 2, 1000, 20}, {'T', 2, 20, 1000}, {'N', 4, 1000, 20}, {'T', 4, 20, 1000},
		{'N', 8, 8, 8}, {'N', 12, 12, 12}, {'N', 16, 16, 16}, {'T', 16, 16, 16}, {'N', 24, 24, 24}, {'N', 32, 32, 32}, {'N', 64, 64, 64},
	} {
		br, bc := stored(s.tB, s.k, s.n)
		x, y, c := random(rnd, s.m, s.k, s.k), random(rnd, br, bc, bc), make([]float64, s.m*s.n)
		for _, impl := range implementations {
			b.Run(fmt.Sprintf("N%c/%dx%dx%d/%s", s.tB, s.m, s.n, s.k, impl.name), func(b *testing.B) {
				b.ReportAllocs()
				for range b.N {
					impl.Dgemm(blas.NoTrans, s.tB, s.m, s.n, s.k, 1, x, s.k, y, bc, 0, c, s.n)
				}
				rate(b, 2*float64(s.m)*float64(s.n)*float64(s.k))
			})
		}
	}
}

func BenchmarkSyrk(b *testing.B) {
	rnd := rand.New(rand.NewPCG(1, 1))
	for _, s := range [][2]int{{1000, 1000}, {64, 500}, {20, 1000}, {130, 20000}, {500, 20}, {16, 16}} {
		n, k := s[0], s[1]
		for _, tA := range transposes {
			r, c := stored(tA, n, k)
			x, y := random(rnd, r, c, c), make([]float64, n*n)
			for _, impl := range implementations {
				b.Run(fmt.Sprintf("%c/%dx%d/%s", tA, n, k, impl.name), func(b *testing.B) {
					b.ReportAllocs()
					for range b.N {
						impl.Dsyrk(blas.Upper, tA, n, k, 1, x, c, 0, y, n)
					}
					rate(b, float64(n)*float64(n+1)*float64(k))
				})
			}
		}
	}
}

func BenchmarkTrsm(b *testing.B) {
	rnd := rand.New(rand.NewPCG(1, 1))
	for _, s := range [][2]int{{64, 1000}, {500, 500}, {1000, 20}, {8, 100}, {16, 16}, {24, 24}} {
		n, k := s[0], s[1]
		a, x := dominant(rnd, n), random(rnd, n, k, k)
		for _, side := range []blas.Side{blas.Left, blas.Right} {
			r, c := n, k
			ul := blas.Upper
			if side == blas.Right {
				r, c, ul = k, n, blas.Lower
			}
			for _, impl := range implementations {
				b.Run(fmt.Sprintf("%c/%dx%d/%s", side, n, k, impl.name), func(b *testing.B) {
					b.ReportAllocs()
					for range b.N {
						impl.Dtrsm(side, ul, blas.Trans, blas.NonUnit, r, c, 1, a, n, x, c)
					}
					rate(b, float64(n)*float64(n)*float64(k))
				})
			}
		}
	}
}

func BenchmarkTrsv(b *testing.B) {
	rnd := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{20, 40, 100, 300, 1100} {
		a, x := dominant(rnd, n), random(rnd, n, 1, 1)
		for _, tA := range transposes {
			for _, impl := range implementations {
				b.Run(fmt.Sprintf("%c/%d/%s", tA, n, impl.name), func(b *testing.B) {
					for range b.N {
						impl.Dtrsv(blas.Upper, tA, blas.NonUnit, n, a, n, x, 1)
					}
					rate(b, float64(n)*float64(n))
				})
			}
		}
	}
}

func BenchmarkGemv(b *testing.B) {
	rnd := rand.New(rand.NewPCG(1, 1))
	for _, s := range [][2]int{{8, 8}, {20, 20}, {40, 1000}, {1000, 40}, {10, 60000}, {1000, 1000}} {
		m, n := s[0], s[1]
		a, x, y := random(rnd, m, n, n), random(rnd, m+n, 1, 1), make([]float64, m+n)
		for _, tA := range transposes {
			for _, impl := range implementations {
				b.Run(fmt.Sprintf("%c/%dx%d/%s", tA, m, n, impl.name), func(b *testing.B) {
					for range b.N {
						impl.Dgemv(tA, m, n, 1, a, n, x, 1, 0, y, 1)
					}
					rate(b, 2*float64(m)*float64(n))
				})
			}
		}
	}
}

func BenchmarkPotrf(b *testing.B) {
	rnd := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{8, 16, 24, 48, 100, 300, 700, 1100, 2200} {
		a := dominant(rnd, n)
		work := make([]float64, n*n)
		for _, ul := range uplos {
			for _, impl := range []struct {
				name   string
				dpotrf func(ul blas.Uplo, n int, a []float64, lda int) bool
			}{{"gonum", lapack.Implementation{}.Dpotrf}, {"ours", dpotrf}} {
				b.Run(fmt.Sprintf("%c/%d/%s", ul, n, impl.name), func(b *testing.B) {
					b.ReportAllocs()
					for range b.N {
						copy(work, a)
						if !impl.dpotrf(ul, n, work, n) {
							b.Fatal("not positive definite")
						}
					}
					rate(b, float64(n)*float64(n)*float64(n)/3)
				})
			}
		}
	}
}
