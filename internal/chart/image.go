package chart

import (
	"image"

	"gonum.org/v1/plot/plotter"
)

// Image fills the rectangle from (x0, y0) to (x1, y1) with a picture, its first line
// at the top.
func (c *Chart) Image(img image.Image, x0, y0, x1, y1 float64) {
	c.p.Add(plotter.NewImage(img, x0, y0, x1, y1))
	c.drawn = true
}
