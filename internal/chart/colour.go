package chart

import (
	"image/color"
	"math"
)

// Colour is a colour.
type Colour = color.Color

// Colours by what is drawn.
var (
	Train      = color.NRGBA{0x00, 0x72, 0xb2, 0xff} // blue
	Validation = color.NRGBA{0xe6, 0x9f, 0x00, 0xff} // orange
	Test       = color.NRGBA{0xd5, 0x5e, 0x00, 0xff} // vermilion
	Target     = color.NRGBA{0x9a, 0xa0, 0xa6, 0xff} // grey, for data as measured
	Ink        = color.NRGBA{0x2b, 0x2f, 0x33, 0xff}
	faint      = color.NRGBA{0xe4, 0xe6, 0xe8, 0xff} // grid
	muted      = color.NRGBA{0x6b, 0x72, 0x78, 0xff} // axes
)

var several = []color.NRGBA{
	{0x00, 0x72, 0xb2, 0xff}, {0xd5, 0x5e, 0x00, 0xff}, {0x00, 0x9e, 0x73, 0xff}, {0xcc, 0x79, 0xa7, 0xff},
	{0xe6, 0x9f, 0x00, 0xff}, {0x56, 0xb4, 0xe9, 0xff}, {0x2b, 0x2f, 0x33, 0xff},
}

// Several is the colour of the k-th (from 0) of things without an order; colours
// repeat after seven.
func Several(k int) color.Color { return several[k%len(several)] }

// ramp goes from light to dark through green and blue.
var ramp = []color.NRGBA{
	{0xa9, 0xc9, 0x5f, 0xff}, {0x4f, 0xb0, 0x6e, 0xff}, {0x21, 0x90, 0x8d, 0xff}, {0x2f, 0x6b, 0x9e, 0xff}, {0x44, 0x1d, 0x6b, 0xff},
}

// Ordered is the colour of the k-th (from 0) of n things with an order.
func Ordered(k, n int) color.Color {
	at := 1.0
	if n > 1 {
		at = float64(k) / float64(n-1)
	}
	at *= float64(len(ramp) - 1)
	low := min(int(at), len(ramp)-2)
	return mix(ramp[low], ramp[low+1], at-float64(low))
}

// mix is a share of b in a.
func mix(a, b color.NRGBA, share float64) color.NRGBA {
	m := func(x, y uint8) uint8 { return uint8(math.Round(float64(x) + share*(float64(y)-float64(x)))) }
	return color.NRGBA{m(a.R, b.R), m(a.G, b.G), m(a.B, b.B), 0xff}
}

// Pale is a colour for areas under points of that colour.
func Pale(c color.Color) color.Color {
	return mix(color.NRGBAModel.Convert(c).(color.NRGBA), color.NRGBA{0xff, 0xff, 0xff, 0xff}, 0.72)
}

// Signed is the colour of a value in [-1, 1], white at 0, blue below and vermilion
// above; values beyond are cut off.
func Signed(v float64) color.NRGBA {
	white := color.NRGBA{0xff, 0xff, 0xff, 0xff}
	if v < 0 {
		return mix(white, Train, math.Min(-v, 1))
	}
	return mix(white, Test, math.Min(v, 1))
}
