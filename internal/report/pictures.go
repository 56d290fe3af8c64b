package report

import (
	"fmt"
	"image"
	"math"

	"gonum.org/v1/gonum/mat"

	"multigrade/grade"
	"multigrade/internal/chart"
	"multigrade/internal/dataset"
)

// pictures shows an image, what it is after each grade, and what is missing.
func (r *Run) pictures() (Part, error) {
	width := r.Model.Data.Width
	height := r.Model.Data.Rows / width
	const least, most = 2500, 1 << 16
	step := int(math.Ceil(math.Sqrt(float64(width*height) / float64(affordable(r.Model, least, most)))))
	var rows []int
	for i := range width * height {
		if i%width%step == 0 && i/width%step == 0 {
			rows = append(rows, i)
		}
	}
	s := newSample("", r.Model, r.Data, rows, len(rows))
	var err error
	if s.after, err = r.Model.PredictStages(s.x); err != nil {
		return Part{}, err
	}
	return r.gallery(&s, (width+step-1)/step, step), nil
}

// gallery puts the pictures side by side, line pixels in a line of them.
func (r *Run) gallery(s *sample, line, step int) Part {
	actual := mat.NewDense(s.rows(), len(s.y), nil)
	for t, y := range s.y {
		actual.SetCol(t, y)
	}
	p := Part{Title: "The pictures", Figures: []Figure{{Name: "picture-original", Caption: "the image", Picture: dataset.Picture(actual, line)}}}
	for _, k := range r.grades(mostOfGrades) {
		p.Figures = append(p.Figures, Figure{Name: fmt.Sprintf("picture-grade-%d", k), Caption: afterGrade(k) + r.psnr(k), Picture: dataset.Picture(s.after[k], line)})
	}
	missing, largest := meanResidual(s, r.last())
	p.Figures = append(p.Figures, Figure{Name: "picture-residual", Picture: signedPicture(missing, largest, line),
		Caption: fmt.Sprintf("what is left: vermilion too dark, blue too bright, white 0, full colour %.2g", largest)})
	if step > 1 {
		p.After = append(p.After, fmt.Sprintf("Drawn from every pixel in %d of every line in %d.", step, step))
	}
	return p
}

// psnr is that of the test pixels if there are any, else of the training ones.
func (r *Run) psnr(k int) string {
	for _, split := range []string{grade.OnTest, grade.OnTrain} {
		if e := r.Ledger.Find(k, split); e != nil && e.MSE > 0 {
			return fmt.Sprintf(", %s PSNR %.2f", rowsOf(split), -10*math.Log10(e.MSE))
		}
	}
	return ""
}

// meanResidual is the mean over the channels of what is left after k grades, and
// the value that 99 percent of the pixels do not exceed.
func meanResidual(s *sample, k int) ([]float64, float64) {
	mean := make([]float64, s.rows())
	size := make([]float64, s.rows())
	for t := range s.y {
		for i, e := range s.residual(t, k) {
			mean[i] += e / float64(len(s.y))
		}
	}
	for i, v := range mean {
		size[i] = math.Abs(v)
	}
	return mean, math.Max(quantiles(size)[98].Y, 1e-12)
}

// signedPicture colours values by their sign and size relative to the largest.
func signedPicture(v []float64, largest float64, line int) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, line, len(v)/line))
	for i, e := range v {
		img.SetNRGBA(i%line, i/line, chart.Signed(e/largest))
	}
	return img
}
