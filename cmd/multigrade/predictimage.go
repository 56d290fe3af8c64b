package main

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"strings"

	"github.com/urfave/cli/v2"
	"gonum.org/v1/gonum/mat"

	"multigrade/grade"
	"multigrade/internal/dataset"
)

// imageSize is the size of the image to predict: --size, else that of the image
// the model was trained on.
func imageSize(c *cli.Context, m *grade.Model) (width, height int, err error) {
	if m.Data.Kind != string(dataset.Image) {
		return 0, 0, bad(fmt.Errorf("--image: the model was trained on %s, want a model of an image", m.Data.Kind))
	}
	if !strings.HasSuffix(c.String("image"), ".png") {
		return 0, 0, bad(fmt.Errorf("--image %s: want a name that ends in .png", c.String("image")))
	}
	width, height = m.Data.Width, m.Data.Rows/m.Data.Width
	if size := c.String("size"); size != "" {
		if n, err := fmt.Sscanf(size+" ", "%dx%d ", &width, &height); n != 2 || err != nil || width < 1 || height < 1 || width > 1<<26/height {
			return 0, 0, bad(fmt.Errorf("--size %q: want WIDTHxHEIGHT", size))
		}
	}
	return width, height, nil
}

// predictImage writes the picture the model has of its image, at any size.
func predictImage(c *cli.Context, m *grade.Model, k int) error {
	width, height, err := imageSize(c, m)
	if err != nil {
		return err
	}
	x := mat.NewDense(width*height, 2, nil)
	for i := range width * height {
		x.SetRow(i, []float64{float64(i%width) / float64(width), float64(i/width) / float64(height)})
	}
	_, values, err := evaluate(m, x, k, false)
	if err != nil {
		return bad(err)
	}
	return failed(writeWhole(c.String("image"), func(w io.Writer) error { return png.Encode(w, picture(values, width, height)) }))
}

// picture makes an image of 8 bits a channel of the values (a row per pixel, one
// column for grey, three for red, green and blue), cut to [0, 1].
func picture(values *mat.Dense, width, height int) image.Image {
	_, channels := values.Dims()
	grey := image.NewGray(image.Rect(0, 0, width, height))
	rgb := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range width * height {
		v := values.RawRowView(i)
		if channels == 1 {
			grey.Pix[i] = level(v[0])
		} else {
			rgb.SetNRGBA(i%width, i/width, color.NRGBA{level(v[0]), level(v[1]), level(v[2]), 255})
		}
	}
	if channels == 1 {
		return grey
	}
	return rgb
}

func level(v float64) uint8 { return uint8(math.Round(255 * min(max(v, 0), 1))) }
