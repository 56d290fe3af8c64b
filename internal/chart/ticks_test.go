package chart

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"gonum.org/v1/plot"
)

// Ticks lie within the range, ascend, say their value, and are neither too few nor
// too many.
func TestTicks(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		size := math.Pow(10, 20*rnd.Float64()-10)
		least := size * rnd.NormFloat64()
		checkTicks(t, linearTicks{}, least, least+size*rnd.ExpFloat64()+1e-3*size, 3)
		low := math.Pow(10, 30*rnd.Float64()-15)
		checkTicks(t, logTicks{}, low, low*math.Pow(10, 12*rnd.Float64()+0.02), 2)
		checkTicks(t, wholeTicks{}, 0, float64(1+rnd.IntN(300)), 2)
	}
}

func checkTicks(t *testing.T, m plot.Ticker, least, most float64, few int) {
	t.Helper()
	labelled, before := 0, math.Inf(-1)
	for _, tick := range m.Ticks(least, most) {
		room := 1e-9 * (most - least)
		if tick.Value < least-room || tick.Value > most+room || tick.Value <= before {
			t.Fatalf("%T: tick %v after %v in [%v, %v]", m, tick.Value, before, least, most)
		}
		before = tick.Value
		if tick.Label == "" {
			continue
		}
		labelled++
		if v, err := strconv.ParseFloat(tick.Label, 64); err != nil || math.Abs(v-tick.Value) > room {
			t.Fatalf("%T: label %q of %v", m, tick.Label, tick.Value)
		}
	}
	if labelled < few || labelled > 13 {
		t.Fatalf("%T: %d labels in [%v, %v]", m, labelled, least, most)
	}
}

func TestNumber(t *testing.T) {
	for want, v := range map[string]float64{"0": 0, "0.25": 0.25, "-3": -3, "12345": 12345, "1e5": 1e5, "1e-6": 1e-6, "-2.5e-12": -2.5e-12, "1e100": 1e100} {
		if got := Number(v); got != want {
			t.Errorf("%v: %q, want %q", v, got, want)
		}
	}
}
