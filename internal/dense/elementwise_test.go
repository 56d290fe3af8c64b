package dense

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Select and MulAdd do what they say, to the bit, at every length, where the destination is an argument, too.
func TestElementwise(t *testing.T) {
	eachKernel(t, func(t *testing.T) {
		rnd := rand.New(rand.NewPCG(16, 16))
		special := []float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.SmallestNonzeroFloat64, -math.SmallestNonzeroFloat64}
		for n := range 40 {
			sign, from := uniform(rnd, n), uniform(rnd, n)
			for i := range sign {
				if rnd.IntN(3) == 0 {
					sign[i], from[i] = special[rnd.IntN(len(special))], special[rnd.IntN(len(special))]
				}
			}
			want := make([]float64, n)
			for i, s := range sign {
				if !math.Signbit(s) {
					want[i] = from[i]
				}
			}
			got := uniform(rnd, n+1)
			last := got[n]
			if Select(got[:n], sign, from); !sameBits(got[:n], want) || got[n] != last {
				t.Fatalf("Select of %v by %v: %v, want %v", from, sign, got, want)
			}
			in := slices.Clone(sign)
			if Select(in, in, from); !sameBits(in, want) {
				t.Fatalf("Select of %v by %v in place: %v, want %v", from, sign, in, want)
			}
			a, x, y := uniform(rnd, n), uniform(rnd, n), uniform(rnd, n+1)
			p, q := rnd.NormFloat64(), rnd.NormFloat64()
			sum := slices.Clone(y)
			for i := range a {
				sum[i] += float64((float64(p*a[i]) + q) * x[i])
			}
			if MulAdd(p, q, a, x, y[:n]); !sameBits(y, sum) {
				t.Fatalf("MulAdd of %d: %v, want %v", n, y, sum)
			}
		}
	})
}

// sameBits says that a and b are the same numbers, 0 and -0 being two.
func sameBits(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) })
}
