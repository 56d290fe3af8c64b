package chart

import (
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
)

// Number writes v as briefly as an axis needs.
func Number(v float64) string {
	if a := math.Abs(v); v != 0 && (a < 1e-3 || a >= 1e5) {
		mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'e', -1, 64), "e")
		n, err := strconv.Atoi(exponent)
		if err != nil {
			return strconv.FormatFloat(v, 'g', -1, 64)
		}
		return mantissa + "e" + strconv.Itoa(n)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// linearTicks are three to eight multiples of 1, 2 or 5 times a power of ten.
type linearTicks struct{}

func (linearTicks) Ticks(least, most float64) []plot.Tick {
	step := niceStep((most - least) / 7.5)
	if !(step > 0) || math.IsInf(step, 0) {
		return []plot.Tick{{Value: least, Label: Number(least)}}
	}
	return multiples(step, least, most)
}

// multiples of step from least to most, of which there must be a few.
func multiples(step, least, most float64) []plot.Tick {
	var ticks []plot.Tick
	first, last := math.Ceil(least/step-1e-9), math.Floor(most/step+1e-9)
	for k := range int(math.Min(last-first, 20)) + 1 {
		v := roundTo((first+float64(k))*step, step)
		ticks = append(ticks, plot.Tick{Value: v, Label: Number(v)})
	}
	return ticks
}

// niceStep is the least of 1, 2, 5 times a power of ten that is at least v.
func niceStep(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= v*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// roundTo rounds away what is far below the step.
func roundTo(v, step float64) float64 {
	digits := max(0, int(math.Ceil(-math.Log10(step)))+1)
	r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'f', digits, 64), 64)
	if err != nil {
		return v
	}
	return r + 0
}

// wholeTicks are whole numbers, at most about ten of them.
type wholeTicks struct{}

func (wholeTicks) Ticks(least, most float64) []plot.Tick {
	return multiples(math.Max(1, niceStep((most-least)/10)), least, most)
}

// logTicks are powers of ten, every one or every few; over less than two of them
// also their multiples by 2 and 5, and over next to nothing linear ones.
type logTicks struct{}

func (logTicks) Ticks(least, most float64) []plot.Tick {
	low, high := int(math.Floor(math.Log10(least))), int(math.Ceil(math.Log10(most)))
	every := max(1, (high-low+5)/6)
	labelled := map[int]bool{1: true}
	if math.Log10(most/least) < 2 {
		labelled[2], labelled[5] = true, true
	}
	var ticks []plot.Tick
	count := 0
	for e := low; e <= high; e++ {
		for m := 1; m < 10; m++ {
			v, err := strconv.ParseFloat(strconv.Itoa(m)+"e"+strconv.Itoa(e), 64)
			if err != nil || v < least || v > most {
				continue
			}
			switch {
			case labelled[m] && e%every == 0:
				ticks = append(ticks, plot.Tick{Value: v, Label: Number(v)})
				count++
			case every == 1:
				ticks = append(ticks, plot.Tick{Value: v})
			}
		}
	}
	if count < 2 {
		return linearTicks{}.Ticks(least, most)
	}
	return ticks
}
