package report

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/internal/chart"
)

// Points of a map in each direction, as predictions allow.
const leastSide, mostSide = 30, 120

// mappedClasses is the most classes that colours tell apart.
const mappedClasses = 7

// plane is the rectangle of two inputs that the data span, and how many points are
// coloured in each direction.
type plane struct {
	x0, x1, y0, y1 float64
	side           int
}

// planeOf spans the samples, with a little room around them.
func planeOf(seen []sample, side int) plane {
	least, most := []float64{math.Inf(1), math.Inf(1)}, []float64{math.Inf(-1), math.Inf(-1)}
	for _, s := range seen {
		for j := range least {
			column := mat.Col(nil, j, s.x)
			least[j], most[j] = math.Min(least[j], floats.Min(column)), math.Max(most[j], floats.Max(column))
		}
	}
	for j := range least {
		room := 0.02 * (most[j] - least[j])
		if room == 0 {
			room = 0.5
		}
		least[j], most[j] = least[j]-room, most[j]+room
	}
	return plane{least[0], most[0], least[1], most[1], side}
}

// points are those of the map, line by line from the top left.
func (p plane) points() *mat.Dense {
	x := mat.NewDense(p.side*p.side, 2, nil)
	at := func(i int, from, to float64) float64 { return from + (float64(i)+0.5)/float64(p.side)*(to-from) }
	for i := range p.side * p.side {
		x.SetRow(i, []float64{at(i%p.side, p.x0, p.x1), at(i/p.side, p.y1, p.y0)})
	}
	return x
}

// paint colours the points of the map.
func (p plane) paint(colour func(i int) color.Color) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, p.side, p.side))
	for i := range p.side * p.side {
		img.Set(i%p.side, i/p.side, colour(i))
	}
	return img
}

// maps are the predictions over the plane, of a model with two inputs.
func (r *Run) maps(seen []sample) ([]Figure, error) {
	if r.Model.Data.Features != 2 || r.Model.Data.Width > 0 || len(r.Model.Classes) > mappedClasses {
		return nil, nil
	}
	p := planeOf(seen, int(math.Sqrt(float64(affordable(r.Model, leastSide*leastSide, mostSide*mostSide)))))
	y, err := r.Model.Predict(p.points())
	if err != nil {
		return nil, err
	}
	if r.classes() {
		return []Figure{r.classMap(p, y, seen)}, nil
	}
	var figures []Figure
	for t, name := range r.outputs() {
		figures = append(figures, r.valueMap(p, mat.Col(nil, t, y), fileName("map", t, r), name))
	}
	return figures, nil
}

// mapChart is a chart of the two inputs over the picture.
func (r *Run) mapChart(p plane, img image.Image) *chart.Chart {
	c := chart.New(chart.Half, r.Model.Data.Columns[0], r.Model.Data.Columns[1])
	c.Image(img, p.x0, p.y0, p.x1, p.y1)
	return c
}

// valueMap colours the plane by the predictions of one output.
func (r *Run) valueMap(p plane, values []float64, file, name string) Figure {
	const shades = 256
	least, most := floats.Min(values), floats.Max(values)
	img := p.paint(func(i int) color.Color {
		if most == least {
			return chart.Ordered(0, shades)
		}
		return chart.Ordered(int(math.Round((shades-1)*(values[i]-least)/(most-least))), shades)
	})
	return Figure{Name: file, Chart: r.mapChart(p, img), Caption: fmt.Sprintf("%s as predicted, from %.4g (light) to %.4g (dark)", name, least, most)}
}

// classMap colours the plane by the classes predicted, under the data.
func (r *Run) classMap(p plane, y *mat.Dense, seen []sample) Figure {
	classes := r.Model.Classes
	img := p.paint(func(i int) color.Color { return chart.Pale(chart.Several(slices.Index(classes, r.Model.Class(y, i)))) })
	c := r.mapChart(p, img)
	for k, class := range classes {
		var xy []chart.XY
		for s := range seen {
			for i := range seen[s].rows() {
				if r.actual(&seen[s], i) == k {
					xy = append(xy, chart.XY{X: seen[s].x.At(i, 0), Y: seen[s].x.At(i, 1)})
				}
			}
		}
		c.Points(class, chart.Several(k), spaced(xy, panelDots), 1.8)
	}
	return Figure{Name: "map", Chart: c, Caption: "Areas: the classes predicted. Dots: the actual ones, of all rows."}
}
