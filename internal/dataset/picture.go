package dataset

import (
	"image"
	"image/color"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Picture makes an image of 8 bits a channel, width pixels in a line, of the values
// (a row per pixel, one column for grey, three for red, green and blue), cut to
// [0, 1].
func Picture(values *mat.Dense, width int) image.Image {
	n, channels := values.Dims()
	frame := image.Rect(0, 0, width, n/width)
	if channels == 1 {
		grey := image.NewGray(frame)
		for i := range n {
			grey.Pix[i] = level(values.At(i, 0))
		}
		return grey
	}
	rgb := image.NewNRGBA(frame)
	for i := range n {
		v := values.RawRowView(i)
		rgb.SetNRGBA(i%width, i/width, color.NRGBA{level(v[0]), level(v[1]), level(v[2]), 255})
	}
	return rgb
}

func level(v float64) uint8 { return uint8(math.Round(255 * min(max(v, 0), 1))) }
