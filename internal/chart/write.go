package chart

import (
	"bytes"
	"io"
	"regexp"
	"strings"

	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// fonts are what a reader without Liberation Sans sees, of the same widths first.
const fonts = "font-family:Liberation Sans, Arial, Helvetica, sans-serif"

// WriteSVG writes the chart as a file of its own.
func (c *Chart) WriteSVG(w io.Writer) error {
	canvas := vgsvg.New(c.Width, c.Height)
	c.Draw(draw.New(canvas))
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return err
	}
	_, err := io.WriteString(w, strings.ReplaceAll(b.String(), "font-family:Liberation Sans", fonts))
	return err
}

// prolog is what a file has before the picture's element and a page has not.
var prolog = regexp.MustCompile(`(?s)^.*?<svg width="[^"]*" height="[^"]*"`)

// SVG returns the element for a page, as wide as there is room but not wider than
// the chart is.
func (c *Chart) SVG() (string, error) {
	var b strings.Builder
	if err := c.WriteSVG(&b); err != nil {
		return "", err
	}
	return prolog.ReplaceAllString(b.String(), `<svg role="img"`), nil
}

// WritePNG writes the chart as a PNG of 144 dots per inch.
func (c *Chart) WritePNG(w io.Writer) error {
	canvas := vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(c.Width, c.Height), vgimg.UseDPI(144))}
	c.Draw(draw.New(canvas))
	_, err := canvas.WriteTo(w)
	return err
}
