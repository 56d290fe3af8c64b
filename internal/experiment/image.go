package experiment

import (
	"errors"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"multigrade/grade"
	"multigrade/internal/dataset"
	"multigrade/internal/exit"
	"multigrade/internal/run"
)

// pictureExperiment is the experiment on a grey image: trained on every second pixel in
// both directions, tested on all.
func pictureExperiment(name string, side int, ours []Published) Experiment {
	const stride = 2
	set := func(width, grades int, widthWork float64) func(*grade.Options) {
		return func(o *grade.Options) {
			budget(width, grades, 1e-5, widthWork)(o)
			o.Shares.Stride = stride
		}
	}
	return Experiment{Name: name, Title: fmt.Sprintf("a grey image of %d x %d pixels", side, side), Source: spectralBias, Measure: psnr,
		Needs:   "the image, PNG or JPEG",
		prepare: func(path string) (*trial, error) { return pictureTrial(path, stride) },
		full:    set(128, 4, 4000), quick: set(32, 2, 50), Published: ours}
}

func cameraman() Experiment {
	return pictureExperiment("cameraman", 256, []Published{{"MGDL, 4 grades of 2 x 128", 25.21, 0}, {"SGDL", 24.79, 0}})
}

func butterfly() Experiment {
	return pictureExperiment("butterfly", 512, []Published{{"MGDL, 4 grades of 2 x 128", 27.06, 0}, {"SGDL", 24.87, 0}})
}

func pictureTrial(path string, stride int) (*trial, error) {
	src, err := run.ReadSource(path, nil, dataset.DefaultLimits())
	if err != nil {
		return nil, err
	}
	d, err := src.PlainTable()
	if err != nil {
		return nil, err
	}
	if d.Kind != dataset.Image || len(d.Target) != 1 {
		return nil, exit.Bad(fmt.Errorf("%s: want a grey image, got %s with %d targets", path, d.Kind, len(d.Target)))
	}
	x, ok := d.X.(*mat.Dense)
	if !ok {
		return nil, exit.Failed(errors.New("an image that is not dense"))
	}
	return &trial{src: src, x: x, y: d.Y[0], testX: x, testY: d.Y[0], imageWidth: d.Width,
		baseline: bilinear(d.Y[0], d.Width, stride), baselineName: "bilinear interpolation"}, nil
}

// bilinear interpolates the pixels whose column and line are multiples of the
// stride; beyond the last of them it repeats the last.
func bilinear(pixels []float64, width, stride int) []float64 {
	height := len(pixels) / width
	last := func(n int) int { return (n - 1) / stride * stride }
	out := make([]float64, len(pixels))
	for i := range out {
		column, line := min(i%width, last(width)), min(i/width, last(height))
		left, top := column/stride*stride, line/stride*stride
		right, below := min(left+stride, last(width)), min(top+stride, last(height))
		u, v := float64(column-left)/float64(stride), float64(line-top)/float64(stride)
		at := func(column, line int) float64 { return pixels[line*width+column] }
		out[i] = (1-v)*((1-u)*at(left, top)+u*at(right, top)) + v*((1-u)*at(left, below)+u*at(right, below))
	}
	return out
}
