package dataset

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg" // a format of Decode
	_ "image/png"  // likewise

	"gonum.org/v1/gonum/mat"
)

// The columns of an image.
var (
	imageColumns = []string{"x", "y"}
	greyTargets  = []string{"intensity"}
	rgbTargets   = []string{"red", "green", "blue"}
)

// looksLikeImage reports whether the bytes begin as PNG or JPEG files do.
func looksLikeImage(raw []byte) bool {
	return bytes.HasPrefix(raw, []byte("\x89PNG\r\n\x1a\n")) || bytes.HasPrefix(raw, []byte("\xff\xd8\xff"))
}

// parseImage reads a PNG or JPEG file: a row per pixel, line by line from the top
// left of the picture as it is to be looked at, with the features x = column/width
// and y = line/height in [0, 1) and the values of the pixel in [0, 1] as targets:
// one where red, green and blue are the same in all pixels, else three. Pixels are opaque.
func parseImage(ctx context.Context, name string, raw []byte, l Limits) (*Data, error) {
	format, _, err := image.DecodeConfig(bytes.NewReader(raw))
	if err == nil {
		err = l.numbers(name, format.Width*format.Height, len(imageColumns)+len(rgbTargets))
		if err != nil {
			return nil, err
		}
	}
	img, _, err := image.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, &Error{File: name, Want: "a PNG or JPEG image", Got: err.Error(), Err: ErrFormat}
	}
	p := newUpright(img, orientation(raw))
	d := &Data{Kind: Image, Columns: imageColumns, Target: greyTargets, Width: p.width}
	for i := range p.width * p.height {
		if i%ctxEvery == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		c := p.at(i%p.width, i/p.width)
		if c.A != 0xffff {
			return nil, &Error{File: name, Want: "opaque pixels", Got: fmt.Sprintf("a transparent one in column %d, line %d", i%p.width+1, i/p.width+1), Err: ErrFormat}
		}
		if c.R != c.G || c.G != c.B {
			d.Target = rgbTargets
		}
	}
	d.setPixels(p)
	return d, nil
}

// setPixels fills X and Y.
func (d *Data) setPixels(p *upright) {
	n := p.width * p.height
	x := mat.NewDense(n, 2, nil)
	for range d.Target {
		d.Y = append(d.Y, make([]float64, n))
	}
	for i := range n {
		column, line := i%p.width, i/p.width
		x.SetRow(i, []float64{float64(column) / float64(p.width), float64(line) / float64(p.height)})
		c := p.at(column, line)
		for t, v := range []uint16{c.R, c.G, c.B}[:len(d.Target)] {
			d.Y[t][i] = float64(v) / 0xffff // v/255 for 8 bits, whose 16 are v*257
		}
	}
	d.X = x
}

// upright is an image turned and mirrored as its orientation says.
type upright struct {
	img           image.Image
	orientation   int // 1 to 8, as Exif has it
	width, height int
}

func newUpright(img image.Image, orientation int) *upright {
	p := &upright{img, orientation, img.Bounds().Dx(), img.Bounds().Dy()}
	if orientation >= 5 { // lines become columns
		p.width, p.height = p.height, p.width
	}
	return p
}

// at is the pixel in a column and a line of what is looked at.
func (p *upright) at(column, line int) color.NRGBA64 {
	b := p.img.Bounds()
	right, bottom := b.Dx()-1, b.Dy()-1
	x, y := column, line
	switch p.orientation {
	case 2:
		x = right - column
	case 3:
		x, y = right-column, bottom-line
	case 4:
		y = bottom - line
	case 5:
		x, y = line, column
	case 6:
		x, y = line, bottom-column
	case 7:
		x, y = right-line, bottom-column
	case 8:
		x, y = right-line, column
	}
	return color.NRGBA64Model.Convert(p.img.At(b.Min.X+x, b.Min.Y+y)).(color.NRGBA64)
}
