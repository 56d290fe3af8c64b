package loss

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestFalling: the zero to the last bit, of smooth and of stepped functions, in hardly more steps
// than bisection takes, and of smooth ones in far fewer.
func TestFalling(t *testing.T) {
	rng := rand.New(rand.NewPCG(61, 67))
	for k := range 400 {
		zero := 10 * rng.NormFloat64()
		if k%7 == 0 {
			zero *= 1e-9
		}
		slope := math.Exp(3 * rng.NormFloat64())
		kind, f := k%4, func(c float64) float64 { return 0 }
		switch kind {
		case 0:
			f = func(c float64) float64 { return slope * (zero - c) }
		case 1:
			f = func(c float64) float64 { return math.Tanh(slope * (zero - c)) }
		case 2:
			f = func(c float64) float64 { return math.Copysign(slope, zero-c) }
		case 3:
			f = func(c float64) float64 { return math.Floor(3*slope*(zero-c)) + 0.5 }
		}
		calls := 0
		got := Falling(-60, 60, func(c float64) float64 { calls++; return f(c) })
		if f(got-2*math.Abs(got)*0x1p-52) < 0 || f(got+2*math.Abs(got)*0x1p-52) > 0 {
			t.Errorf("kind %d, zero %v: %v is none", kind, zero, got)
		}
		most := 140
		if kind == 0 && k%7 != 0 {
			most = 25
		}
		if calls > most {
			t.Errorf("kind %d, zero %v: %d calls, want at most %d", kind, zero, calls, most)
		}
	}
	for want, f := range map[float64]func(float64) float64{
		3:  func(float64) float64 { return 1 },
		-2: func(float64) float64 { return -1 },
		0:  func(c float64) float64 { return -c },
	} {
		if got := Falling(-2, 3, f); got != want {
			t.Errorf("%v, want %v", got, want)
		}
	}
}
