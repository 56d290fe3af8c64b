package table

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"multigrade/proofs/internal/exact"

	_ "image/jpeg"

	// a format of Decode
	_ "image/png"
	"slices"
)

// likewise

// readImage reads a PNG or JPEG file: a row per pixel from the top left, line by
// line, features column/width and line/height, targets the 16-bit channels over
// 65535: one of a grey image, red, green and blue of any other.
func (t *Table) readImage(raw []byte, targets []string) error {
	img, _, err := image.Decode(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	names := []string{"red", "green", "blue"}
	if m := img.ColorModel(); m == color.GrayModel || m == color.Gray16Model {
		names = []string{"intensity"}
	}
	if !slices.Equal(names, targets) {
		return fmt.Errorf("an image with the targets %q, expected %q", names, targets)
	}
	b := img.Bounds()
	t.Width, t.Columns, t.Y = b.Dx(), []string{"x", "y"}, make([][]float64, len(names))
	var x []float64
	for line := range b.Dy() {
		for column := range b.Dx() {
			c := color.NRGBA64Model.Convert(img.At(b.Min.X+column, b.Min.Y+line)).(color.NRGBA64)
			if c.A != 0xffff {
				return errors.New("a transparent pixel")
			}
			x = append(x, float64(column)/float64(b.Dx()), float64(line)/float64(b.Dy()))
			for k, v := range []uint16{c.R, c.G, c.B}[:len(names)] {
				t.Y[k] = append(t.Y[k], float64(v)/65535)
			}
		}
	}
	t.X, err = exact.NewDense(len(x)/2, 2, x)
	return err
}
