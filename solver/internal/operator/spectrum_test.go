package operator_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/solver/internal/operator"
)

// The spectral norm is a bound, and hardly above the largest singular value: of matrices with many columns, whose
// singular values are far apart, equal or close together, too.
func TestSpectralNorm(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 7))
	gauss := func(n, d int) *mat.Dense {
		x := mat.NewDense(n, d, nil)
		for i := range n {
			for j := range d {
				x.Set(i, j, rng.NormFloat64())
			}
		}
		return x
	}
	orthogonal := func(n, d int) *mat.Dense {
		var qr mat.QR
		qr.Factorize(gauss(n, d))
		var q mat.Dense
		qr.QTo(&q)
		return mat.DenseCopyOf(q.Slice(0, n, 0, d))
	}
	shifted := gauss(300, 250)
	shifted.Apply(func(_, _ int, v float64) float64 { return 3 + v }, shifted)
	flat := mat.NewDense(220, 200, nil)
	flat.Outer(1, mat.NewVecDense(220, gauss(220, 1).RawMatrix().Data), mat.NewVecDense(200, gauss(200, 1).RawMatrix().Data))
	for name, c := range map[string]struct {
		x    *mat.Dense
		room float64
	}{
		"few columns": {gauss(40, 5), 1e-9}, "gauss": {gauss(300, 200), 1e-2}, "more columns": {gauss(60, 240), 1e-2},
		"a mean": {shifted, 1e-8}, "orthogonal": {orthogonal(300, 200), 1e-8}, "rank one": {flat, 1e-8},
	} {
		var svd mat.SVD
		svd.Factorize(c.x, mat.SVDNone)
		want := svd.Values(nil)[0]
		x, err := operator.NewDesign(c.x)
		if err != nil {
			t.Fatal(err)
		}
		if got := operator.SpectralNorm(x); got < want*(1-1e-14) || got > want*(1+c.room) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	zero, err := operator.NewDesign(mat.NewDense(3, 200, nil))
	if err != nil {
		t.Fatal(err)
	}
	if got := operator.SpectralNorm(zero); got != 0 || math.Signbit(got) {
		t.Errorf("%v of zero", got)
	}
}
