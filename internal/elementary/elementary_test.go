package elementary

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"testing"
)

// units is the distance of got from want in units of the last place of want.
func units(got, want float64) float64 {
	if got == want || math.IsNaN(got) && math.IsNaN(want) {
		return 0
	}
	return math.Abs(got-want) / (math.Nextafter(math.Abs(want), math.Inf(1)) - math.Abs(want))
}

// arguments are drawn from every magnitude at which f is a number.
func arguments(rnd *rand.Rand, lo, hi float64) float64 {
	if rnd.IntN(2) == 0 {
		return lo + float64((hi-lo)*rnd.Float64())
	}
	x := math.Ldexp(rnd.Float64(), -rnd.IntN(60))
	if rnd.IntN(2) == 0 && -x > lo {
		x = -x
	}
	return x
}

// package math is right to one unit (Log1p, too); what is added is ours
func TestFunctionsAreThoseOfMath(t *testing.T) {
	for _, f := range []struct {
		name      string
		f, want   func(float64) float64
		lo, hi    float64
		tolerance float64
	}{
		{"Exp", Exp, math.Exp, -700, 709, 2},
		{"Exp of moderate numbers", Exp, math.Exp, -5, 5, 2},
		{"Log", Log, math.Log, 0, 1e9, 2},
		{"Log near 1", Log, math.Log, 0.5, 2, 2},
		{"Log1p", Log1p, math.Log1p, -1, 10, 4},
		{"Log1p of large numbers", Log1p, math.Log1p, 0, 1e300, 4},
	} {
		rnd := rand.New(rand.NewPCG(1, 1))
		for range 100000 {
			x := arguments(rnd, f.lo, f.hi)
			if u := units(f.f(x), f.want(x)); !(u <= f.tolerance) {
				t.Fatalf("%s(%v) = %v, not %v: %v units", f.name, x, f.f(x), f.want(x), u)
			}
		}
	}
}

func TestSpecialValues(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, v := range []struct {
		name      string
		got, want float64
	}{
		{"Exp(0)", Exp(0), 1}, {"Exp(Inf)", Exp(inf), inf}, {"Exp(-Inf)", Exp(-inf), 0}, {"Exp(NaN)", Exp(nan), nan},
		{"Exp(710)", Exp(710), inf}, {"Exp(-746)", Exp(-746), 0}, {"Exp(-745)", Exp(-745), math.SmallestNonzeroFloat64},
		{"Log(1)", Log(1), 0}, {"Log(0)", Log(0), -inf}, {"Log(-1)", Log(-1), nan}, {"Log(Inf)", Log(inf), inf}, {"Log(NaN)", Log(nan), nan},
		{"Log1p(0)", Log1p(0), 0}, {"Log1p(-1)", Log1p(-1), -inf}, {"Log1p(-2)", Log1p(-2), nan}, {"Log1p(Inf)", Log1p(inf), inf},
		{"Log1p(1e-300)", Log1p(1e-300), 1e-300}, {"Pow(3, 1)", Pow(3, 1), 3}, {"Pow(3, 0)", Pow(3, 0), 1}, {"Pow(2, 0.5)", Pow(2, 0.5), math.Sqrt2},
	} {
		if v.got != v.want && !(math.IsNaN(v.got) && math.IsNaN(v.want)) && units(v.got, v.want) > 1 {
			t.Errorf("%s = %v, want %v", v.name, v.got, v.want)
		}
	}
}

// The bits are these on every computer, whatever its instructions.
func TestSameBitsOnEveryComputer(t *testing.T) {
	const want = "b39cce1463a4ce0a"
	h := fnv.New64a()
	rnd := rand.New(rand.NewPCG(2, 2))
	for range 50000 {
		x := arguments(rnd, -30, 30)
		for _, v := range []float64{Exp(x), Log(math.Abs(x)), Log1p(math.Abs(x)), Pow(math.Abs(x), 0.3)} {
			fmt.Fprintf(h, "%x", math.Float64bits(v))
		}
	}
	if got := fmt.Sprintf("%016x", h.Sum64()); got != want {
		t.Errorf("the results have the digest %s, want %s", got, want)
	}
}
