package sphere

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestSlopes: the slopes are those of the activation, to the bit, on both zeros and on numbers too small
// to be normal, too.
func TestSlopes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	special := []float64{0, math.Copysign(0, -1), math.SmallestNonzeroFloat64, -math.SmallestNonzeroFloat64, math.MaxFloat64, -math.MaxFloat64}
	for _, slope := range []float64{0, 0.1, -1} {
		z, nu := make([]float64, 100), make([]float64, 100)
		for i := range z {
			if z[i], nu[i] = rng.NormFloat64(), rng.NormFloat64(); i < len(special) {
				z[i], nu[i] = special[i], 0.1*nu[i]
			}
		}
		want := make([]float64, len(z))
		for i, v := range z {
			want[i] = slope * nu[i]
			if v > 0 {
				want[i] = nu[i]
			}
		}
		slopes(z, nu, slope)
		for i := range z {
			if z[i] != want[i] {
				t.Errorf("slope %v: %v at %d, want %v", slope, z[i], i, want[i])
			}
		}
	}
}

// BenchmarkSlopes: slopes beside its definition.
func BenchmarkSlopes(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	z, nu, again := make([]float64, 1<<12), make([]float64, 1<<12), make([]float64, 1<<12)
	for i := range z {
		z[i], nu[i] = rng.NormFloat64(), rng.NormFloat64()
	}
	for _, kind := range []struct {
		name string
		f    func(z, nu []float64, slope float64)
	}{{"words", slopes}, {"branches", branchedSlopes}} {
		b.Run(kind.name, func(b *testing.B) {
			for b.Loop() {
				copy(again, z)
				kind.f(again, nu, 0)
			}
		})
	}
}

// branchedSlopes is slopes by its definition.
func branchedSlopes(z, nu []float64, slope float64) {
	for i, t := range z {
		if z[i] = slope * nu[i]; t > 0 {
			z[i] = nu[i]
		}
	}
}
