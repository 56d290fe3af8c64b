package blas

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/blas/gonum"
	lapack "gonum.org/v1/gonum/lapack/gonum"
)

// implementations are compared in the same run.
var implementations = []struct {
	name string
	blas.Float64
}{{"gonum", gonum.Implementation{}}, {"ours", Implementation{}}}

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

// dominant returns a symmetric n x n matrix that is positive definite because
// its diagonal outweighs the rest.
func dominant(rnd *rand.Rand, n int) []float64 {
	a := make([]float64, n*n)
	for i := range n {
		for j := range i {
			a[i*n+j] = 2*rnd.Float64() - 1
			a[j*n+i] = a[i*n+j]
		}
		a[i*n+i] = float64(n)
	}
	return a
}

func BenchmarkPotrf(b *testing.B) {
	defer blas64.Use(gonum.Implementation{})
	rnd := rand.New(rand.NewPCG(1, 1))
	type potrf interface {
		Dpotrf(ul blas.Uplo, n int, a []float64, lda int) bool
	}
	for _, n := range []int{16, 24, 48, 100, 300, 700, 1100, 2200} {
		a := dominant(rnd, n)
		work := make([]float64, n*n)
		for _, ul := range uplos {
			for _, impl := range []struct {
				name  string
				blas  blas.Float64
				potrf potrf
			}{
				{"gonum", gonum.Implementation{}, lapack.Implementation{}},
				{"gonum+level3", Implementation{}, lapack.Implementation{}},
				{"recursive", Implementation{}, Lapack{}},
			} {
				b.Run(fmt.Sprintf("%c/%d/%s", ul, n, impl.name), func(b *testing.B) {
					blas64.Use(impl.blas)
					b.ReportAllocs()
					for range b.N {
						copy(work, a)
						if !impl.potrf.Dpotrf(ul, n, work, n) {
							b.Fatal("not positive definite")
						}
					}
					rate(b, float64(n)*float64(n)*float64(n)/3)
				})
			}
		}
	}
}
