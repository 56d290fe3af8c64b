package dataset

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg" // a format of Decode
	_ "image/png"  // likewise
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"
)

// The columns of an image.
var (
	imageColumns = []string{"x", "y"}
	greyTargets  = []string{"intensity"}
	rgbTargets   = []string{"red", "green", "blue"}
)

// maxPixels bounds the pixels of an image: every one is a row.
const maxPixels = 1 << 26

// looksLikeImage reports whether the bytes begin as PNG or JPEG files do.
func looksLikeImage(raw []byte) bool {
	return bytes.HasPrefix(raw, []byte("\x89PNG\r\n\x1a\n")) || bytes.HasPrefix(raw, []byte("\xff\xd8\xff"))
}

// parseImage reads a PNG or JPEG file: a row per pixel, line by line from the
// top left, with the features x = column/width and y = line/height in [0, 1) and
// the values of the pixel in [0, 1] as targets, one for a grey image and three
// for any other. Pixels are opaque.
func parseImage(name string, raw []byte) (*Data, error) {
	format, _, err := image.DecodeConfig(bytes.NewReader(raw))
	if err == nil && format.Width > maxPixels/max(format.Height, 1) {
		return nil, &Error{File: name, Want: fmt.Sprintf("an image of at most %d pixels", maxPixels), Got: fmt.Sprintf("%d x %d", format.Width, format.Height), Err: ErrFormat}
	}
	img, _, err := image.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, &Error{File: name, Want: "a PNG or JPEG image", Got: err.Error(), Err: ErrFormat}
	}
	d := &Data{Kind: Image, Columns: imageColumns, Target: rgbTargets, Width: img.Bounds().Dx()}
	if model := img.ColorModel(); model == color.GrayModel || model == color.Gray16Model {
		d.Target = greyTargets
	}
	return d, d.setPixels(name, img)
}

// setPixels fills X and Y.
func (d *Data) setPixels(name string, img image.Image) error {
	b := img.Bounds()
	x := mat.NewDense(b.Dx()*b.Dy(), 2, nil)
	for range d.Target {
		d.Y = append(d.Y, make([]float64, b.Dx()*b.Dy()))
	}
	for i := range b.Dx() * b.Dy() {
		column, line := i%b.Dx(), i/b.Dx()
		x.SetRow(i, []float64{float64(column) / float64(b.Dx()), float64(line) / float64(b.Dy())})
		c := color.NRGBA64Model.Convert(img.At(b.Min.X+column, b.Min.Y+line)).(color.NRGBA64)
		if c.A != 0xffff {
			return &Error{File: name, Want: "opaque pixels", Got: fmt.Sprintf("a transparent one in column %d, line %d", column+1, line+1), Err: ErrFormat}
		}
		for t, v := range []uint16{c.R, c.G, c.B}[:len(d.Target)] {
			d.Y[t][i] = float64(v) / 0xffff // v/255 for 8 bits, whose 16 are v*257
		}
	}
	d.X = x
	return nil
}

// checkImageTargets refuses targets other than an image's own.
func checkImageTargets(name string, have, asked []string) error {
	if len(asked) > 0 && !slices.Equal(asked, have) {
		return &Error{File: name, Want: "the targets of this image, " + strings.Join(have, ", "), Got: quote(strings.Join(asked, ", ")), Err: ErrUnknownColumn}
	}
	return nil
}
