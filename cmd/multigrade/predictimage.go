package main

import (
	"fmt"
	"image/png"
	"io"
	"strings"

	"github.com/urfave/cli/v2"
	"gonum.org/v1/gonum/mat"

	"multigrade/grade"
	"multigrade/internal/dataset"
	"multigrade/internal/exit"
	"multigrade/internal/run"
)

// imageSize is the size of the image to predict: --size, else that of the image
// the model was trained on.
func imageSize(c *cli.Context, m *grade.Model) (width, height int, err error) {
	if m.Data.Kind != string(dataset.Image) {
		return 0, 0, exit.Bad(fmt.Errorf("--image: the model was trained on %s, want a model of an image", m.Data.Kind))
	}
	if !strings.HasSuffix(c.String("image"), ".png") {
		return 0, 0, exit.Bad(fmt.Errorf("--image %s: want a name that ends in .png", c.String("image")))
	}
	width, height = m.Data.Width, m.Data.Rows/m.Data.Width
	if size := c.String("size"); size != "" {
		if n, err := fmt.Sscanf(size+" ", "%dx%d ", &width, &height); n != 2 || err != nil || width < 1 || height < 1 || width > 1<<26/height {
			return 0, 0, exit.Bad(fmt.Errorf("--size %q: want WIDTHxHEIGHT", size))
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
		return exit.Bad(err)
	}
	return exit.Failed(run.WriteWhole(c.String("image"), func(w io.Writer) error { return png.Encode(w, dataset.Picture(values, width)) }))
}
