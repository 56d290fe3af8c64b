package dense

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

var reference gonum.Implementation

var (
	transposes = []blas.Transpose{blas.NoTrans, blas.Trans}
	uplos      = []blas.Uplo{blas.Upper, blas.Lower}
	scalars    = []float64{0, 1, -1, 0.7}
)

// eachKernel runs f with every set of kernels this computer has.
func eachKernel(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	best := machine
	defer func() { machine = best }()
	for k := portable; k <= best; k++ {
		machine = k
		t.Run(k.String(), f)
	}
}

// random returns an r x c matrix with leading dimension ld; the numbers
// between the rows are NaN.
func random(rnd *rand.Rand, r, c, ld int) []float64 {
	a := make([]float64, max(0, (r-1)*ld+c))
	for i := range a {
		a[i] = math.NaN()
		if i%ld < c {
			a[i] = rnd.NormFloat64()
		}
	}
	return a
}

func stored(t blas.Transpose, r, c int) (int, int) {
	if t == blas.NoTrans {
		return r, c
	}
	return c, r
}

// sameNumbers compares all of two slices, NaN being equal to NaN.
func sameNumbers(got, want []float64, tol float64) error {
	for i, w := range want {
		g := got[i]
		if math.IsNaN(g) != math.IsNaN(w) || math.Abs(g-w) > tol*(1+math.Abs(w)) {
			return fmt.Errorf("entry %d is %v, want %v", i, g, w)
		}
	}
	return nil
}

// sizes are the ones around the edges of tiles and blocks.
var sizes = []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 13, 16, 17, 23, 24, 25, 31, 33, 47, 48, 49, 63, 64, 65, 70}

func pick(rnd *rand.Rand) int { return sizes[rnd.IntN(len(sizes))] }

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
