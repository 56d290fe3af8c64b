package dense

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
)

// sides of the matrices whose results are compared bit by bit: around the
// borders between the ways of computing, of tiles, groups and blocks.
var borders = []int{1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 15, 16, 17, 23, 25, 31, 33, 47, 49, 60, 97, 130, 259, 270}

// uniform returns n numbers between -1 and 1 that are the same on every
// architecture.
func uniform(rnd *rand.Rand, n int) []float64 {
	a := make([]float64, n)
	for i := range a {
		a[i] = rnd.Float64() - rnd.Float64()
	}
	return a
}

// results runs every routine on sizes drawn from borders and returns all that
// was computed.
func results(seed uint64, rounds int) [][]float64 {
	rnd := rand.New(rand.NewPCG(seed, 14))
	size := func() int { return borders[rnd.IntN(len(borders))] }
	var all [][]float64
	for range rounds {
		m, n, k := size(), size(), size()
		tA, tB, ul := transposes[rnd.IntN(2)], transposes[rnd.IntN(2)], uplos[rnd.IntN(2)]
		d, side := []blas.Diag{blas.NonUnit, blas.Unit}[rnd.IntN(2)], []blas.Side{blas.Left, blas.Right}[rnd.IntN(2)]
		alpha, beta := scalars[rnd.IntN(4)], scalars[rnd.IntN(4)]
		a, b, c := uniform(rnd, 270*270), uniform(rnd, 270*270), uniform(rnd, 270*270)
		product, square, solution, factor := slices.Clone(c), slices.Clone(c), slices.Clone(c), slices.Clone(c)
		dgemm(tA, tB, m, n, k, alpha, a, 270, b, 270, beta, product, 270)
		dsyrk(ul, tA, n, k, alpha, a, 270, beta, square, 270)
		for i := range 270 {
			factor[i*271] = 270
			for j := range i {
				factor[j*270+i] = factor[i*270+j]
			}
		}
		dpotrf(ul, n, factor, 270)
		order := m
		if side == blas.Right {
			order = n
		}
		for i := range 270 {
			a[i*271] = float64(order) + rnd.Float64()
		}
		if d == blas.Unit {
			for i := range a {
				a[i] /= float64(order)
			}
		}
		dtrsm(side, ul, tA, d, m, n, 0.7, a, 270, solution, 270)
		x, y, z := slices.Clone(b[:n]), slices.Clone(b[300:300+3*m]), slices.Clone(b[1500:1500+n])
		dtrsv(ul, tA, d, n, a, 270, x, 1)
		dtrsv(ul, tA, d, m, a, 270, y, 3)
		symmetric := blas64.Symmetric{N: n, Stride: 270, Data: c, Uplo: ul}
		Symv(alpha, symmetric, blas64.Vector{N: n, Inc: 1, Data: x}, beta, blas64.Vector{N: n, Inc: 1, Data: z})
		Syr2(alpha, blas64.Vector{N: n, Inc: 1, Data: x}, blas64.Vector{N: n, Inc: 1, Data: z}, symmetric)
		all = append(all, product, square, factor, solution, x, y, z, c)
	}
	return all
}

// digest is a number that any changed bit changes.
func digest(all [][]float64) string {
	h := fnv.New64a()
	var word [8]byte
	for _, v := range all {
		for _, x := range v {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				panic("not a finite number: its bits are not defined")
			}
			binary.LittleEndian.PutUint64(word[:], math.Float64bits(x))
			h.Write(word[:])
		}
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

// Every routine gives the same bits with every kernel.
func TestSameBitsWithEveryKernel(t *testing.T) {
	best := machine
	defer func() { machine = best }()
	names := []string{"Gemm", "Syrk", "Potrf", "Trsm", "Trsv", "Trsv inc 3", "Symv", "Syr2"}
	for seed := range uint64(12) {
		machine = portable
		want := results(seed, 3)
		for machine = avx2; machine <= best; machine++ {
			for i, got := range results(seed, 3) {
				if digest([][]float64{got}) != digest([][]float64{want[i]}) {
					t.Fatalf("%v differs from portable in %s, seed %d", machine, names[i%len(names)], seed)
				}
			}
		}
	}
}

// The bits are these on every computer, whatever its instructions.
func TestSameBitsOnEveryComputer(t *testing.T) {
	const want = "49d75e4af24bd815"
	if got := digest(results(1, 40)); got != want {
		t.Errorf("kernels %s: results have the digest %s, want %s", Kernels(), got, want)
	}
}

func TestSymvSyr2AgreeWithGonum(t *testing.T) {
	eachKernel(t, func(t *testing.T) {
		rnd := rand.New(rand.NewPCG(15, 15))
		for _, n := range append([]int{0}, borders...) {
			for _, ul := range uplos {
				a := blas64.Symmetric{N: n, Stride: n + 1, Data: random(rnd, n, n, n+1), Uplo: ul}
				x := blas64.Vector{N: n, Inc: 1, Data: random(rnd, 1, n, n)}
				y := blas64.Vector{N: n, Inc: 1, Data: random(rnd, 1, n, n)}
				want := slices.Clone(y.Data)
				reference.Dsymv(ul, n, 0.7, a.Data, n+1, x.Data, 1, -0.3, want, 1)
				Symv(0.7, a, x, -0.3, y)
				if err := sameNumbers(y.Data, want, 1e-12); err != nil {
					t.Fatalf("Symv %c n=%d: %v", ul, n, err)
				}
				want = slices.Clone(a.Data)
				reference.Dsyr2(ul, n, 0.7, x.Data, 1, y.Data, 1, want, n+1)
				Syr2(0.7, x, y, a)
				if err := sameNumbers(a.Data, want, 1e-12); err != nil {
					t.Fatalf("Syr2 %c n=%d: %v", ul, n, err)
				}
			}
		}
	})
}
